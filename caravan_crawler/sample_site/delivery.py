"""How an answer goes over the wire where it does not simply go at once and whole."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

_PIECES = 10


@dataclass(frozen=True, slots=True)
class Delivery:
    """When and how much of an answer is sent, and what becomes of the connection."""

    delay: float = 0.0
    """Seconds before the first byte."""
    spread: float = 0.0
    """Seconds over which the body is sent, in ten pieces; 0 sends it at once."""
    share: float = 1.0
    """Part of the body that is sent, 0 to 1; Content-Length is that of all of it."""
    is_silent: bool = False
    """Nothing is sent, not even a status."""
    ending: Literal["keep", "close", "reset"] = "keep"
    """What follows the last byte: the next request, the end of the connection, or its reset."""

    def pieces(self, head: bytes, body: bytes) -> Iterator[tuple[float, bytes]]:
        """What to send in turn: seconds to wait, then bytes."""
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
