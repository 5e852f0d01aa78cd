"""Limits on size and time, certificates, and forbidden addresses."""

import gzip
import re
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from caravan_crawler.sample_site import SampleResponse, serve
from tests.crawl.timed import HTML, Timed, assert_logged_in_one_line, is_article
from tests.support.crawling import crawl, start
from tests.support.kills import Stored

# Size and time


def page_of(size: int) -> bytes:
    return b"<html><body>" + b"<p>text</p>" * (size // 11) + b"</body></html>"


LARGE = [
    SampleResponse(200, HTML, page_of(400_000)),
    SampleResponse(200, {"Content-Encoding": "gzip", **HTML}, gzip.compress(page_of(400_000))),
]


@pytest.mark.parametrize("answer", LARGE, ids=["plain", "gzip"])
def test_too_large_response_is_aborted(answer: SampleResponse, tmp_path: Path) -> None:
    class Large(Timed):
        def respond(self, target: str, base_url: str, headers: Any = None) -> SampleResponse:
            response = super().respond(target, base_url, headers)
            return answer if target == "/news/" else response

    with serve(Large()) as server:
        result = crawl(tmp_path, "-a", f"site={server.url}", "-s", "DOWNLOAD_MAXSIZE=300000")
    assert result.stat("caravan/failed/too_large") == 2, "a listing is retried once at the end of the run"
    assert result.log.count(f"Not read: {server.url}news/ (the response is larger than DOWNLOAD_MAXSIZE)") == 2
    assert set(re.findall(r"\[(\w+)\S*\] (?:WARNING|ERROR|CRITICAL)", result.log)) == {"caravan_crawler"}
    assert "Traceback" not in result.log


def test_unparsed_page_is_a_failure_and_a_page_with_many_links_a_warning(tmp_path: Path) -> None:
    answers = {
        "/gazeta/": b"<html><body>" + b"<div>" * 60_000 + b"</html>",
        "/contacts/": b"<html><body><p " + b"a=1 " * 20_000 + b">x</p></body></html>",
    }

    class Excessive(Timed):
        def respond(self, target: str, base_url: str, headers: Any = None) -> SampleResponse:
            response = super().respond(target, base_url, headers)
            return SampleResponse(200, HTML, answers[target]) if target in answers else response

    with serve(Excessive()) as server:
        gazeta, contacts = f"{server.url}gazeta/", f"{server.url}contacts/"
        result = crawl(tmp_path, "-a", f"site={server.url}", "-s", "PAGE_MAX_LINKS=5")
        named = crawl(tmp_path / "named", "-a", f"site={server.url}", "-a", f"urls={contacts}")
    assert result.log.count(f"Not read: {gazeta} (it has more tags than PAGE_MAX_TAGS)") == 2, "it is retried once"
    assert result.stat("caravan/failed/too_many_tags") == 2
    assert {row["url"]: row["reason"] for row in Stored(tmp_path).rows("failures")}[gazeta] == "too_many_tags"
    assert f"Only 5 links are followed of {server.url} (PAGE_MAX_LINKS)" in result.log
    assert (named.code, named.stat("caravan/failed/tag_too_long")) == (4, 1)
    assert "Traceback" not in result.log + named.log


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
                return  # the client has disconnected, as expected
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
def test_endless_response_is_aborted(head: bytes, part: bytes, pause: float, words: str, tmp_path: Path) -> None:
    with Raw(head, part, pause) as server:
        url = f"http://127.0.0.1:{server.port}/"
        limits = ("-s", "DOWNLOAD_TIMEOUT=1", "-s", "DOWNLOAD_MAXSIZE=1000000", "-s", "RETRY_TIMES=1")
        result = crawl(tmp_path, "-a", f"site={url}", "-a", "urls=/news/statya-1000001/", *limits)
    assert result.code == 4
    assert words in result.log.splitlines()[-1]
    assert_logged_in_one_line(result, f"Not read: {url}news/statya-1000001/")


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
TOO_LARGE = "the headers are larger than DOWNLOAD_MAX_HEADER_BYTES (65536)"
HEADERS = [
    ("many", HEAD, b"X-A: bbbbbbbbbbbbbbbbbbbb\r\n" * 4000, TOO_LARGE, "headers_too_large"),
    ("one without end", HEAD + b"X-A: ", b"b" * 100_000, TOO_LARGE, "headers_too_large"),
    ("one of many lines", HEAD + b"X-A: b\r\n", b" b\r\n" * 20_000, TOO_LARGE, "headers_too_large"),
    ("lines without a colon", HEAD, b"bbbbbbbbbbbbbbbbbbbb\r\n" * 4000, TOO_LARGE, "headers_too_large"),
    ("a status line", b"HTTP/1.1 200 ", b"O" * 100_000, TOO_LARGE, "headers_too_large"),
    (
        "interim responses",
        b"",
        b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * 2000,
        "more than 10 interim responses came before the response",
        "headers_too_large",
    ),
    ("trailers", STREAM + b"0\r\n", b"X-A: bbbbbbbbbb\r\n" * 4000, "Trailer headers data is too long.", "Data"),
    ("chunk extensions", STREAM + b"1;", b"b" * 100_000, "Chunk size line exceeds maximum", "Data"),
]


@pytest.mark.parametrize(
    ("head", "part", "words", "reason"), [case[1:] for case in HEADERS], ids=[case[0] for case in HEADERS]
)
def test_endless_headers_are_aborted(head: bytes, part: bytes, words: str, reason: str, tmp_path: Path) -> None:
    with Raw(head, part, 0) as server:
        url = f"http://127.0.0.1:{server.port}/"
        process = start(tmp_path, "-a", f"site={url}", "-a", "urls=/news/statya-1000001/", "-s", "RETRY_TIMES=1")
        largest = 0
        while process.poll() is None:
            largest = max(largest, resident_megabytes(process.pid))
            time.sleep(0.1)
        _, log = process.communicate(timeout=60)
    assert process.returncode == 4
    assert words in log.splitlines()[-1]
    assert reason in log
    assert "Traceback" not in log
    assert log.count("\n") < 150
    assert largest < 400, "such a run takes some 110 MB"


def resident_megabytes(pid: int) -> int:
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    except OSError:
        return 0
    return int(status.partition("VmRSS:")[2].split()[0]) // 1024 if "VmRSS:" in status else 0


@pytest.mark.parametrize("number", [30, 1])
def test_long_headers_are_read(number: int, tmp_path: Path) -> None:
    headers = {f"X-{key}": "b" * (60_000 // number) for key in range(number)}

    class Verbose(Timed):
        def respond(self, target: str, base_url: str, _headers: Any = None) -> SampleResponse:
            response = super().respond(target, base_url, _headers)
            return SampleResponse(response.status, response.headers | headers, response.body)

    with serve(Verbose(articles=6)) as server:
        result = crawl(tmp_path, "-a", f"site={server.url}")
    assert result.code == 0, result.log[-1000:]
    assert len(result.articles) == 6


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


def test_untrusted_certificate_is_refused(tmp_path: Path) -> None:
    with self_signed(tmp_path) as context, Raw(STREAM, b"0\r\n\r\n", 0.1, context) as server:
        url = f"https://localhost:{server.port}/"
        result = crawl(tmp_path / "data", "-a", f"site={url}")
    assert result.code == 4
    assert "certificate verify failed" in result.log.splitlines()[-1]
    assert_logged_in_one_line(result, f"Not read: {url}")


# Other hosts


def test_public_site_cannot_lead_to_a_private_address(tmp_path: Path) -> None:
    options = ("-a", "site=http://kaz.caravan.kz/", "-s", "BACKOFF_START=0.01")
    result = crawl(tmp_path, *options, module="tests.crawl.private_names")
    assert result.code == 4
    assert "kaz.caravan.kz leads to 10.1.2.3, which is no public address" in result.log.splitlines()[-1]
    assert_logged_in_one_line(result, "Not read: http://kaz.caravan.kz/")


@pytest.mark.parametrize("location", ["file:///etc/passwd", "http://169.254.169.254/", "ftp://127.0.0.1/", "data:,x"])
def test_no_redirect_leaves_the_site(location: str, tmp_path: Path) -> None:
    class Leading(Timed):
        def respond(self, target: str, base_url: str, headers: Any = None) -> SampleResponse:
            response = super().respond(target, base_url, headers)
            is_one = is_article(target) or "?p=" in target
            return SampleResponse(302, {"Location": location, **HTML}, b"") if is_one else response

    with serve(Leading(articles=15)) as server:
        result = crawl(tmp_path, "-a", f"site={server.url}")
    assert result.code == 4
    assert result.stat("caravan/pages/article") == 0
    assert "Traceback" not in result.log
