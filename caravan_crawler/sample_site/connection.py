"""One client's connection to the sample site's server."""

import asyncio
import socket
import struct
from collections.abc import Iterator
from http import HTTPStatus
from typing import Protocol

from caravan_crawler.sample_site.delivery import Delivery
from caravan_crawler.sample_site.http_request import MalformedRequestError, Request, parse_head
from caravan_crawler.sample_site.response import TEXT, SampleResponse

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
