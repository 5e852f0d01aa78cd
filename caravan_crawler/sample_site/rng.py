"""Repeatable random choices, seeded by a label and a number."""

from collections.abc import Sequence
from hashlib import blake2b
from typing import TypeVar

T = TypeVar("T")

_LOW_WATER = 1 << 64
"""Below this the pool of random bits would bias the next roll, so it is refilled."""


class Rng:
    """A stream of rolls fixed by a label and a number.

    ``random.Random`` would do the same, but seeding it costs more than all the rolls of an article.
    """

    __slots__ = ("_key", "_pool")

    def __init__(self, label: str, number: int) -> None:
        self._key = f"{label}:{number}".encode()
        self._pool = int.from_bytes(blake2b(self._key).digest(), "big")

    def below(self, sides: int) -> int:
        """Roll 0 … sides - 1."""
        if self._pool < _LOW_WATER:
            self._key = blake2b(self._key).digest()
            self._pool = int.from_bytes(self._key, "big")
        self._pool, face = divmod(self._pool, sides)
        return face

    def chance(self, hits: int, of: int) -> bool:
        """True in ``hits`` cases out of ``of``."""
        return self.below(of) < hits

    def pick(self, options: Sequence[T]) -> T:
        """One of the options, each equally likely."""
        return options[self.below(len(options))]

    def sample(self, options: Sequence[T], count: int) -> list[T]:
        """``count`` different options, in the order drawn."""
        rest = list(options)
        return [rest.pop(self.below(len(rest))) for _ in range(min(count, len(rest)))]
