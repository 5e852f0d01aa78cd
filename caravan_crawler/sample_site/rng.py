"""Repeatable random choices, seeded by a label and a number."""

from collections.abc import Sequence
from hashlib import blake2b
from typing import TypeVar

T = TypeVar("T")

_LOW_WATER = 1 << 64
"""A smaller pool of random bits would bias the next number, so it is refilled."""


class Rng:
    """Random number generator that is cheaper to seed than ``random.Random``."""

    __slots__ = ("_key", "_pool")

    def __init__(self, label: str, number: int) -> None:
        self._key = f"{label}:{number}".encode()
        self._pool = int.from_bytes(blake2b(self._key).digest(), "big")

    def below(self, end: int) -> int:
        """Return an integer from 0 to end - 1."""
        if self._pool < _LOW_WATER:
            self._key = blake2b(self._key).digest()
            self._pool = int.from_bytes(self._key, "big")
        self._pool, number = divmod(self._pool, end)
        return number

    def chance(self, hits: int, of: int) -> bool:
        """Return True in ``hits`` cases out of ``of``."""
        return self.below(of) < hits

    def pick(self, options: Sequence[T]) -> T:
        """Return one of the options."""
        return options[self.below(len(options))]

    def sample(self, options: Sequence[T], count: int) -> list[T]:
        """Return ``count`` different options in random order."""
        rest = list(options)
        return [rest.pop(self.below(len(rest))) for _ in range(min(count, len(rest)))]
