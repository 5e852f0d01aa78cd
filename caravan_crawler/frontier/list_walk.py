"""A walk down a listing, and how far the listing has been read, which is stored from run to run."""

from dataclasses import dataclass, field
from datetime import date
from enum import IntEnum
from itertools import pairwise, takewhile
from typing import Any

from caravan_crawler.pages.listing import Card, Listing, PageForm, usual_form
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
    until: frozenset[str] = frozenset()
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
        """Count a try, and set when the next one is due: after an hour, then at growing intervals."""
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
        return [self.page, sorted(self.until), self.expected, *tries]

    @classmethod
    def from_json(cls, value: list[Any]) -> "PageRange":
        """Return the range from JSON values; earlier versions stored two, and numbers as such."""
        page, until, expected, tries, retry_at = [*value, 0, 0, ""] if len(value) == 2 else [*value, 0, ""][:5]
        return cls(page, frozenset(map(str, until)), Expected(expected), tries, retry_at)


@dataclass
class ListState:
    """The stored state of a listing.

    ``top`` are the articles of its first page when a walk last began there: the next walk ends where it meets them.
    ``open`` are the ranges below them that were not read. ``hours`` is the interval between two walks. ``missing`` are
    the ranges whose first page was expected, but was not there: they are tried again as failed pages are.
    """

    top: list[str] = field(default_factory=list)
    open: list[PageRange] = field(default_factory=list)
    hours: int = 3
    missing: list[PageRange] = field(default_factory=list)
    form: PageForm | None = None
    """How its later pages are addressed, if not as usual."""

    def note_missing(self, part: PageRange) -> None:
        """Add a range whose first page is missing. If two ranges begin at one page, keep the longer."""
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
        return cls(list(map(str, value["top"])), left, value["hours"], missing, PageForm(*form) if form else None)

    def page_path(self, listing: str, number: int) -> str:
        """Return path and query of a page of the listing at the path ``listing``."""
        return listing if number == 1 else (self.form or usual_form(listing)).path(number)


#: Consecutive repeated pages that end a walk, whatever they link to.
_BARREN_PAGES = 2
#: Share of a page's articles before the period from which the page is; two such pages end the walk.
_OLD_SHARE = 0.9
_OLD_PAGES = 2
#: Consecutive failed pages allowed before a listing is given up.
_MOST_FAILURES = 3
#: A walk has met an earlier one once it has seen this share of that walk's top articles.
_MEETING_SHARE = 0.5
#: Consecutive pages without a new article that end a walk too, in case those articles are gone.
_KNOWN_PAGES = 50
#: The same for a first walk, if sitemaps have named the site's articles.
_PAGES_IN_SITEMAPS = 2


def _pinned(own: list[str], until: frozenset[str], before: list[str]) -> frozenset[str]:
    """Return the articles that stand above newer ones on a first page: all that it had before, and others follow them.

    They are where they were ``before``, or at most half of the page. If all of ``until`` lead, pages have grown longer.
    """
    leading = list(takewhile(until.__contains__, own))
    if len(leading) == len(own):  # nothing is new
        return frozenset()
    pinned = frozenset(_common_start(own, before) if 2 * len(leading) > len(own) else leading)
    return pinned if until - pinned else frozenset()


def _common_start(one: list[str], other: list[str]) -> list[str]:
    return [each for each, its in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False))]


@dataclass
class _Repetition:
    """Pages of a walk that have no article which no earlier page had."""

    previous: frozenset[str] = frozenset()
    """Articles of the last page."""
    in_a_row: int = 0
    _is_copy: bool = False
    _others: int = 0

    def add(self, own: frozenset[str], *, is_barren: bool) -> None:
        """Add a page with the articles ``own``; ``is_barren`` if earlier pages had them all."""
        if is_barren:
            self.in_a_row += 1
            self._is_copy |= own == self.previous
        else:
            self.in_a_row, self._is_copy = 0, False
            self._others += 1
        self.previous = own

    @property
    def is_end(self) -> bool:
        """Whether the listing only repeats itself: its last page, or all of its pages.

        After a long pause, such as a night, many new articles have pushed down those already read. Pages then
        repeat, too, but only about as many as were read before; unread articles follow them.
        """
        return self.in_a_row >= _BARREN_PAGES + (0 if self._is_copy else self._others)


@dataclass
class _DaysOfPages:
    """The median days of a walk's pages, so that one pinned or misdated article has no effect."""

    _medians: list[date] = field(default_factory=list)
    _old_pages: int = 0

    def are_past(self, days: list[date], since: date) -> bool:
        """Add a page's days; return whether the walk went from newer to older pages, and the last two are too old."""
        self._medians.append(sorted(days)[len(days) // 2])
        is_sorted = all(later <= earlier for earlier, later in pairwise(self._medians))
        older = sum(day < since for day in days)
        self._old_pages = self._old_pages + 1 if older >= _OLD_SHARE * len(days) else 0
        return is_sorted and self._old_pages >= _OLD_PAGES


@dataclass(eq=False)
class ListingWalk:
    """A walk down the listing at ``path``, until it meets the articles of ``until``, else to the end.

    New articles push old ones to the next page during the walk. It then sees some twice (:attr:`has_shifted`), and
    misses only the new ones, which are at the top.

    A resumed walk (``is_resumed``) continues an interrupted one; it may pass known articles before new ones.
    """

    path: str
    until: frozenset[str] = frozenset()
    since: date | None = None
    is_resumed: bool = False
    has_shifted: bool = False
    top: list[str] = field(default_factory=list)
    """Articles of the first page when it was read, without those that every page links to."""
    missed: list[int] = field(default_factory=list)
    """Pages that failed or are missing since the last one read."""
    has_failed: bool = False
    """Whether one of them failed."""
    has_new_failure: bool = False
    """Whether one of them is not settled: earlier runs may have read it."""
    own: int = 0
    """Number of articles on the last page read, without those around its list."""
    found: int = 0
    """Articles that no other source had named before."""
    is_unknown: bool = False
    """Whether a link to the next page was not understood, so that the listing was not read completely."""
    was_retried: bool = False
    """Whether it was given up once and begun again."""
    is_in_sitemaps: bool = False
    """Whether sitemaps have named the site's articles: then a page without a new one ends the walk."""
    state: ListState = field(default_factory=ListState)
    """The listing's state, which is stored for the next run."""
    part: PageRange = field(default_factory=lambda: PageRange(1))
    """The range it reads; stored as open for the next run once its first page is read."""
    _met: set[str] = field(default_factory=set)
    _listed: set[str] = field(default_factory=set)
    _first: list[str] = field(default_factory=list)
    _repetition: _Repetition = field(default_factory=_Repetition)
    _days: _DaysOfPages = field(default_factory=_DaysOfPages)
    _known: int = 0
    _last: int = 0
    _most_own: int = 0
    _is_paginated: bool = False
    _has_gaps: bool = False
    _links_to_itself: bool = False
    """Whether the last page read links to its own number, as some sites' pages do."""

    def place(self, path: str) -> tuple[str, int, PageForm] | None:
        """Return listing, number and form of a page of the walk by its path and query; None for the usual form."""
        form = self.state.form
        number = form.number(path) if form is not None else None
        return (self.path, number, form) if form is not None and number is not None else None

    def expected(self, number: int) -> Expected:
        """Return whether the listing has a page that the walk has requested."""
        return self.part.expected if self.part.page == number else Expected.UNKNOWN

    def take(self, listing: Listing, around: frozenset[str]) -> list[Card]:
        """Register the next page; return the cards that no earlier page had.

        ``around`` are the articles the page links to around its list, such as the trending ones.
        """
        keys = [card.address.key for card in listing.cards]
        own = [key for key in keys if key not in around]
        if listing.number == 1:
            self.top = self._first = own
            self.until -= _pinned(own, self.until, self.state.top)
        else:
            self.top = [key for key in self.top if key not in set(keys)] or self.top
            behind_pinned = own[len(_common_start(own, self._first)) :]
            self.has_shifted |= bool(behind_pinned) and behind_pinned[0] in self._listed
        self._met |= self.until.intersection(own)
        fresh = [card for card in listing.cards if card.address.key not in self._listed]
        self._repetition.add(frozenset(own), is_barren=not fresh)
        self._listed.update(keys)
        self._last = max(self._last, listing.last_number, listing.next_number or 0)
        self._is_paginated |= listing.is_paginated
        self._links_to_itself = listing.links_to_itself
        self._most_own, self.own = max(self._most_own, self.own, len(self.state.top)), len(own)
        self.part.move_to(listing.number + 1, self._expects(listing.number + 1))
        return fresh

    def _expects(self, number: int) -> Expected:
        if self._last < number:
            return Expected.UNKNOWN
        # Resumed walks, and those with gaps, may have passed the articles at which they end.
        is_above_known = bool(self.until) and not (self.is_resumed or self._has_gaps)
        is_full = 0 < self._most_own <= self.own
        return Expected.SURE if self._last > number or is_above_known or is_full else Expected.LINKED

    def is_missing(self, number: int, listing: Listing, around: frozenset[str]) -> bool:
        """Whether a page requested as ``number`` is another page, or has no list of its own.

        In that case its articles were all on earlier pages, and it has no pagination or only articles around its list;
        or it has the list of the first page, as in a cache that ignores the number, or of another earlier page, whose
        links to others are not those of this one.
        """
        keys = {card.address.key for card in listing.cards}
        is_known = keys <= self._listed or not self._listed
        has_lost_its_list = self._is_paginated and not listing.is_paginated
        own = [card.address.key for card in listing.cards if card.address.key not in around]
        is_first_page = bool(own) and own in (self._first, self.state.top)
        is_earlier_page = number > 2 and bool(self._listed) and listing.links_to_itself and not self._links_to_itself
        is_none = is_first_page or (is_known and (has_lost_its_list or is_earlier_page or keys <= around))
        return number > 1 and (listing.number != number or is_none)

    def may_look_behind(self, number: int) -> bool:
        """Register a missing page; return whether to try the next one: if it is there, this is a gap.

        When a later run retries the dead link of a last page, it does not try the page after it.
        """
        is_first = not self.missed
        self._has_gaps = True
        self.missed.append(number)
        is_known_end = self.part.expected is Expected.LINKED and not self._listed
        return (is_first and not is_known_end) or (number < self._last and len(self.missed) <= _MOST_FAILURES)

    def next_number(self, listing: Listing, dates: list[date], new: int) -> int | None:
        """Return the number of the page to read next, or None at the end.

        ``dates`` are the known publication days of the page's articles, ``new`` is the number of articles that no
        source had named before. If a page has no pagination links, the next number is tried; a 404 ends the listing.
        """
        # Articles of this walk that new ones have pushed down do not count.
        self._known = 0 if new else self._known + (not self._repetition.in_a_row)
        if self._is_at_known() or not listing.cards or self._repetition.is_end:
            return None
        if self.since is not None and dates and self._days.are_past(dates, self.since):
            return None
        is_last = listing.is_paginated and listing.next_number is None and self._last <= listing.number
        return None if is_last else listing.number + 1

    def may_skip(self, number: int) -> bool:
        """Register a failed page; return whether to try the next one."""
        self.has_failed = self._has_gaps = True
        self.missed.append(number)
        return len(self.missed) <= _MOST_FAILURES

    def _is_at_known(self) -> bool:
        """Whether the walk has met an earlier one, or reads what sitemaps have named."""
        if not self.until:
            return self.is_in_sitemaps and self._known >= _PAGES_IN_SITEMAPS
        has_met = len(self._met) >= _MEETING_SHARE * len(self.until)
        return has_met or (self._known >= _KNOWN_PAGES and not self.is_resumed)
