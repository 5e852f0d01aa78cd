"""Looks up names, and never lets the public site lead to a private address."""

from collections.abc import Sequence
from ipaddress import ip_address

from scrapy.resolver import CachingThreadedResolver
from twisted.internet.defer import Deferred
from twisted.internet.error import DNSLookupError

_PUBLIC_DOMAIN = "caravan.kz"

#: Names refused in this process and why: what a resolver raises does not reach the one who asked.
refusals: dict[str, str] = {}


class PublicResolver(CachingThreadedResolver):
    """Scrapy's resolver, which for names under caravan.kz takes public addresses only.

    Whoever answers for the site's name could otherwise have the crawler read a service of its own network.
    A site the user names otherwise, ``http://intranet/``, may be anywhere.
    """

    def getHostByName(self, name: str, timeout: Sequence[int] = ()) -> "Deferred[str]":  # noqa: N802 (Twisted's name)
        """Return the IPv4 address of ``name``; fail with DNSLookupError where there is none or it is refused."""
        found = super().getHostByName(name, timeout)
        return found.addCallback(_checked, name) if is_public_name(name) else found


def is_public_name(name: str) -> bool:
    """Whether ``name`` is the public site's or one under it."""
    name = name.lower().rstrip(".")
    return name == _PUBLIC_DOMAIN or name.endswith("." + _PUBLIC_DOMAIN)


def is_public_address(address: str) -> bool:
    """Whether ``address`` is one host's on the internet: not private, loopback, link-local, multicast or reserved."""
    ip = ip_address(address)
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


def _checked(address: str, name: str) -> str:
    if is_public_address(address):
        return address
    refusal = f"{name} leads to {address}, which is no public address"
    refusals[name.lower()] = refusal
    raise DNSLookupError(refusal)
