"""How far a list is walked: what a run leaves for the next one, as it stands in the store."""

from dataclasses import dataclass, field
from typing import Any

from caravan_crawler.visit.walk import Key

_MOST_HOURS = 6


@dataclass(eq=False)
class Stretch:
    """A part of a list still to be walked: from ``page`` down to the articles ``until``, or to the list's end."""

    page: int
    until: frozenset[Key] = frozenset()


@dataclass
class ListState:
    """A list as walked so far.

    ``top`` are the articles of its first page when a walk last began there: the next one ends where it meets
    them. What lies below them and was not walked is ``open``. ``hours`` is for how long the list may be left alone.
    """

    top: list[Key] = field(default_factory=list)
    open: list[Stretch] = field(default_factory=list)
    hours: int = 3

    def note_yield(self, new: int) -> None:
        """Note how many articles that nothing else had named a look at the top brought.

        A list that brings something is asked every hour, one that does not less and less often.
        """
        self.hours = 1 if new else min(2 * self.hours, _MOST_HOURS)

    @property
    def is_walked(self) -> bool:
        """Whether every article the list had at the last look was seen."""
        return bool(self.top) and not self.open

    def to_json(self) -> dict[str, Any]:
        """Return the state as JSON values."""
        parts = [[part.page, sorted(part.until, key=str)] for part in self.open]
        return {"top": self.top, "open": parts, "hours": self.hours}

    @classmethod
    def from_json(cls, value: dict[str, Any] | None) -> "ListState":
        """Return the state out of JSON values; none gives that of a list nobody has walked."""
        if not value:
            return cls()
        parts = [Stretch(page, frozenset(until)) for page, until in value["open"]]
        return cls(list(value["top"]), parts, value["hours"])
