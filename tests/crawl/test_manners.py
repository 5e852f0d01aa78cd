"""Manners on the network, each observed at a real server."""

import gzip
import re
import signal
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from caravan_crawler.sample_site import SampleResponse, SampleSite, serve
from tests.crawling import Crawl, crawl, start

HTML = {"Content-Type": "text/html; charset=utf-8"}
BUSY = SampleResponse(503, HTML, b"<html><body>Busy</body></html>")
#: Requests that may have been sent before the answer of another was known: the others of four.
IN_FLIGHT = 3


def is_article(target: str) -> bool:
    return len(target) > 25 and not target.endswith(".xml")


class Timed(SampleSite):
    """Notes when each request came; ``answers`` are given, by target, before the site's own."""

    def __init__(self, articles: int = 40, **answers: SampleResponse) -> None:
        super().__init__(articles=articles)
        self.answers = {f"/{name.replace('_', '.')}": answer for name, answer in answers.items()}
        self.times: list[float] = []
        self.targets: list[str] = []

    def respond(self, target: str, base_url: str, headers: Any = None) -> SampleResponse:
        self.times.append(time.monotonic())
        self.targets.append(target)
        return self.answers.get(target) or super().respond(target, base_url, headers or {})

    @property
    def pauses(self) -> list[float]:
        """Seconds between each two requests."""
        return [later - earlier for earlier, later in pairwise(self.times)]


def assert_said_in_one_line(result: Crawl, words: str) -> None:
    """``words`` are in one line before the outcome, and neither Scrapy nor a stack trace says anything beside it."""
    lines = result.log.splitlines()
    before_outcome = "\n".join(lines[: next(number for number, line in enumerate(lines) if ": Outcome " in line)])
    assert before_outcome.count(words) == 1, before_outcome
    assert re.findall(r"\[(\w+)\S*\] (?:WARNING|ERROR|CRITICAL)", before_outcome) == ["caravan_crawler"]
    assert "Traceback" not in result.log


# Retry-After


class AskingForQuiet(Timed):
    """Its tenth article is answered with a wish to be left alone, once."""

    def __init__(self, status: int, wish: str | timedelta) -> None:
        super().__init__(articles=60)
        self.status, self.wish = status, wish
        self.asked_at: int | None = None
        self.articles = 0

    def respond(self, target: str, base_url: str, headers: Any = None) -> SampleResponse:
        response = super().respond(target, base_url, headers)
        self.articles += is_article(target)
        if self.articles < 10 or self.asked_at is not None:
            return response
        self.asked_at = len(self.times)
        if isinstance(self.wish, str):
            return SampleResponse(self.status, {"Retry-After": self.wish, **HTML}, b"")
        now = datetime.now(UTC)
        dates = {
            "Date": format_datetime(now, usegmt=True),
            "Retry-After": format_datetime(now + self.wish, usegmt=True),
        }
        return SampleResponse(self.status, {**dates, **HTML}, b"")


WISHES: list[tuple[int, str | timedelta, float]] = [
    (429, "2", 2),
    (503, timedelta(seconds=2), 2),
]


@pytest.mark.parametrize(("status", "wish", "seconds"), WISHES)
def test_the_whole_site_is_left_alone_for_as_long_as_it_asks(
    status: int, wish: str | timedelta, seconds: float, tmp_path: Path
) -> None:
    site = AskingForQuiet(status, wish)
    with serve(site) as server:
        result = crawl(tmp_path, "-a", f"site={server.url}")
    assert result.code == 0, result.log[-1500:]
    assert len(result.articles) == 60
    assert site.asked_at is not None
    asked_at = site.times[site.asked_at - 1]
    in_pause = [moment for moment in site.times[site.asked_at :] if moment < asked_at + seconds]
    assert len(in_pause) <= IN_FLIGHT
    assert len(site.times) > site.asked_at + IN_FLIGHT
    assert f"The site asks to be left alone for {seconds:.0f} seconds (HTTP {status})" in result.log


@pytest.mark.parametrize("wish", ["soon", "-1", "0", timedelta(days=-1)])
def test_a_wish_that_makes_no_sense_is_no_answer_only(wish: str | timedelta, tmp_path: Path) -> None:
    site = AskingForQuiet(503, wish)
    with serve(site) as server:
        result = crawl(tmp_path, "-a", f"site={server.url}")
    assert result.code == 0, result.log[-1500:]
    assert len(result.articles) == 60
    assert result.stat("caravan/pauses/backoff") == 1


def test_a_site_that_asks_for_too_much_ends_the_run(tmp_path: Path) -> None:
    site = AskingForQuiet(429, "3600")
    with serve(site) as server:
        result = crawl(tmp_path, "-a", f"site={server.url}")
    assert result.code != 0
    assert site.asked_at is not None
    assert len(site.times) - site.asked_at <= IN_FLIGHT
    assert result.stat("caravan/retry_after") == 3600
    assert "'finish_reason': 'retry_after'" in result.log
    assert "Traceback" not in result.log


def test_the_longest_pause_is_a_setting(tmp_path: Path) -> None:
    with serve(AskingForQuiet(429, "2")) as server:
        result = crawl(tmp_path, "-a", f"site={server.url}", "-s", "RETRY_AFTER_MAX=1")
    assert "'finish_reason': 'retry_after'" in result.log


def test_a_signal_ends_a_pause(tmp_path: Path) -> None:
    with serve(AskingForQuiet(429, "500")) as server:
        process = start(tmp_path, "-a", f"site={server.url}")
        assert process.stderr is not None
        for line in process.stderr:
            if "asks to be left alone" in line:
                break
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
    assert process.returncode == 143


# Back-off


class Busy(Timed):
    """Answers 503 to everything but robots.txt, ``times`` times."""

    def __init__(self, times: int) -> None:
        super().__init__(articles=20)
        self.left = times

    def respond(self, target: str, base_url: str, headers: Any = None) -> SampleResponse:
        response = super().respond(target, base_url, headers)
        if target == "/robots.txt" or not self.left:
            return response
        self.left -= 1
        return BUSY


def test_pauses_after_bad_answers_grow(tmp_path: Path) -> None:
    site = Busy(times=4)
    with serve(site) as server:
        options = ("-s", "BACKOFF_START=0.2", "-s", "RETRY_TIMES=4")
        result = crawl(tmp_path, "-a", f"site={server.url}", *options)
    assert result.code == 0, result.log[-1500:]
    assert len(result.articles) == 20
    # After robots.txt, the home page four times in vain.
    for pause, least in zip(site.pauses[1:5], (0.1, 0.2, 0.4, 0.8), strict=True):
        assert pause >= least


# Outage


class GoesAway(Timed):
    """After its home page it drops every connection, or refuses, or challenges."""

    def __init__(self, answer: SampleResponse | None) -> None:
        super().__init__(articles=300)
        self.answer = answer
        self.articles = 0

    def respond(self, target: str, base_url: str, headers: Any = None) -> SampleResponse:
        self.articles += is_article(target)
        response = super().respond(target, base_url, headers)
        return self.answer if self.articles > 5 and self.answer else response


CHALLENGE = SampleResponse(403, HTML, b"<html><title>Just a moment...</title><body>Wait</body></html>")


@pytest.mark.parametrize("answer", [BUSY, CHALLENGE, SampleResponse(200, HTML, CHALLENGE.body)])
def test_a_site_that_refuses_all_pages_ends_the_run(answer: SampleResponse, tmp_path: Path) -> None:
    site = GoesAway(answer)
    with serve(site) as server:
        result = crawl(tmp_path, "-a", f"site={server.url}", "-s", "RETRY_TIMES=0")
    assert result.code != 0
    assert "'finish_reason': 'outage'" in result.log
    assert "'caravan/outage': '20 pages in a row were refused'" in result.log
    assert "Traceback" not in result.log
    assert len(site.targets) < 60


def test_a_site_that_goes_away_ends_the_run(tmp_path: Path) -> None:
    site = SampleSite(articles=3000)
    with serve(site) as server:
        process = start(tmp_path, "-a", f"site={server.url}", "-s", "RETRY_TIMES=1", "-s", "DOWNLOAD_DELAY=0.01")
        while server.hits < 20 and process.poll() is None:
            time.sleep(0.01)
    _, log = process.communicate(timeout=120)
    assert process.returncode not in (0, None)
    assert "'caravan/outage': '5 pages in a row got no answer'" in log
    assert "Traceback" not in log


# AutoThrottle and Crawl-delay

ROBOTS = SampleResponse(200, {"Content-Type": "text/plain"}, b"User-agent: *\nCrawl-delay: 0.5\n")
#: Between two requests that are sent half a second apart, as the first may take longer on its way.
LEAST = 0.4


@pytest.mark.parametrize("most", [(), ("-s", "AUTOTHROTTLE_MAX_DELAY=0.3")])
def test_autothrottle_never_goes_below_crawl_delay(most: tuple[str, ...], tmp_path: Path) -> None:
    site = Timed(articles=5, robots_txt=ROBOTS)
    with serve(site) as server:
        options = ("-s", "AUTOTHROTTLE_ENABLED=1", "-s", "AUTOTHROTTLE_START_DELAY=0.1", *most)
        result = crawl(tmp_path, "-a", f"site={server.url}", "-a", "sections=news", *options)
    assert result.code == 0, result.log[-1500:]
    assert len(site.pauses) > 5
    assert min(site.pauses[1:]) >= LEAST  # the first pause is before robots.txt is known


def test_autothrottle_never_goes_below_the_delay_set(tmp_path: Path) -> None:
    site = Timed(articles=5)
    with serve(site) as server:
        options = ("-s", "AUTOTHROTTLE_ENABLED=1", "-s", "DOWNLOAD_DELAY=0.5", "-s", "AUTOTHROTTLE_START_DELAY=0.5")
        result = crawl(tmp_path, "-a", f"site={server.url}", "-a", "sections=news", *options)
    assert result.code == 0, result.log[-1500:]
    assert min(site.pauses) >= LEAST


# robots.txt

UNREAD = [
    (BUSY, "HTTP 503"),
    (SampleResponse(429, HTML, b""), "HTTP 429"),
    (SampleResponse(302, {"Location": "http://127.0.0.1:9/robots.txt", **HTML}, b""), "offsite: 127.0.0.1:9"),
    (SampleResponse(302, {"Location": "/robots.txt", **HTML}, b""), "it redirects without end"),
    (SampleResponse(302, {"Location": "file:///etc/passwd", **HTML}, b""), "HTTP 302"),
    (SampleResponse(200, {"Content-Encoding": "gzip", **HTML}, b"no gzip"), "its body is broken"),
    (SampleResponse(200, {"Content-Encoding": "deflate", **HTML}, b"nothing"), "its body is broken"),
]


@pytest.mark.parametrize(("answer", "words"), UNREAD, ids=range(len(UNREAD)))
def test_with_an_unreadable_robots_txt_nothing_is_asked(answer: SampleResponse, words: str, tmp_path: Path) -> None:
    site = Timed(robots_txt=answer)
    with serve(site) as server:
        result = crawl(tmp_path, "-a", f"site={server.url}")
    assert result.code == 4
    assert set(site.targets) == {"/robots.txt"}
    last = result.log.splitlines()[-1]
    assert last.startswith(f"scrapy crawl: no page could be read; {server.url}: robots.txt could not be read (")
    assert words in last
    assert "Traceback" not in result.log


RULES = b"User-agent: *\nDisallow: /\n"


@pytest.mark.parametrize("status", [404, 403, 410])
def test_without_robots_txt_everything_may_be_asked(status: int, tmp_path: Path) -> None:
    site = Timed(robots_txt=SampleResponse(status, HTML, RULES))
    with serve(site) as server:
        result = crawl(tmp_path, "-a", f"site={server.url}")
    assert result.code == 0, result.log[-1500:]
    assert len(result.articles) == 40


def test_a_robots_txt_that_answers_at_the_second_try_is_obeyed(tmp_path: Path) -> None:
    class Slow(Timed):
        def respond(self, target: str, base_url: str, headers: Any = None) -> SampleResponse:
            response = super().respond(target, base_url, headers)
            return BUSY if len(self.times) == 1 else response

    site = Slow(robots_txt=SampleResponse(200, {"Content-Type": "text/plain"}, b"User-agent: *\nDisallow: /news/\n"))
    with serve(site) as server:
        result = crawl(tmp_path, "-a", f"site={server.url}")
    assert result.code == 0, result.log[-1500:]
    assert not [target for target in site.targets if target.startswith("/news/")]


# Size and time


def page_of(size: int) -> bytes:
    return b"<html><body>" + b"<p>text</p>" * (size // 11) + b"</body></html>"


LARGE = [
    SampleResponse(200, HTML, page_of(400_000)),
    SampleResponse(200, {"Content-Encoding": "gzip", **HTML}, gzip.compress(page_of(400_000))),
]


@pytest.mark.parametrize("answer", LARGE, ids=["plain", "gzip"])
def test_a_response_too_large_is_given_up(answer: SampleResponse, tmp_path: Path) -> None:
    class Large(Timed):
        def respond(self, target: str, base_url: str, headers: Any = None) -> SampleResponse:
            response = super().respond(target, base_url, headers)
            return answer if target == "/news/" else response

    with serve(Large()) as server:
        result = crawl(tmp_path, "-a", f"site={server.url}", "-s", "DOWNLOAD_MAXSIZE=300000")
    assert result.stat("caravan/failed/too_large") == 2, "a list is tried once more when all else is read"
    assert result.log.count(f"Not read: {server.url}news/ (the response is larger than DOWNLOAD_MAXSIZE)") == 2
    assert set(re.findall(r"\[(\w+)\S*\] (?:WARNING|ERROR|CRITICAL)", result.log)) == {"caravan_crawler"}
    assert "Traceback" not in result.log


class Raw:
    """A server that answers robots.txt with 404, and anything else by ``parts``, with a pause after each."""

    def __init__(self, head: bytes, part: bytes, pause: float, context: ssl.SSLContext | None = None) -> None:
        self._head, self._part, self._pause, self._context = head, part, pause, context
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._accept)]

    def __enter__(self) -> "Raw":
        self._threads[0].start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._stop.set()
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for thread in self._threads:
            thread.join()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._answer, args=(connection,))
            self._threads.append(thread)
            thread.start()

    def _answer(self, connection: socket.socket) -> None:
        with connection:
            connection.settimeout(30)
            try:
                if self._context is not None:
                    connection = self._context.wrap_socket(connection, server_side=True)
                if connection.recv(4096).startswith(b"GET /robots.txt"):
                    connection.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                    return
                connection.sendall(self._head)
                while not self._stop.wait(self._pause):
                    connection.sendall(self._part)
            except OSError:
                return  # the client has gone, as it should
            finally:
                connection.close()


STREAM = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n"
STREAMS = [
    ("a drip", STREAM, b"1\r\nx\r\n", 0.1, "took longer than 1.0 seconds."),
    ("a drip in the head", b"HTTP/1.1 200 OK\r\n", b"X: y\r\n", 0.1, "took longer than 1.0 seconds."),
    ("no end", STREAM, b"10000\r\n" + b"x" * 65_536 + b"\r\n", 0.001, "the response is larger than DOWNLOAD_MAXSIZE"),
]


@pytest.mark.parametrize(
    ("head", "part", "pause", "words"), [case[1:] for case in STREAMS], ids=[s[0] for s in STREAMS]
)
def test_a_response_without_end_is_given_up(head: bytes, part: bytes, pause: float, words: str, tmp_path: Path) -> None:
    with Raw(head, part, pause) as server:
        url = f"http://127.0.0.1:{server.port}/"
        limits = ("-s", "DOWNLOAD_TIMEOUT=1", "-s", "DOWNLOAD_MAXSIZE=1000000", "-s", "RETRY_TIMES=1")
        result = crawl(tmp_path, "-a", f"site={url}", "-a", "urls=/news/statya-1000001/", *limits)
    assert result.code == 4
    assert words in result.log.splitlines()[-1]
    assert_said_in_one_line(result, f"Not read: {url}news/statya-1000001/")


# TLS


@contextmanager
def self_signed(folder: Path) -> Iterator[ssl.SSLContext]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(now - timedelta(1)).not_valid_after(now + timedelta(1))
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
    file = folder / "certificate.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(private + builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    yield context


def test_a_certificate_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    with self_signed(tmp_path) as context, Raw(STREAM, b"0\r\n\r\n", 0.1, context) as server:
        url = f"https://localhost:{server.port}/"
        result = crawl(tmp_path / "data", "-a", f"site={url}")
    assert result.code == 4
    assert "certificate verify failed" in result.log.splitlines()[-1]
    assert_said_in_one_line(result, f"Not read: {url}")


# Other places


def test_the_public_site_never_leads_to_a_private_address(tmp_path: Path) -> None:
    options = ("-a", "site=http://kaz.caravan.kz/", "-s", "BACKOFF_START=0.01")
    result = crawl(tmp_path, *options, module="tests.crawl.private_names")
    assert result.code == 4
    assert "kaz.caravan.kz leads to 10.1.2.3, which is no public address" in result.log.splitlines()[-1]
    assert_said_in_one_line(result, "Not read: http://kaz.caravan.kz/")


@pytest.mark.parametrize("location", ["file:///etc/passwd", "http://169.254.169.254/", "ftp://127.0.0.1/", "data:,x"])
def test_no_redirect_leads_away(location: str, tmp_path: Path) -> None:
    class Leading(Timed):
        def respond(self, target: str, base_url: str, headers: Any = None) -> SampleResponse:
            response = super().respond(target, base_url, headers)
            return SampleResponse(302, {"Location": location, **HTML}, b"") if is_article(target) else response

    with serve(Leading(articles=15)) as server:
        result = crawl(tmp_path, "-a", f"site={server.url}")
    assert result.code == 4
    assert result.stat("caravan/pages/article") == 0
    assert "Traceback" not in result.log
