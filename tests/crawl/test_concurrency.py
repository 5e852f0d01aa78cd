"""The limit on concurrent requests, counted at the server."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from caravan_crawler.sample_site import SampleSite
from tests.support.crawling import crawl


class Counting(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, site: SampleSite) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.site = site
        self.lock = threading.Lock()
        self.at_once = 0
        self.most = 0


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Counting

    def do_GET(self) -> None:
        with self.server.lock:
            self.server.at_once += 1
            self.server.most = max(self.server.most, self.server.at_once)
        time.sleep(0.02)
        response = self.server.site.respond(self.path, f"http://{self.headers['Host']}/")
        with self.server.lock:
            self.server.at_once -= 1
        self.send_response(response.status)
        for name, value in response.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(response.body)))
        self.end_headers()
        self.wfile.write(response.body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def counting_server() -> Iterator[Counting]:
    server = Counting(SampleSite(articles=20))
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


THROTTLED = ("-s", "AUTOTHROTTLE_ENABLED=1", "-s", "AUTOTHROTTLE_START_DELAY=0.01")
CASES = [
    ((), 4),
    (("-s", "CONCURRENT_REQUESTS=1"), 1),
    (("-s", "CONCURRENT_REQUESTS=3"), 3),
    (THROTTLED, 4),
    ((*THROTTLED, "-s", "CONCURRENT_REQUESTS=1"), 1),
]


@pytest.mark.parametrize(("options", "limit"), CASES)
def test_the_limit_holds(options: tuple[str, ...], limit: int, tmp_path: Path) -> None:
    with counting_server() as server:
        result = crawl(tmp_path, "-a", f"site=http://127.0.0.1:{server.server_port}/", *options)
    assert result.code == 0, result.log[-2000:]
    assert len(result.articles) == 20
    assert 0 < server.most <= limit


def test_the_port_is_free_again() -> None:
    with counting_server() as server:
        port = server.server_port
    with socket.create_server(("127.0.0.1", port)):
        pass
