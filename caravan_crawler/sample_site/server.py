"""HTTP server on loopback for the sample site."""

import socket
import struct
import sys
import threading
from collections import deque
from dataclasses import replace
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer
from typing import Any, Self

from caravan_crawler.sample_site.site import SampleResponse, SampleSite

_REQUESTS_KEPT = 200_000
_LONGEST_CLOSE = 10.0
#: Seconds between two checks whether to stop.
_POLL = 0.02
#: SO_LINGER on, with no time: closing resets the connection.
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)
#: Seconds between the last byte and a reset, so that the client receives what was sent.
_BEFORE_RESET = 0.05


class SampleServer:
    """Serves a site on 127.0.0.1 while the ``with`` block lasts, one thread per connection; port 0 is any free one."""

    def __init__(self, site: SampleSite, port: int = 0) -> None:
        """Bind at once; raise OSError or OverflowError if the port is unusable."""
        self.site = site
        self.hits = 0
        """Number of requests answered, without malformed ones."""
        self.requests: deque[str] = deque(maxlen=_REQUESTS_KEPT)
        """Their targets (path and query), the last 200,000 of them."""
        self._server = _Server(self, port)
        self.port: int = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}/"
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._server.serve_forever, args=(_POLL,), daemon=True)

    def start(self) -> Self:
        self._thread.start()
        return self

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop serving and drop open connections; wait at most ten seconds."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()
        self._server.drop_connections()

    def publish(self, count: int) -> None:
        """Publish between two requests; ValueError if the site cannot."""
        with self._lock:
            self.site.publish(count)

    def move(self) -> None:
        """Move between two requests; ValueError if the site cannot."""
        with self._lock:
            self.site.move()

    def respond(self, target: str, headers: dict[str, str]) -> SampleResponse:
        """Answer a request; absolute links have the host that the client named."""
        host = headers.get("host")
        with self._lock:
            self.hits += 1
            self.requests.append(target)
            response = self.site.respond(target, f"http://{host}/" if host else self.url, headers)
        return replace(response, headers={**response.headers, "X-Sample-Site": self.site.identity})


class _Server(ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 512

    def __init__(self, sample: SampleServer, port: int) -> None:
        self.sample = sample
        self.stopping = threading.Event()
        self._open: set[Any] = set()
        self._all_closed = threading.Condition()
        super().__init__(("127.0.0.1", port), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._all_closed:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Close the connection; a FIN before it would hide a reset."""
        self.close_request(request)
        with self._all_closed:
            self._open.discard(request)
            self._all_closed.notify_all()

    def drop_connections(self) -> None:
        """End all handlers, whether they wait, read or write."""
        self.stopping.set()
        with self._all_closed:
            for connection in self._open:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    continue  # closed by the client
            self._all_closed.wait_for(lambda: not self._open, _LONGEST_CLOSE)

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    default_request_version = "HTTP/1.1"  # else a malformed request is answered as in HTTP/0.9, without a status
    disable_nagle_algorithm = True
    server: _Server

    def do_GET(self) -> None:
        response = self.server.sample.respond(self.path, {name.lower(): text for name, text in self.headers.items()})
        phrase, _ = self.responses.get(response.status, ("", ""))
        lines = [f"HTTP/1.1 {response.status} {phrase}"]
        lines += [f"{name}: {text}" for name, text in response.headers.items()]
        if response.status != HTTPStatus.NOT_MODIFIED:
            lines.append(f"Content-Length: {len(response.body)}")
        lines.append("Connection: close" if self.close_connection else "Connection: keep-alive")
        head = "\r\n".join([*lines, "\r\n"]).encode("latin-1")
        body = b"" if self.command == "HEAD" else response.body
        delivery = response.delivery
        for seconds, piece in delivery.pieces(head, body):
            if self._is_stopped_within(seconds):
                return
            self.wfile.write(piece)
        if delivery.ending == "reset" and not self._is_stopped_within(_BEFORE_RESET):
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        self.close_connection |= delivery.ending != "keep"

    do_HEAD = do_GET  # noqa: N815

    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing."""

    def _is_stopped_within(self, seconds: float) -> bool:
        stopped = self.server.stopping.wait(seconds) if seconds else False
        self.close_connection |= stopped
        return stopped


serve = SampleServer
