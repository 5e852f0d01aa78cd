"""A long, ordered selection of article numbers that is computed, not stored."""

from collections.abc import Iterable, Iterator

PERIOD = 50
"""Numbers are dealt to sections and ways of being found by their remainder to this."""

Stretch = tuple[int, int, frozenset[int]]
"""(first number, end, remainders that belong)."""


class Roster:
    """Rising numbers whose remainder belongs, stretch by stretch, less a few taken out by hand.

    ``roster[k]`` costs a binary search, so that page 50,000 of a listing is as cheap as page 1.
    """

    def __init__(self, stretches: Iterable[Stretch], without: Iterable[int] = ()) -> None:
        self._stretches = [s for s in stretches if s[0] < s[1]]
        self._counts = [
            [sum(r in remainders for r in range(upto)) for upto in range(PERIOD + 1)]
            for _, _, remainders in self._stretches
        ]
        self._end = max((end for _, end, _ in self._stretches), default=0)
        self._without: list[int] = []
        self._without = sorted(n for n in set(without) if n in self)
        self._length = self._below(self._end)

    def __len__(self) -> int:
        return self._length

    def __contains__(self, number: int) -> bool:
        if number in self._without:
            return False
        return any(
            first <= number < end and number % PERIOD in remainders for first, end, remainders in self._stretches
        )

    def __getitem__(self, position: int) -> int:
        if not 0 <= position < self._length:
            raise IndexError(position)
        low, high = 0, self._end
        while low < high:
            middle = (low + high) // 2
            if self._below(middle + 1) > position:
                high = middle
            else:
                low = middle + 1
        return low

    def span(self, first: int, end: int) -> Iterator[int]:
        """The members at the positions ``first`` … ``end - 1``, as far as there are any."""
        for position in range(max(first, 0), min(end, self._length)):
            yield self[position]

    def _below(self, number: int) -> int:
        """How many members are smaller than ``number``."""
        total = -sum(n < number for n in self._without)
        for (first, end, _), counts in zip(self._stretches, self._counts, strict=True):
            if number > first:
                total += _up_to(min(number, end), counts) - _up_to(first, counts)
        return total


def _up_to(number: int, counts: list[int]) -> int:
    periods, rest = divmod(number, PERIOD)
    return periods * counts[PERIOD] + counts[rest]
