"""A guard against today's reader: where it finds too little of what was found before, nothing of that is stored."""

from collections import Counter

from caravan_crawler.keep.history import Taken
from caravan_crawler.monitors.drift import FEWEST

#: The share of a field's values that may vanish: wrong ones are fewer, a reader that is broken loses more.
MOST_LOST = 0.25


class LossesError(Exception):
    """Too many values of a field would be lost; its text is one line for the user."""


class Losses:
    """Counts, field by field, what earlier readings of the same pages had and this one has lost."""

    def __init__(self) -> None:
        self._had: Counter[str] = Counter()
        self._lost: Counter[str] = Counter()

    @property
    def counts(self) -> list[dict[str, int]]:
        """What was counted, as JSON can hold it."""
        return [dict(self._had), dict(self._lost)]

    def go_on(self, counts: list[dict[str, int]]) -> None:
        """Go on from what a stopped reading had counted, if it is more."""
        had, lost = map(Counter, counts)
        if had.total() > self._had.total():
            self._had, self._lost = had, lost

    def check(self, taken: list[Taken]) -> None:
        """Count; raise :class:`LossesError` where a field has lost more than its share, of twenty values or more."""
        for one in taken:
            self._had.update(one.had)
            self._lost.update(name for name, how in one.fields.items() if how == "lost")
        for name, lost in self._lost.items():
            if lost >= FEWEST and lost > MOST_LOST * self._had[name]:
                raise LossesError(
                    f"{name} is not found any more in {lost:,} of {self._had[name]:,} articles that had it, so the "
                    "reader may be broken; --dry-run shows what would change, --accept-losses stores it"
                )
