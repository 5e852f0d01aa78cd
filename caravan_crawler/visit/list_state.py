"""How far a list is walked: what a run leaves for the next one, as it stands in the store."""

from dataclasses import dataclass, field
from typing import Any

from caravan_crawler.visit.walk import Key


@dataclass(eq=False)
class Stretch:
    """A part of a list still to be walked: from ``page`` down to the articles ``until``, or to the list's end."""

    page: int
    until: frozenset[Key] = frozenset()


@dataclass
class ListState:
    """A list as walked so far.

    ``top`` are the articles of its first page when a walk last began there: the next one ends where it meets
    them. What lies below them and was not walked is ``open``.
    """

    top: list[Key] = field(default_factory=list)
    open: list[Stretch] = field(default_factory=list)

    @property
    def is_walked(self) -> bool:
        """Whether every article the list had at the last look was seen."""
        return bool(self.top) and not self.open

    def to_json(self) -> dict[str, Any]:
        """Return the state as JSON values."""
        return {"top": self.top, "open": [[part.page, sorted(part.until, key=str)] for part in self.open]}

    @classmethod
    def from_json(cls, value: dict[str, Any] | None) -> "ListState":
        """Return the state out of JSON values; none gives that of a list nobody has walked."""
        if not value:
            return cls()
        return cls(list(value["top"]), [Stretch(page, frozenset(until)) for page, until in value["open"]])
