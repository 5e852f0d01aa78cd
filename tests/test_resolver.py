"""Addresses that the public site may resolve to."""

import socket
from collections.abc import Callable
from typing import Any

import pytest
from scrapy.resolver import dnscache
from twisted.internet.defer import Deferred
from twisted.internet.error import DNSLookupError

from caravan_crawler import downloadhandlers
from caravan_crawler.downloadhandlers import PublicResolver, is_public_address, is_public_name

ADDRESSES = [
    ("8.8.8.8", True),
    ("185.22.65.1", True),
    ("127.0.0.1", False),
    ("10.0.0.1", False),
    ("172.16.5.4", False),
    ("192.168.1.1", False),
    ("169.254.169.254", False),
    ("100.64.0.1", False),
    ("0.0.0.0", False),
    ("224.0.0.251", False),
    ("239.1.2.3", False),
    ("240.0.0.1", False),
    ("255.255.255.255", False),
    ("192.0.0.8", False),
    ("192.0.0.9", False),
    ("192.0.0.170", False),
    ("192.88.99.1", False),
    ("192.31.196.1", False),
    ("192.0.2.1", False),
    ("198.18.0.1", False),
    ("198.19.255.255", False),
    ("198.51.100.7", False),
    ("203.0.113.7", False),
    ("100.127.255.255", False),
    ("100.128.0.1", True),
    ("172.32.0.1", True),
]

NAMES = [
    ("caravan.kz", True),
    ("WWW.Caravan.kz.", True),
    ("kaz.caravan.kz", True),
    ("notcaravan.kz", False),
    ("caravan.kz.example.org", False),
    ("intranet", False),
]


@pytest.mark.parametrize(("address", "is_public"), ADDRESSES)
def test_addresses(address: str, is_public: bool) -> None:
    assert is_public_address(address) is is_public


@pytest.mark.parametrize(("name", "is_public"), NAMES)
def test_names(name: str, is_public: bool) -> None:
    assert is_public_name(name) is is_public


class _Call:
    def cancel(self) -> None:
        pass


class _Pool:
    """A thread pool that does its work at once."""

    def callInThreadWithCallback(  # noqa: N802
        self, done: Callable[[bool, Any], None], work: Callable[..., Any], *args: Any, **kwargs: Any
    ) -> None:
        done(True, work(*args, **kwargs))


class _Reactor:
    def getThreadPool(self) -> _Pool:  # noqa: N802
        return _Pool()

    def callLater(self, delay: float, function: Callable[..., Any], *args: Any) -> _Call:  # noqa: N802
        return _Call()

    def callFromThread(self, function: Callable[..., Any], *args: Any) -> None:  # noqa: N802
        function(*args)


def outcome_of(looked_up: "Deferred[str]") -> str:
    found: list[Any] = []
    looked_up.addCallbacks(found.append, lambda failure: found.append(failure.value))
    if isinstance(found[0], DNSLookupError):
        return "refused"
    return str(found[0])


LOOKUPS = [
    ("www.caravan.kz", "10.1.2.3", "refused"),
    ("www.caravan.kz", "127.0.0.1", "refused"),
    ("www.caravan.kz", "185.22.65.1", "185.22.65.1"),
    ("intranet", "10.1.2.3", "10.1.2.3"),
    ("::1", "", "::1"),
]


@pytest.mark.parametrize("cache_size", [0, 100])
@pytest.mark.parametrize(("name", "address", "outcome"), LOOKUPS)
def test_lookups(name: str, address: str, outcome: str, cache_size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "gethostbyname", lambda asked: address if asked == name else None)
    monkeypatch.setattr(downloadhandlers, "refusals", {})
    looks_up = PublicResolver(_Reactor(), cache_size, 60)  # type: ignore[arg-type]
    try:
        assert [outcome_of(looks_up.getHostByName(name)) for _ in range(2)] == [outcome, outcome]
    finally:
        dnscache.clear()
    assert list(downloadhandlers.refusals) == ([name] if outcome == "refused" else [])
