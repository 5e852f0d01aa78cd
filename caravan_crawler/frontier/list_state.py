"""How far a listing has been read, as it is stored from run to run."""

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

from caravan_crawler.frontier.articles import Key
from caravan_crawler.page_forms import PageForm, usual_form
from caravan_crawler.store import database
from caravan_crawler.store.crawl_state import LONGEST_DELAY, retry_delay

#: Longest interval between two walks, in hours.
_MOST_HOURS = 6


class Expected(IntEnum):
    """Whether a listing has a certain page, by the pages before it."""

    UNKNOWN = 0
    """No page links to it."""
    LINKED = 1
    """A page links to it that may be the last one, with a dead link."""
    SURE = 2
    """A full page links to it, a page links to a later one, or articles of an earlier walk are still to come."""


@dataclass(eq=False)
class PageRange:
    """Pages of a listing still to be read: from ``page`` to the articles ``until``, or to the end."""

    page: int
    until: frozenset[Key] = frozenset()
    expected: Expected = Expected.UNKNOWN
    """Whether the listing has ``page``."""
    tries: int = 0
    """Number of runs in which ``page`` was not there, and may have been behind the end."""
    retry_at: str = ""
    """When it is due again in that case."""

    def move_to(self, page: int, expected: Expected) -> None:
        """Let the range begin at a later page."""
        self.page, self.expected, self.tries, self.retry_at = page, expected, 0, ""

    def put_off(self) -> None:
        """Count a try, and set when the next one is due: after an hour, then ever later."""
        self.tries += 1
        self.retry_at = database.after(database.now(), retry_delay("list_end", self.tries + 1, is_source=True))

    @property
    def is_due(self) -> bool:
        """Whether the range may be requested; a time too far in the future is that of a clock that was ahead."""
        now = database.now()
        return not now < self.retry_at <= database.after(now, LONGEST_DELAY)

    def to_json(self) -> list[Any]:
        """Return the range as JSON values."""
        tries = [self.tries, self.retry_at] if self.tries else []
        return [self.page, sorted(self.until, key=str), self.expected, *tries]

    @classmethod
    def from_json(cls, value: list[Any]) -> "PageRange":
        """Return the range from JSON values; earlier versions stored two."""
        page, until, expected, tries, retry_at = [*value, 0, 0, ""] if len(value) == 2 else [*value, 0, ""][:5]
        return cls(page, frozenset(until), Expected(expected), tries, retry_at)


@dataclass
class ListState:
    """The stored state of a listing.

    ``top`` are the articles of its first page when a walk last began there: the next walk ends where it meets them.
    ``open`` are the ranges below them that were not read. ``hours`` is the interval between two walks. ``missing`` are
    the ranges whose first page was expected, but was not there: they are tried again as failed pages are.
    """

    top: list[Key] = field(default_factory=list)
    open: list[PageRange] = field(default_factory=list)
    hours: int = 3
    missing: list[PageRange] = field(default_factory=list)
    form: PageForm | None = None
    """How its later pages are addressed, if not as usual."""

    def note_missing(self, part: PageRange) -> None:
        """Add a range whose first page is missing; of several from one page, keep the one that goes furthest."""
        for other in self.missing:
            # The articles at which an earlier range ends are further down.
            if other is not part and other.page == part.page and (part.until or not other.until):
                self.missing = [each for each in self.missing if each is not part]
                return
        self.missing = [each for each in self.missing if each.page != part.page] + [part]

    def note_yield(self, new: int) -> None:
        """Set the interval from the number of new articles a walk from the top found.

        It is one hour if there were any, else it doubles, up to 6 hours.
        """
        self.hours = 1 if new else min(2 * self.hours, _MOST_HOURS)

    @property
    def is_walked(self) -> bool:
        """Whether the listing was read completely."""
        return bool(self.top) and not self.open

    def to_json(self) -> dict[str, Any]:
        """Return the state as JSON values."""
        left, missing = ([part.to_json() for part in parts] for parts in (self.open, self.missing))
        form = {"form": [*self.form]} if self.form is not None else {}
        return {"top": self.top, "open": left, "hours": self.hours, "missing": missing} | form

    @classmethod
    def from_json(cls, value: dict[str, Any] | None) -> "ListState":
        """Return the state from JSON values; without any, that of a listing not read yet."""
        if not value:
            return cls()
        left, missing = (list(map(PageRange.from_json, value.get(name, ()))) for name in ("open", "missing"))
        form = value.get("form")
        return cls(list(value["top"]), left, value["hours"], missing, PageForm(*form) if form else None)

    def page_path(self, listing: str, number: int) -> str:
        """Return path and query of a page of the listing at the path ``listing``."""
        return listing if number == 1 else (self.form or usual_form(listing)).path(number)
