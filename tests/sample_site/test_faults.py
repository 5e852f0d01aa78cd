"""Faults of single pages over HTTP: described effect, few pages, always the same ones."""

import gzip
import json
import re
import socket
from collections.abc import Callable
from functools import cache

import pytest

from caravan_crawler.sample_site import SampleSite
from caravan_crawler.sample_site.faults import ELSEWHERE, FaultySite
from tests.sample_site.client import ARTICLES, Client, Got, running


def is_cut(got: Got, sound: bytes) -> bool:
    announced = int(got.header("Content-Length"))
    return got.error == "cut" and announced == len(sound) and sound.startswith(got.body) and len(got.body) > 0


@cache
def is_blank(body: bytes, layers: int) -> bool:
    """Whether a compressed body is a hundred megabytes of blanks."""
    for _ in range(layers):
        body = gzip.decompress(body)
    return len(body) > 100_000_000 and body[12:].isspace()


def is_gzip_bomb(got: Got, sound: bytes) -> bool:
    return len(got.body) < 200_000 and is_blank(got.body, len(got.header("Content-Encoding").split(", ")))


def is_half(got: Got, sound: bytes) -> bool:
    return got.body == sound[: len(sound) // 2] and int(got.header("Content-Length")) == len(got.body)


def is_undecodable(got: Got, sound: bytes) -> bool:
    return got.body != sound and got.body.decode("utf-8", "ignore") == sound.decode()


def is_challenge(got: Got, sound: bytes) -> bool:
    return b"human" in got.body or "робот".encode() in got.body


#: Fault, and a check of every page that it affects.
ON_FEW_PAGES: list[tuple[str, Callable[[Got, bytes], bool]]] = [
    ("hang:0.1", lambda got, _: got.error == "RemoteDisconnected"),
    ("cut", is_cut),
    ("reset", lambda got, _: got.error == "ConnectionResetError" and got.status == 200),
    ("half_pages", is_half),
    ("errors_500:always", lambda got, _: got.status == 500),
    (
        "error_200",
        lambda got, _: got.status == 200 and (b"500 Internal" in got.body or "не найдена" in got.body.decode()),
    ),
    ("empty", lambda got, _: (got.status, got.body) == (200, b"")),
    ("challenge", is_challenge),
    ("redirect_away", lambda got, _: got.status == 302 and got.header("Location") in ELSEWHERE),
    ("invalid_bytes", is_undecodable),
    ("nested", lambda got, _: got.body.count(b"<i>" * 100_000) == 1),
    ("huge", lambda got, _: len(got.body) > 50_000_000),
    ("gzip_bomb", is_gzip_bomb),
]


@pytest.mark.parametrize(("fault", "is_bad"), ON_FEW_PAGES, ids=[fault for fault, _ in ON_FEW_PAGES])
def test_fault_of_a_few_pages(fault: str, is_bad: Callable[[Got, bytes], bool]) -> None:
    with running(fault) as client:
        bad = client.spoilt
        assert 3 <= len(bad) <= ARTICLES // 20
        for path in client.paths:
            got, sound = client.get(path), client.sound(path)
            assert is_bad(got, sound) if path in bad else (got.error, got.body) == ("", sound), path
        assert bad == Client(client.server, FaultySite(ARTICLES, faults=[fault])).spoilt


def test_every_article_and_all_urls_of_one() -> None:
    with running("errors_500:always:1") as client:
        assert len(client.spoilt) == ARTICLES
        path = next(path for path in client.paths if path.startswith("/news/"))
        number = path.strip("/").rsplit("-", 1)[1]
        for target in (path, path.rstrip("/"), f"{path}?utm_source=x", f"/amp{path}", f"/?p={number}"):
            assert client.get(target).status in (500, 301, 404)
        assert client.get("/").status == client.get("/news/").status == 200


def test_temporary_fault() -> None:
    with running("errors_500:2:3") as client:
        assert client.spoilt == []
        targets = [*client.paths, "/", "/news/", "/gazeta/", "/sport/"]
        first, second, third = ([client.get(target).status for target in targets] for _ in range(3))
        assert first == second
        assert ARTICLES // 4 < first.count(500) < ARTICLES // 2
        assert 500 not in third


def test_wrong_charset_in_the_header() -> None:
    with running("wrong_charset") as client:
        assert client.spoilt == []
        got = {path: client.get(path) for path in client.paths}
        assert all(answer.body == client.sound(path) for path, answer in got.items())
        charsets = [answer.header("Content-Type").partition("charset=")[2] for answer in got.values()]
        assert set(charsets) == {"utf-8", "windows-1251", "utf-8859"}


def test_redirect_loop() -> None:
    with running("redirect_loop") as client:
        for path in client.spoilt:
            there = client.get(path)
            back = client.get(there.header("Location"))
            assert (there.status, back.status, back.header("Location")) == (302, 302, path)


@pytest.mark.parametrize("fault", ["slow:0.01", "drip:0.1:1"])
def test_late_response_is_complete(fault: str) -> None:
    with running(fault) as client:
        assert client.get(client.paths[0]).body == client.sound(client.paths[0])


@pytest.mark.parametrize("fault", ["slow:3600", "drip:3600:1", "hang:3600:1"])
def test_delayed_response_does_not_block_others(fault: str) -> None:
    """The server answers other clients, and stops, while responses are delayed."""
    with running(fault) as client:
        assert client.get(client.paths[0], timeout=0.2).error == "TimeoutError"
        with socket.create_connection(("127.0.0.1", client.server.port), timeout=10) as other:
            other.sendall(b"nonsense\r\n\r\n")
            assert other.recv(100).startswith(b"HTTP/1.1 400")


def test_pipelined_requests_are_answered_in_order() -> None:
    with running("slow:0.01") as client:
        with socket.create_connection(("127.0.0.1", client.server.port), timeout=10) as raw:
            ask = "GET {} HTTP/1.1\r\nHost: x\r\n{}\r\n"
            raw.sendall((ask.format("/robots.txt", "") + ask.format("/gone/", "Connection: close\r\n")).encode())
            answer = b"".join(iter(lambda: raw.recv(65536), b""))
        assert re.findall(rb"HTTP/1.1 \d+", answer) == [b"HTTP/1.1 200", b"HTTP/1.1 404"]


def test_site_without_faults_is_unchanged() -> None:
    base = "http://127.0.0.1:8000/"
    plain, faultless = SampleSite(40), FaultySite(40)
    for record in plain.gold(base):
        target = record["url"][len(base) - 1 :]
        assert plain.respond(target, base) == faultless.respond(target, base)
    assert json.dumps(list(plain.gold(base))) == json.dumps(list(faultless.gold(base)))
