"""Limits on size and time, certificates, and forbidden addresses."""

import gzip
import re
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from caravan_crawler.sample_site import SampleResponse, serve
from tests.crawl.timed import HTML, Timed, assert_logged_in_one_line, is_article
from tests.support.crawling import crawl, start
from tests.support.kills import Stored
from tests.support.plain_site import article

# Size and time


def page_of(size: int) -> bytes:
    return b"<html><body>" + b"<p>text</p>" * (size // 11) + b"</body></html>"


LARGE = {
    "/news/": SampleResponse(200, HTML, page_of(400_000)),
    "/gazeta/": SampleResponse(200, {"Content-Encoding": "gzip", **HTML}, gzip.compress(page_of(400_000))),
}


def test_too_large_response_is_aborted(tmp_path: Path) -> None:
    class Large(Timed):
        def respond(self, target: str, base_url: str, headers: Any = None) -> SampleResponse:
            response = super().respond(target, base_url, headers)
            return LARGE.get(target, response)

    with serve(Large()) as server:
        result = crawl(tmp_path, "-a", f"site={server.url}", "-s", "DOWNLOAD_MAXSIZE=300000")
    assert result.stat("caravan/failed/too_large") == 4, "a listing is retried once at the end of the run"
    for target in LARGE:
        line = f"Not read: {server.url}{target[1:]} (the response is larger than DOWNLOAD_MAXSIZE)"
        assert result.log.count(line) == 2, target
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


class Endless(NamedTuple):
    """A response: its head, and a part that is sent without end, with a pause before each."""

    head: bytes
    part: bytes
    pause: float = 0


class Raw:
    """A server with a response for each path: as it is, or an endless one. Other paths are not found."""

    def __init__(self, answers: Mapping[str, bytes | Endless], context: ssl.SSLContext | None = None) -> None:
        self._answers, self._context = answers, context
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._accept)]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

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
                answer = self._answers.get(connection.recv(4096).split()[1].decode(), NOT_FOUND)
                if isinstance(answer, bytes):
                    connection.sendall(answer)
                    return
                connection.sendall(answer.head)
                while not self._stop.wait(answer.pause):
                    connection.sendall(answer.part)
            except OSError:
                return  # the client has disconnected, as expected
            finally:
                connection.close()


NOT_FOUND = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
STREAM = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n"
TOO_SLOW, TOO_LONG = "took longer than 1.0 seconds.", "the response is larger than DOWNLOAD_MAXSIZE"
STREAMS = {
    "/news/drip-1000001/": (Endless(STREAM, b"1\r\nx\r\n", 0.1), TOO_SLOW),
    "/news/drip-in-the-head-1000002/": (Endless(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n", 0.1), TOO_SLOW),
    "/news/no-end-1000003/": (Endless(STREAM, b"10000\r\n" + b"x" * 65_536 + b"\r\n", 0.001), TOO_LONG),
}


def test_endless_response_is_aborted(tmp_path: Path) -> None:
    with Raw({path: answer for path, (answer, _) in STREAMS.items()}) as server:
        options = ("-a", f"site={server.url}", "-a", f"urls={','.join(STREAMS)}")
        limits = ("-s", "DOWNLOAD_TIMEOUT=1", "-s", "DOWNLOAD_MAXSIZE=1000000", "-s", "RETRY_TIMES=1")
        result = crawl(tmp_path, *options, *limits)
    assert result.code == 4
    for path, (_, words) in STREAMS.items():
        assert_logged_in_one_line(result, f"Not read: {server.url}{path[1:]}", words, of=len(STREAMS))


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
TOO_LARGE = "the headers are larger than DOWNLOAD_MAX_HEADER_BYTES (65536)"
INTERIM = "more than 10 interim responses came before the response"
#: Responses and the words about them. Between each two, another page is read, or the run would end as in an outage.
HEADERS = {
    "many": (Endless(HEAD, b"X-A: bbbbbbbbbbbbbbbbbbbb\r\n" * 4000), TOO_LARGE),
    "one-without-end": (Endless(HEAD + b"X-A: ", b"b" * 100_000), TOO_LARGE),
    "one-of-many-lines": (Endless(HEAD + b"X-A: b\r\n", b" b\r\n" * 20_000), TOO_LARGE),
    "lines-without-a-colon": (Endless(HEAD, b"bbbbbbbbbbbbbbbbbbbb\r\n" * 4000), TOO_LARGE),
    "a-status-line": (Endless(b"HTTP/1.1 200 ", b"O" * 100_000), TOO_LARGE),
    "interim-responses": (Endless(b"", b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * 2000), INTERIM),
    "trailers": (Endless(STREAM + b"0\r\n", b"X-A: bbbbbbbbbb\r\n" * 4000), "Trailer headers data is too long."),
    "chunk-extensions": (Endless(STREAM + b"1;", b"b" * 100_000), "Chunk size line exceeds maximum"),
}


class Ended(NamedTuple):
    """A finished crawl, its site, and its largest size in megabytes."""

    code: int
    log: str
    url: str
    largest: int


@pytest.fixture(scope="module")
def long_headers(tmp_path_factory: pytest.TempPathFactory) -> Ended:
    answers: dict[str, bytes | Endless] = {}
    for number, (name, (answer, _)) in enumerate(HEADERS.items(), 1_000_001):
        good = article(number).encode()
        answers[f"/news/{name}-{number}/"] = answer
        answers[f"/news/statya-{number + 100}/"] = HEAD + b"Content-Length: %d\r\nConnection: close\r\n\r\n%b" % (
            len(good),
            good,
        )
    with Raw(answers) as server:
        options = ("-a", f"urls={','.join(answers)}", "-s", "RETRY_TIMES=0", "-s", "CONCURRENT_REQUESTS=1")
        process = start(tmp_path_factory.mktemp("headers"), "-a", f"site={server.url}", *options)
        largest = 0
        while process.poll() is None:
            largest = max(largest, resident_megabytes(process.pid))
            time.sleep(0.1)
        _, log = process.communicate(timeout=60)
    return Ended(process.returncode, log, server.url, largest)


@pytest.mark.parametrize("name", HEADERS)
def test_endless_headers_are_aborted(name: str, long_headers: Ended) -> None:
    (line,) = [line for line in long_headers.log.splitlines() if f"Not read: {long_headers.url}news/{name}-" in line]
    assert HEADERS[name][1] in line


def test_a_run_with_endless_headers_ends_as_any_other(long_headers: Ended) -> None:
    assert long_headers.code == 4
    assert f"{len(HEADERS)} of {2 * len(HEADERS)} pages failed" in long_headers.log.splitlines()[-1]
    assert "'caravan/failed/headers_too_large': 6" in long_headers.log
    assert "Traceback" not in long_headers.log
    assert long_headers.log.count("\n") < 200
    assert long_headers.largest < 400, "such a run takes some 110 MB"


def resident_megabytes(pid: int) -> int:
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    except OSError:
        return 0
    return int(status.partition("VmRSS:")[2].split()[0]) // 1024 if "VmRSS:" in status else 0


def test_long_headers_are_read(tmp_path: Path) -> None:
    """Half of the pages have 30 of them, the others one."""

    class Verbose(Timed):
        def respond(self, target: str, base_url: str, _headers: Any = None) -> SampleResponse:
            response = super().respond(target, base_url, _headers)
            number = 30 if len(self.targets) % 2 else 1
            headers = {f"X-{key}": "b" * (60_000 // number) for key in range(number)}
            return SampleResponse(response.status, response.headers | headers, response.body)

    with serve(Verbose(articles=8)) as server:
        result = crawl(tmp_path, "-a", f"site={server.url}")
    assert result.code == 0, result.log[-1000:]
    assert len(result.articles) == 8


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
    with self_signed(tmp_path) as context, Raw({}, context) as server:
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


ELSEWHERE = ["file:///etc/passwd", "http://169.254.169.254/", "ftp://127.0.0.1/", "data:,x"]


def test_no_redirect_leaves_the_site(tmp_path: Path) -> None:
    class Leading(Timed):
        def respond(self, target: str, base_url: str, headers: Any = None) -> SampleResponse:
            response = super().respond(target, base_url, headers)
            location = ELSEWHERE[len(self.targets) % len(ELSEWHERE)]
            is_one = is_article(target) or "?p=" in target
            return SampleResponse(302, {"Location": location, **HTML}, b"") if is_one else response

    with serve(Leading(articles=15)) as server:
        result = crawl(tmp_path, "-a", f"site={server.url}")
    assert result.code == 4
    assert result.stat("caravan/pages/article") == 0
    assert "Traceback" not in result.log
