"""Responses of the sample site, and how they are sent."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

HTML = "text/html; charset=utf-8"
_TYPES = {
    "html": HTML,
    "xml": "application/xml; charset=utf-8",
    "rss": "application/rss+xml; charset=utf-8",
    "txt": "text/plain; charset=utf-8",
    "gif": "image/gif",
    "json": "application/json",
    "js": "text/javascript; charset=utf-8",
}

_PIECES = 10


@dataclass(frozen=True, slots=True)
class Delivery:
    """Timing of a response, the part that is sent, and the end of the connection."""

    delay: float = 0.0
    """Seconds before the first byte."""
    spread: float = 0.0
    """Seconds during which the body is sent, in ten pieces; 0 sends it at once."""
    share: float = 1.0
    """Part of the body that is sent, 0 to 1; Content-Length is that of the whole body."""
    is_silent: bool = False
    """Nothing is sent, not even a status."""
    ending: Literal["keep", "close", "reset"] = "keep"
    """After the last byte: wait for the next request, close the connection, or reset it."""

    def pieces(self, head: bytes, body: bytes) -> Iterator[tuple[float, bytes]]:
        """Yield seconds to wait, and the bytes to send then."""
        if self.is_silent:
            yield self.delay, b""
            return
        body = body[: int(len(body) * self.share)]
        if not self.spread:
            yield self.delay, head + body
            return
        yield self.delay, head
        size = -(-len(body) // _PIECES) or 1
        for start in range(0, len(body), size):
            yield self.spread / _PIECES, body[start : start + size]


_AT_ONCE = Delivery()


@dataclass(frozen=True, slots=True)
class SampleResponse:
    """Status, headers (names as usually written) and body of one response, and how it is sent."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    delivery: Delivery = _AT_ONCE

    @property
    def is_html(self) -> bool:
        return self.headers.get("Content-Type") == HTML


def ok(body: bytes | str, extension: str = "html") -> SampleResponse:
    return SampleResponse(200, {"Content-Type": _TYPES[extension]}, body.encode() if isinstance(body, str) else body)


def moved(url: str) -> SampleResponse:
    body = f'<!DOCTYPE html><title>301</title><a href="{url}">{url}</a>'
    return SampleResponse(301, {"Content-Type": HTML, "Location": url}, body.encode())
