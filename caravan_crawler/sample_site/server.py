"""The sample site behind a small HTTP/1.1 server on the loopback, in a thread of its own."""

import asyncio
import socket
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from types import TracebackType
from typing import Self

from caravan_crawler.sample_site.connection import Connection
from caravan_crawler.sample_site.http_request import Request
from caravan_crawler.sample_site.response import SampleResponse
from caravan_crawler.sample_site.site import SampleSite

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
