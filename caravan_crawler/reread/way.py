"""The way through an archive, part by part, for readers that are ahead of what is known of it."""

from collections import deque
from collections.abc import Iterable

from caravan_crawler.archive.sources import Part, Source, part_at


class Way:
    """The parts of sources, in their order.

    Where one ends is a guess until it is read: to know for sure, all before that place would have to be unpacked.
    Where the guess was wrong the way goes on from the right place.
    """

    def __init__(self, beginnings: Iterable[tuple[Source, int]]) -> None:
        """``beginnings`` are the sources, each with where it is to be read from."""
        self._ahead = deque(beginnings)

    def next(self) -> Part | None:
        """Return the next part; None at the end."""
        while self._ahead:
            source, start = self._ahead[0]
            if start < source.size:
                part = part_at(source, start)
                self._ahead[0] = source, part.stop
                return part
            self._ahead.popleft()
        return None

    def back_to(self, source: Source, start: int) -> None:
        """Go on from a place in the source of the last part, or, called for one part after the other, of one before."""
        if self._ahead and self._ahead[0][0] is source:
            self._ahead.popleft()
        self._ahead.appendleft((source, start))


class Parts(Way):
    """Parts whose ends are known."""

    def __init__(self, parts: Iterable[Part]) -> None:
        """``parts`` are given in their order."""
        self._parts = deque(parts)

    def next(self) -> Part | None:
        """Return the next part; None at the end."""
        return self._parts.popleft() if self._parts else None

    def back_to(self, source: Source, start: int) -> None:
        """Nothing is guessed."""
