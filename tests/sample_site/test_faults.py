"""Each fault does on the wire what its description says, on few pages, and always on the same ones."""

import gzip
import http.client
import json
import re
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest

from caravan_crawler.sample_site import SampleServer, SampleSite, serve
from caravan_crawler.sample_site.faults import FAULTS, FaultySite
from caravan_crawler.sample_site.faults.changing import LOSABLE
from caravan_crawler.sample_site.faults.rate_limits import ANSWERED_BETWEEN, RateLimit
from caravan_crawler.sample_site.faults.statuses import ELSEWHERE
from caravan_crawler.sample_site.faults.traps import MOST_TRAPPED

ROOT = Path(__file__).resolve().parent.parent.parent
COMMAND = [sys.executable, "-m", "caravan_crawler.sample_site"]
ARTICLES = 80


class Got(NamedTuple):
    """What came for a request; ``error`` names how it ended where it did not come whole."""

    status: int = 0
    headers: "http.client.HTTPMessage | None" = None
    body: bytes = b""
    error: str = ""

    def header(self, name: str) -> str:
        return (self.headers.get(name) if self.headers else None) or ""


class Client:
    """Asks one server, each time over a new connection."""

    def __init__(self, server: SampleServer, site: FaultySite) -> None:
        self.server = server
        self.site = site
        self.plain = SampleSite(site.articles, site.markup_seed)
        self.paths = [urlsplit(r["url"])._replace(scheme="", netloc="").geturl() for r in site.gold(server.url)]

    @property
    def spoilt(self) -> list[str]:
        return [path for number, path in enumerate(self.paths) if self.site.spoils(number)]

    def get(self, target: str, timeout: float = 10) -> Got:
        connection = http.client.HTTPConnection(urlsplit(self.server.url).netloc, timeout=timeout)
        try:
            connection.request("GET", target)
            response = connection.getresponse()
            try:
                return Got(response.status, response.headers, response.read())
            except http.client.IncompleteRead as error:
                return Got(response.status, response.headers, error.partial, "cut")
            except (OSError, http.client.HTTPException) as error:
                return Got(response.status, response.headers, b"", type(error).__name__)
        except (OSError, http.client.HTTPException) as error:
            return Got(error=type(error).__name__)
        finally:
            connection.close()

    def sound(self, target: str) -> bytes:
        return self.plain.respond(target, self.server.url).body


@contextmanager
def running(*faults: str, articles: int = ARTICLES) -> Iterator[Client]:
    site = FaultySite(articles, faults=faults)
    with serve(site) as server:
        yield Client(server, site)


def is_cut(got: Got, sound: bytes) -> bool:
    announced = int(got.header("Content-Length"))
    return got.error == "cut" and announced == len(sound) and sound.startswith(got.body) and len(got.body) > 0


def is_gzip_bomb(got: Got, sound: bytes) -> bool:
    body = got.body
    for _ in got.header("Content-Encoding").split(", "):
        body = gzip.decompress(body)
    return len(got.body) < 200_000 and len(body) > 100_000_000 and body[12:].isspace()


def is_half(got: Got, sound: bytes) -> bool:
    return got.body == sound[: len(sound) // 2] and int(got.header("Content-Length")) == len(got.body)


def is_undecodable(got: Got, sound: bytes) -> bool:
    return got.body != sound and got.body.decode("utf-8", "ignore") == sound.decode()


def is_challenge(got: Got, sound: bytes) -> bool:
    return b"human" in got.body or "робот".encode() in got.body


#: Written fault, and what it makes of every page it falls on.
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
def test_a_fault_of_few_pages(fault: str, is_bad: Callable[[Got, bytes], bool]) -> None:
    with running(fault) as client:
        bad = client.spoilt
        assert 3 <= len(bad) <= ARTICLES // 20
        for path in client.paths:
            got, sound = client.get(path), client.sound(path)
            assert is_bad(got, sound) if path in bad else (got.error, got.body) == ("", sound), path
        assert bad == Client(client.server, FaultySite(ARTICLES, faults=[fault])).spoilt


def test_every_article_and_all_addresses_of_one() -> None:
    with running("errors_500:always:1") as client:
        assert len(client.spoilt) == ARTICLES
        path = next(path for path in client.paths if path.startswith("/news/"))
        number = path.strip("/").rsplit("-", 1)[1]
        for target in (path, path.rstrip("/"), f"{path}?utm_source=x", f"/amp{path}", f"/?p={number}"):
            assert client.get(target).status in (500, 301, 404)
        assert client.get("/").status == client.get("/news/").status == 200


def test_a_fault_that_passes() -> None:
    with running("errors_500:2:3") as client:
        assert client.spoilt == []
        targets = [*client.paths, "/", "/news/", "/gazeta/", "/sport/"]
        first, second, third = ([client.get(target).status for target in targets] for _ in range(3))
        assert first == second
        assert ARTICLES // 4 < first.count(500) < ARTICLES // 2
        assert 500 not in third


def test_the_header_lies_about_the_charset() -> None:
    with running("wrong_charset") as client:
        assert client.spoilt == []
        got = {path: client.get(path) for path in client.paths}
        assert all(answer.body == client.sound(path) for path, answer in got.items())
        charsets = [answer.header("Content-Type").partition("charset=")[2] for answer in got.values()]
        assert set(charsets) == {"utf-8", "windows-1251", "utf-8859"}


def test_redirects_in_a_circle() -> None:
    with running("redirect_loop") as client:
        for path in client.spoilt:
            there = client.get(path)
            back = client.get(there.header("Location"))
            assert (there.status, back.status, back.header("Location")) == (302, 302, path)


@pytest.mark.parametrize("fault", ["slow:0.01", "drip:0.1:1"])
def test_a_late_answer_is_whole(fault: str) -> None:
    with running(fault) as client:
        assert client.get(client.paths[0]).body == client.sound(client.paths[0])


@pytest.mark.parametrize("fault", ["slow:3600", "drip:3600:1", "hang:3600:1"])
def test_who_waits_does_not_hold_up_others(fault: str) -> None:
    """The server answers others, and ends, while answers are under way."""
    with running(fault) as client:
        assert client.get(client.paths[0], timeout=0.2).error == "TimeoutError"
        with socket.create_connection(("127.0.0.1", client.server.port), timeout=10) as other:
            other.sendall(b"nonsense\r\n\r\n")
            assert other.recv(100).startswith(b"HTTP/1.1 400")


def test_requests_sent_together_are_answered_in_turn() -> None:
    with running("slow:0.01") as client:
        with socket.create_connection(("127.0.0.1", client.server.port), timeout=10) as raw:
            ask = "GET {} HTTP/1.1\r\nHost: x\r\n{}\r\n"
            raw.sendall((ask.format("/robots.txt", "") + ask.format("/gone/", "Connection: close\r\n")).encode())
            answer = b"".join(iter(lambda: raw.recv(65536), b""))
        assert re.findall(rb"HTTP/1.1 \d+", answer) == [b"HTTP/1.1 200", b"HTTP/1.1 404"]


RATE_LIMITS = [("rate_limit:30", 429), ("rate_limit_date:30", 429), ("rate_limit_503:30", 503)]


@pytest.mark.parametrize(("fault", "status"), RATE_LIMITS)
def test_a_pause_is_demanded_and_watched(fault: str, status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time()
    monkeypatch.setattr(RateLimit, "clock", staticmethod(lambda: now))
    with running(fault) as client:
        assert {client.get("/robots.txt").status for _ in range(ANSWERED_BETWEEN)} == {200}
        refused = client.get("/a/")
        assert refused.status == status
        if fault.startswith("rate_limit_date"):
            until = parsedate_to_datetime(refused.header("Retry-After")).timestamp()
        else:
            until = now + int(refused.header("Retry-After"))
        assert 30 <= until - now < 31
        assert client.get("/b/").status == status  # may have been sent before
        assert client.site.early_requests == 0
        assert client.get("/a/").status == status  # knew
        assert client.site.early_requests == 1
        now += 1
        assert client.get("/c/").status == status  # sent long after
        assert client.site.early_requests == 2
        now = until
        assert client.get("/robots.txt").status == 200
        assert client.site.early_requests == 2


@pytest.mark.parametrize("field", LOSABLE)
def test_another_template_without_a_field(field: str) -> None:
    with running(f"markup_switch:30:{field}") as client:
        bodies = [client.get(path).body for path in client.paths]
        assert [body == client.sound(path) for body, path in zip(bodies, client.paths, strict=True)] == (
            [True] * 30 + [False] * (ARTICLES - 30)
        )
        shown, left = Counter[str](), Counter[str]()
        gold = list(client.site.gold(client.server.url))
        for record, path, body in zip(gold[30:], client.paths[30:], bodies[30:], strict=True):
            marks = {
                "date": f">{record['date_published_raw']}<",
                "views": f">{record['views_raw']}<",
                "headline": f"<title>{record['headline']}",
                "body": record["body"].split("\n\n")[-1][:30],
            }
            shown.update(name for name, mark in marks.items() if mark in client.sound(path).decode())
            left.update(
                name for name, mark in marks.items() if mark in body.decode().rpartition("<script>window.__page")[0]
            )
        assert min(shown.values()) > (ARTICLES - 30) // 2
        # A lede may begin as a paragraph does.
        assert [name for name in marks if left[name] < shown[name] // 10] == [field]
        assert [client.site.spoils(number) for number in range(ARTICLES)] == [False] * 30 + [True] * (ARTICLES - 30)
        assert b"window.__page" in client.get(client.paths[0]).body, "a page read again has changed, too"


def test_new_articles_while_the_list_is_read() -> None:
    with running("shifting:2") as client:
        first, second = client.get("/news/"), client.get("/news/")
        assert first.body == client.sound("/news/")
        assert first.body != second.body
        for _ in range(50):
            client.get("/news/page/2/")
        assert len(list(client.site.gold(client.server.url))) == ARTICLES + 2 * 20


@pytest.mark.parametrize("fault", ["endless_listing", "endless_listing_new"])
def test_lists_without_end(fault: str) -> None:
    with running(fault) as client:
        target, bodies = "/gazeta/", []
        for _ in range(12):
            got = client.get(target)
            assert got.status == 200
            bodies.append(got.body)
            target = got.body.decode().rpartition("<a rel='next' href='")[2].partition("'")[0]
        assert target.startswith("/gazeta/page/13/")
        assert ("?from=" in target) == (fault == "endless_listing_new")
        links = [body.split(b"BlockNewsCardImage", 1)[1].split(b"rel='next'")[0] for body in bodies[-3:]]
        assert len(set(links)) == (3 if fault == "endless_listing_new" else 1)
        assert client.get(f"/gazeta/page/{MOST_TRAPPED + 1}/").status == 404


@pytest.mark.parametrize(("fault", "forms"), [("url_trap", ("kalendar", "sort")), ("article_trap", ("arkhiv",))])
def test_addresses_without_end(fault: str, forms: tuple[str, ...]) -> None:
    with running(fault) as client:
        seen: set[str] = set()
        waiting = ["/", *client.paths]
        while waiting and len(seen) < 500:
            body = client.get(waiting.pop(0)).body.decode()
            new = {
                part.partition("'")[0].replace("&amp;", "&")
                for part in body.rpartition("<p><a href='")[2].split("<a href='")
            }
            assert new
            assert not new & seen
            waiting += [target for target in new if target not in seen]
            seen |= new
        assert all(any(form in target for target in seen) for form in forms)
        assert client.get(seen.pop()).status == 200


def test_the_trap_ends_at_last() -> None:
    site = FaultySite(ARTICLES, faults=["article_trap"])
    answers = [site.respond(f"/arkhiv/{n}-x/", "http://x/").status for n in range(MOST_TRAPPED + 1)]
    assert answers == [200] * MOST_TRAPPED + [404]


def test_robots_txt_is_dead() -> None:
    with running("dead_robots") as client:
        assert (client.get("/robots.txt").status, client.get("/").status) == (500, 200)


def test_several_faults_at_once() -> None:
    with running("slow:0.001", "cut:always:4", "challenge:always:5") as client:
        got = [client.get(path) for path in client.paths]
        assert {"cut", ""} == {answer.error for answer in got}
        assert any(b"human" in answer.body for answer in got)


def test_each_fault_has_its_line_and_its_defaults_work() -> None:
    assert all(kind.description and name in kind.usage(name) for name, kind in FAULTS.items())
    assert FaultySite(40, faults=FAULTS).respond("/news/", "http://x/").status == 200


BAD_FAULTS = [
    ("nonsense", "known are slow"),
    ("cut,,nonsense", "known are slow"),
    ("slow:", "SECONDS"),
    ("slow:nan", "SECONDS"),
    ("cut:0", "TIMES"),
    ("cut:1:2:3", "too many values"),
    ("huge:9999", "MEGABYTES"),
    ("markup_switch:5:colour", "date, body"),
]


@pytest.mark.parametrize(("written", "words"), BAD_FAULTS)
def test_a_bad_fault_is_said_in_one_line(written: str, words: str) -> None:
    done = run("--fault", written)
    assert done.returncode == 2
    assert words in done.stderr
    assert len(done.stderr.splitlines()) == 1


def run(*options: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([*COMMAND, *options], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("options", [("--fault", "list"), ("--help",)])
def test_the_faults_are_listed(options: tuple[str, ...]) -> None:
    done = run(*options)
    assert done.returncode == 0
    assert all(kind.usage(name) in done.stdout for name, kind in FAULTS.items())


def test_faults_and_bursts_from_the_command_line(tmp_path: Path) -> None:
    options = ["--port", "0", "--articles", "40", "--fault", "dead_robots,empty", "--fault", "cut", "--burst", "7"]
    with subprocess.Popen([*COMMAND, *options], cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = next(word for word in process.stdout.readline().split() if word.startswith("http://"))
        connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
        connection.request("GET", "/robots.txt")
        assert connection.getresponse().status == 500
        connection.close()
        before = news(url)
        for _ in range(2):
            process.send_signal(signal.SIGUSR1)
            assert "7 more" in process.stdout.readline()
        assert news(url)[14 : 14 + 3] == before[:3]
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0


def news(url: str) -> list[str]:
    """The headlines of the first page of the list of news."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
    connection.request("GET", "/news/")
    body = connection.getresponse().read().decode()
    connection.close()
    return [part.partition("</span>")[0] for part in body.split('card__title">')[1:]]


def test_a_site_without_faults_is_untouched() -> None:
    base = "http://127.0.0.1:8000/"
    plain, faultless = SampleSite(40), FaultySite(40)
    for record in plain.gold(base):
        target = record["url"][len(base) - 1 :]
        assert plain.respond(target, base) == faultless.respond(target, base)
    assert json.dumps(list(plain.gold(base))) == json.dumps(list(faultless.gold(base)))
