"""HTTP server on loopback for the sample site."""

import asyncio
import re
import socket
import struct
import threading
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from http import HTTPStatus
from types import TracebackType
from typing import Protocol, Self

from caravan_crawler.sample_site.response import TEXT, Delivery, SampleResponse
from caravan_crawler.sample_site.site import SampleSite

_REQUEST_LINE = re.compile(r"([A-Z]+) ([!-~]+) HTTP/1\.([01])")
_FIELD_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HOST = re.compile(r"[A-Za-z0-9.\-:\[\]]+")


class MalformedRequestError(Exception):
    """The bytes are no request that this server understands."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request; header names in lower case."""

    method: str
    target: str
    headers: dict[str, str]
    keep_alive: bool


def parse_head(head: bytes) -> Request:
    """Parse everything before the empty line. Raise MalformedRequestError for anything doubtful."""
    lines = head.decode("latin-1").split("\r\n")
    match = _REQUEST_LINE.fullmatch(lines[0])
    if not match:
        raise MalformedRequestError(lines[0][:80])
    method, target, minor = match.groups()
    headers: dict[str, str] = {}
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        if not colon or not _FIELD_NAME.fullmatch(name):
            raise MalformedRequestError(line[:80])
        headers[name.lower()] = value.strip()
    if minor == "1" and not _HOST.fullmatch(headers.get("host", "")):
        raise MalformedRequestError("no host")
    if "transfer-encoding" in headers or headers.get("content-length", "0") != "0":
        raise MalformedRequestError("a body is not expected")
    if target.startswith("http://"):
        target = "/" + target[len("http://") :].partition("/")[2]
    if not target.startswith("/"):
        raise MalformedRequestError(target[:80])
    connection = headers.get("connection", "").lower()
    keep_alive = connection != "close" if minor == "1" else connection == "keep-alive"
    return Request(method, target, headers, keep_alive)


_HEAD_END = b"\r\n\r\n"
_LONGEST_HEAD = 32_768
#: On, and no time for what is still unsent: closing then resets the connection.
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)
#: Seconds between the last byte and a reset, so that the client sees what was sent.
_BEFORE_RESET = 0.05


class Server(Protocol):
    """What a connection needs of its server."""

    def answer(self, request: Request) -> SampleResponse:
        """The answer to a request."""

    def opened(self, connection: "Connection") -> None:
        """Remember a connection, so that it can be dropped at the end."""

    def closed(self, connection: "Connection") -> None:
        """Forget a connection that has ended."""


class Connection(asyncio.Protocol):
    """One client: reads requests, writes answers, keeps the connection open between them."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._buffer = b""
        self._transport: asyncio.Transport | None = None
        self._paused = False
        self._next_step: asyncio.TimerHandle | None = None  # of an answer under way

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._server.opened(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """End, an answer under way included."""
        if self._next_step:
            self._next_step.cancel()
        self._transport = None
        self._server.closed(self)

    def pause_writing(self) -> None:
        """The client does not read: answer nothing more until it does."""
        self._paused = True
        if self._transport:
            self._transport.pause_reading()

    def resume_writing(self) -> None:
        """The client reads again."""
        self._paused = False
        if self._transport:
            self._transport.resume_reading()
        self._answer_buffered()

    def data_received(self, data: bytes) -> None:
        """Take in what the client sent."""
        self._buffer += data
        self._answer_buffered()

    def drop(self) -> None:
        """Close without waiting for the client."""
        if self._transport:
            self._transport.abort()

    def _answer_buffered(self) -> None:
        while self._transport and not self._paused and not self._next_step and not self._transport.is_closing():
            head, end, rest = self._buffer.partition(_HEAD_END)
            if not end:
                if len(self._buffer) > _LONGEST_HEAD:
                    self._refuse(HTTPStatus.BAD_REQUEST)
                return
            self._buffer = rest
            try:
                request = parse_head(head.lstrip(b"\r\n"))
            except MalformedRequestError:
                self._refuse(HTTPStatus.BAD_REQUEST)
                return
            if request.method not in ("GET", "HEAD"):
                self._refuse(HTTPStatus.METHOD_NOT_ALLOWED)
                return
            self._write(self._server.answer(request), request)

    def _write(self, response: SampleResponse, request: Request) -> None:
        assert self._transport is not None
        lines = [f"HTTP/1.1 {response.status} {HTTPStatus(response.status).phrase}"]
        lines += [f"{name}: {value}" for name, value in response.headers.items()]
        if response.status != HTTPStatus.NOT_MODIFIED:
            lines.append(f"Content-Length: {len(response.body)}")
        lines.append("Connection: keep-alive" if request.keep_alive else "Connection: close")
        head = "\r\n".join(lines).encode("latin-1") + _HEAD_END
        body = b"" if request.method == "HEAD" else response.body
        if response.delivery is not None:
            self._send_next(response.delivery.pieces(head, body), response.delivery, request)
            return
        self._transport.write(head + body)
        if not request.keep_alive:
            self._transport.close()

    def _send_next(self, pieces: Iterator[tuple[float, bytes]], delivery: Delivery, request: Request) -> None:
        """Send the next piece in its time, and at the end go on with the connection or without it."""
        loop = asyncio.get_running_loop()
        for seconds, piece in pieces:
            self._next_step = loop.call_later(seconds, self._send_piece, piece, pieces, delivery, request)
            return
        self._next_step = None
        assert self._transport is not None
        if delivery.ending == "reset":
            self._next_step = loop.call_later(_BEFORE_RESET, self._reset)
        elif delivery.ending == "close" or not request.keep_alive:
            self._transport.close()
        else:
            self._answer_buffered()

    def _send_piece(
        self, piece: bytes, pieces: Iterator[tuple[float, bytes]], delivery: Delivery, request: Request
    ) -> None:
        assert self._transport is not None  # its loss cancels this step
        if self._transport.is_closing():
            return
        self._transport.write(piece)
        self._send_next(pieces, delivery, request)

    def _reset(self) -> None:
        if self._transport:
            plain: socket.socket = self._transport.get_extra_info("socket")
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
            self._transport.abort()

    def _refuse(self, status: HTTPStatus) -> None:
        self._buffer = b""
        body = f"{status.value} {status.phrase}\n".encode()
        headers = {"Content-Type": TEXT, "Allow": "GET, HEAD"}
        closing = Request("GET", "", {}, keep_alive=False)
        self._write(SampleResponse(status.value, headers, body), closing)


_REQUESTS_KEPT = 200_000
#: Seconds; an answer under way is composed in far less.
_LONGEST_END = 10.0


class SampleServer:
    """Serves a site while the ``with`` block lasts."""

    def __init__(self, site: SampleSite, port: int = 0) -> None:
        """Bind at once: raise OSError where the port is taken, OverflowError where it is no port."""
        self.site = site
        self.hits = 0
        """Requests answered so far, malformed ones left out."""
        self.requests: deque[str] = deque(maxlen=_REQUESTS_KEPT)
        """Their targets (path and query), the last 200,000 of them."""
        self._socket = socket.create_server(("127.0.0.1", port), backlog=512)
        self.port: int = self._socket.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/"
        self._loop = asyncio.new_event_loop()
        self._connections: set[Connection] = set()
        self._ready = threading.Event()
        self._stop: asyncio.Event | None = None
        self._thread = threading.Thread(target=self._run, name="sample-site", daemon=True)

    def start(self) -> Self:
        """Begin to serve, and return when it does."""
        self._thread.start()
        self._ready.wait()
        return self

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop serving and drop open connections. Waits for the thread, at most ten seconds."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._request_stop)
            self._thread.join(_LONGEST_END)
        if self._thread.is_alive():
            return  # a daemon thread: it ends with the process
        self._socket.close()
        if not self._loop.is_closed():
            self._loop.close()

    def publish(self, count: int) -> None:
        """Let the site publish ``count`` more articles, between two answers. ValueError where it cannot."""
        self._between_answers(partial(self.site.publish, count))

    def move(self) -> None:
        """Let the site move from generation 3 to 4, between two answers. ValueError where it cannot."""
        self._between_answers(self.site.move)

    def answer(self, request: Request) -> SampleResponse:
        """The site's answer, with absolute links under the name by which the client called the server."""
        self.hits += 1
        self.requests.append(request.target)
        host = request.headers.get("host")
        response = self.site.respond(request.target, f"http://{host}/" if host else self.url, request.headers)
        return replace(response, headers={**response.headers, "X-Sample-Site": self.site.identity})

    def opened(self, connection: Connection) -> None:
        """Remember a connection, so that it can be dropped at the end."""
        self._connections.add(connection)

    def closed(self, connection: Connection) -> None:
        """Forget a connection that has ended."""
        self._connections.discard(connection)

    def _between_answers(self, change: Callable[[], None]) -> None:
        async def make() -> None:
            change()

        asyncio.run_coroutine_threadsafe(make(), self._loop).result()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._serve())

    def _request_stop(self) -> None:
        if self._stop is not None:
            self._stop.set()

    async def _serve(self) -> None:
        self._stop = asyncio.Event()
        server = await self._loop.create_server(lambda: Connection(self), sock=self._socket)
        self._ready.set()
        try:
            await self._stop.wait()
        finally:
            # A client accepted just now is still a task, and asyncio leaks its socket if the server
            # closes before the task ends: so stop accepting first, close afterwards.
            self._loop.remove_reader(self._socket)
            await asyncio.gather(*(asyncio.all_tasks() - {asyncio.current_task()}), return_exceptions=True)
            server.close()
            # Not wait_closed(): since Python 3.12.1 it waits until the clients close their connections.
            while self._connections:
                for connection in list(self._connections):
                    connection.drop()
                await asyncio.sleep(0)


def serve(site: SampleSite, port: int = 0) -> SampleServer:
    """A server for ``site`` on 127.0.0.1, to be used in a ``with`` block; port 0 takes a free one."""
    return SampleServer(site, port)
