"""The sample site behind a small HTTP/1.1 server on the loopback, in a thread of its own."""

import asyncio
import socket
import threading
from collections import deque
from http import HTTPStatus
from types import TracebackType
from typing import Self

from caravan_crawler.sample_site.http_request import MalformedRequestError, Request, parse_head
from caravan_crawler.sample_site.response import TEXT, SampleResponse
from caravan_crawler.sample_site.site import SampleSite

_HEAD_END = b"\r\n\r\n"
_LONGEST_HEAD = 32_768
_REQUESTS_KEPT = 200_000


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
        self._connections: set[_Connection] = set()
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
        """Stop serving and wait for the thread; open connections are dropped."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._request_stop)
            self._thread.join()
        self._socket.close()
        if not self._loop.is_closed():
            self._loop.close()

    def answer(self, request: Request) -> SampleResponse:
        """The site's answer, with absolute links under the name by which the client called the server."""
        self.hits += 1
        self.requests.append(request.target)
        host = request.headers.get("host")
        return self.site.respond(request.target, f"http://{host}/" if host else self.url, request.headers)

    def opened(self, connection: "_Connection") -> None:
        """Remember a connection, so that it can be dropped at the end."""
        self._connections.add(connection)

    def closed(self, connection: "_Connection") -> None:
        """Forget a connection that has ended."""
        self._connections.discard(connection)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._serve())

    def _request_stop(self) -> None:
        if self._stop is not None:
            self._stop.set()

    async def _serve(self) -> None:
        self._stop = asyncio.Event()
        server = await self._loop.create_server(lambda: _Connection(self), sock=self._socket)
        self._ready.set()
        try:
            await self._stop.wait()
        finally:
            # A client accepted just now is still a task, and asyncio leaks its socket if the server
            # closes before the task ends: so stop accepting first, close afterwards.
            self._loop.remove_reader(self._socket)
            await asyncio.gather(*(asyncio.all_tasks() - {asyncio.current_task()}), return_exceptions=True)
            server.close()
            await server.wait_closed()
            while self._connections:
                for connection in list(self._connections):
                    connection.drop()
                await asyncio.sleep(0)


class _Connection(asyncio.Protocol):
    """One client: reads requests, writes answers, keeps the connection open between them."""

    def __init__(self, server: SampleServer) -> None:
        self._server = server
        self._buffer = b""
        self._transport: asyncio.Transport | None = None
        self._paused = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._server.opened(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._server.closed(self)

    def pause_writing(self) -> None:
        """The client does not read: answer nothing more until it does."""
        self._paused = True
        if self._transport:
            self._transport.pause_reading()

    def resume_writing(self) -> None:
        self._paused = False
        if self._transport:
            self._transport.resume_reading()
        self._answer_buffered()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        self._answer_buffered()

    def drop(self) -> None:
        """Close without waiting for the client."""
        if self._transport:
            self._transport.abort()

    def _answer_buffered(self) -> None:
        while self._transport and not self._paused and not self._transport.is_closing():
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
        self._transport.write(head if request.method == "HEAD" else head + response.body)
        if not request.keep_alive:
            self._transport.close()

    def _refuse(self, status: HTTPStatus) -> None:
        self._buffer = b""
        body = f"{status.value} {status.phrase}\n".encode()
        headers = {"Content-Type": TEXT, "Allow": "GET, HEAD"}
        closing = Request("GET", "", {}, keep_alive=False)
        self._write(SampleResponse(status.value, headers, body), closing)


def serve(site: SampleSite, port: int = 0) -> SampleServer:
    """A server for ``site`` on 127.0.0.1, to be used in a ``with`` block; port 0 takes a free one."""
    return SampleServer(site, port)
