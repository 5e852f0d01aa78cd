"""Fewer points of a long line."""

from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


def thin(points: Sequence[T], most: int) -> list[T]:
    """Return at most ``most`` of the points, evenly spaced, the first and the last among them."""
    if len(points) <= most:
        return list(points)
    last = len(points) - 1
    return [points[number * last // (most - 1)] for number in range(most)]
