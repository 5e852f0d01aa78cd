"""Pagination of listings, with resume from earlier runs."""

import logging
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from typing import Any, NamedTuple

from caravan_crawler.frontier.articles import day_of
from caravan_crawler.page_forms import PageForm, usual_form
from caravan_crawler.pages.listing import Card, Listing

logger = logging.getLogger(__name__)

Key = int | str

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
_NAMED_PAGES = 2
#: Longest interval between two walks, in hours.
_MOST_HOURS = 6


@dataclass(eq=False)
class PageRange:
    """Pages of a listing still to be read: from ``page`` to the articles ``until``, or to the end."""

    page: int
    until: frozenset[Key] = frozenset()


@dataclass
class ListState:
    """The stored state of a listing.

    ``top`` are the articles of its first page when a walk last began there: the next walk ends where it meets them.
    ``open`` are the ranges below them that were not read. ``hours`` is the interval between two walks.
    """

    top: list[Key] = field(default_factory=list)
    open: list[PageRange] = field(default_factory=list)
    hours: int = 3
    form: PageForm | None = None
    """How its later pages are addressed, if not as usual."""

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
        parts = [[part.page, sorted(part.until, key=str)] for part in self.open]
        form = {"form": [*self.form]} if self.form is not None else {}
        return {"top": self.top, "open": parts, "hours": self.hours} | form

    @classmethod
    def from_json(cls, value: dict[str, Any] | None) -> "ListState":
        """Return the state from JSON values; without any, that of a listing not read yet."""
        if not value:
            return cls()
        parts = [PageRange(page, frozenset(until)) for page, until in value["open"]]
        form = value.get("form")
        return cls(list(value["top"]), parts, value["hours"], PageForm(*form) if form else None)


@dataclass
class ListingWalk:
    """A walk down the listing at ``path``, until it meets the articles of ``until``, else to the end.

    New articles push old ones to the next page during the walk. It then sees some twice (:attr:`has_shifted`), and
    misses only the new ones, which are at the top.

    A resumed walk (``is_resumed``) continues an interrupted one; it may pass known articles before new ones.
    """

    path: str
    until: frozenset[Key] = frozenset()
    since: date | None = None
    is_resumed: bool = False
    has_shifted: bool = False
    top: list[Key] = field(default_factory=list)
    """Articles of the first page when it was read, without those that every page links to."""
    missed: list[int] = field(default_factory=list)
    """Pages that failed since the last one read."""
    found: int = 0
    """Articles that no other source had named before."""
    is_unknown: bool = False
    """Whether a link to the next page was not understood, so that the listing was not read completely."""
    is_named_elsewhere: bool = False
    """Whether sitemaps have named the site's articles: then a page without a new one ends the walk."""
    state: ListState = field(default_factory=ListState)
    """The listing's state, which is stored for the next run."""
    part: PageRange = field(default_factory=lambda: PageRange(1))
    """The range it reads; stored as open for the next run once its first page is read."""
    _named: int = 0
    _met: set[Key] = field(default_factory=set)
    _listed: set[Key] = field(default_factory=set)
    _previous: frozenset[Key] = frozenset()
    _fertile: int = 0
    _barren: int = 0
    _is_repeated: bool = False
    _known: int = 0
    _failed: int = 0
    _tries: int = 0
    _middle: list[date] = field(default_factory=list)
    _old_pages: int = 0

    def take(self, listing: Listing, around: frozenset[Key]) -> list[Card]:
        """Register the next page; return the cards that no earlier page had.

        ``around`` are the articles the page links to around its list, such as the trending ones.
        """
        keys = [card.address.key for card in listing.cards]
        own = [key for key in keys if key not in around]
        if listing.number == 1:
            self.top = own
        else:
            self.top = [key for key in self.top if key not in set(keys)] or self.top
            self.has_shifted |= bool(own) and own[0] in self._previous
        self._met |= self.until.intersection(own)
        fresh = [card for card in listing.cards if card.address.key not in self._listed]
        self._note_repetition(frozenset(own), is_barren=not fresh)
        self._listed.update(keys)
        self._failed = 0
        return fresh

    def next_number(self, listing: Listing, dates: list[date], new: int) -> int | None:
        """Return the number of the page to read next, or None at the end.

        ``dates`` are the known publication days of the page's articles, ``new`` is the number of articles that no
        source had named before. If a page has no pagination links, the next number is tried; a 404 ends the listing.
        """
        if new or self.is_resumed:
            self._known = 0
        elif not self._barren:  # articles of this walk that new ones have pushed down do not count
            self._known += 1
        self._named = self._named + 1 if self.is_named_elsewhere and not new else 0
        if not self.until and self._named >= _NAMED_PAGES:
            return None
        if self.until and (len(self._met) >= _MEETING_SHARE * len(self.until) or self._known >= _KNOWN_PAGES):
            return None
        if not listing.cards or self._is_at_repetition() or self._is_past(dates):
            return None
        if listing.next_number is not None:
            return listing.next_number
        return None if listing.is_paginated else listing.number + 1

    def may_try_again(self) -> bool:
        """Return whether to retry a listing that was given up; True once."""
        self._tries += 1
        self._failed = 0
        return self._tries == 1

    def may_skip(self, number: int) -> bool:
        """Register a failed page; return whether to try the next one."""
        self.missed.append(number)
        self._failed += 1
        return self._failed <= _MOST_FAILURES

    def _note_repetition(self, own: frozenset[Key], *, is_barren: bool) -> None:
        if is_barren:
            self._barren += 1
            self._is_repeated |= own == self._previous
        else:
            self._barren, self._is_repeated = 0, False
            self._fertile += 1
        self._previous = own

    def _is_at_repetition(self) -> bool:
        """Whether the listing only repeats itself: its last page, or all of its pages.

        After a long pause, such as a night, many new articles have pushed down those already read. Pages then
        repeat, too, but only about as many as were read before; unread articles follow them.
        """
        return self._barren >= _BARREN_PAGES + (0 if self._is_repeated else self._fertile)

    def _is_past(self, dates: list[date]) -> bool:
        """Whether the listing is newest first as far as read, and its last two pages are before ``since``.

        The median day of each page is compared, so that one pinned or misdated article has no effect.
        """
        if self.since is None or not dates:
            return False
        self._middle.append(sorted(dates)[len(dates) // 2])
        is_sorted = all(later <= earlier for earlier, later in pairwise(self._middle))
        older = [day < self.since for day in dates]
        self._old_pages = self._old_pages + 1 if sum(older) >= _OLD_SHARE * len(older) else 0
        return is_sorted and self._old_pages >= _OLD_PAGES


#: Times a listing's top is read again after new articles shifted its pages.
_MOST_ROUNDS = 3


class ListPage(NamedTuple):
    """A listing page to request: its path, and the number of its walk."""

    path: str
    walk: int


class Listings:
    """The walks under way; ``since`` is the first day of the period, if any.

    If there is a period and a listing has no dates, the next page is decided only after its articles are read. A
    listing with too many failed pages in a row is given up, and retried once when the spider is idle; ``abandoned``
    counts those that failed again.
    """

    def __init__(self, since: date | None, *, is_bounded: bool) -> None:
        self.abandoned = 0
        self._since = since
        self._is_bounded = is_bounded
        self._states: dict[str, ListState] = {}
        self._changed: dict[str, ListState] = {}
        self._walks: list[ListingWalk] = []
        self._rounds: dict[str, int] = {}
        self._held: list[tuple[int, Listing, list[Key], int]] = []
        self._given_up: list[int] = []
        self._days: dict[Key, date] = {}

    def is_begun(self, path: str) -> bool:
        """Whether this run reads the listing."""
        return path in self._states

    def begin(self, path: str, state: ListState, *, from_top: bool = True) -> list[ListPage]:
        """Begin a listing at its stored ``state``; return the pages to request.

        Without ``from_top`` only the open ranges are read: an interrupted run has just read the top.
        """
        if path in self._states:
            return []
        self._states[path] = state
        pages = []
        left = list(state.open)
        if from_top or not state.top:
            pages.append(self._start_at_top(path, state))
        return pages + [self._start(path, state, part, is_resumed=True) for part in left if state.top]

    def take_changed(self) -> dict[str, ListState]:
        """Return the states of the listings that changed since the last call."""
        changed, self._changed = self._changed, {}
        return changed

    def note_day(self, key: Key, day: date | None) -> None:
        """Register the day of an article, for listings that print none."""
        if self._is_bounded and day is not None:
            self._days[key] = day

    def read(
        self, walk_number: int, listing: Listing, around: frozenset[Key], new: int, *, is_named_elsewhere: bool = False
    ) -> list[ListPage]:
        """Process a page of the walk ``walk_number``; return the pages to request next.

        ``around`` are the articles linked around the listing, ``new`` is the number of articles that no source had
        named before. ``is_named_elsewhere``: whether sitemaps have named the site's articles.
        """
        walk = self._walks[walk_number]
        state, part = walk.state, walk.part
        walk.is_named_elsewhere = is_named_elsewhere
        walk.is_unknown |= listing.unknown_next is not None
        if listing.next_number is not None and listing.form is not None:
            state.form = None if listing.form == usual_form(walk.path) else listing.form
        self._changed[walk.path] = state
        walk.found += new
        fresh = walk.take(listing, around)
        part.page = listing.number + 1
        if part not in state.open and (state.top or walk.top):
            state.open.append(part)
        if walk.top:
            state.top = walk.top  # the pages below are read, or in an open range
        met_again = frozenset(card.address.key for card in fresh) - around
        if walk.missed and met_again:
            state.open.append(PageRange(walk.missed[0], met_again))
            walk.missed = []
        for card in fresh:
            if self._is_bounded and card.address.key not in self._days and (day := day_of(card.date)):
                self._days[card.address.key] = day
        keys = [card.address.key for card in fresh]
        if self._is_bounded and not all(card.date for card in listing.cards):
            self._held.append((walk_number, listing, keys, new))
            return []
        return self._next(walk_number, listing, keys, new)

    def place(self, walk_number: int, path: str) -> tuple[str, int, PageForm] | None:
        """Return listing, number and form of a page of the walk by its path and query; None for the usual form."""
        walk = self._walks[walk_number]
        form = walk.state.form
        number = form.number(path) if form is not None else None
        return (walk.path, number, form) if form is not None and number is not None else None

    def failed(self, walk_number: int, page_number: int) -> list[ListPage]:
        """Skip a failed page and continue with the next."""
        if self._walks[walk_number].may_skip(page_number):
            return [self._page(walk_number, page_number + 1)]
        self._give_up(walk_number)
        return []

    def ended(self, walk_number: int) -> list[ListPage]:
        """End the walk, unless pages of it failed; return the first page if new articles have shifted the listing."""
        walk = self._walks[walk_number]
        state = walk.state
        if walk.missed:
            self._give_up(walk_number)
            return []
        self._changed[walk.path] = state
        if walk.part in state.open:
            state.open.remove(walk.part)
        if walk.is_unknown:
            state.top = []  # the next run reads it from the top again, as if it were the first
        if walk.top and walk.until and not walk.is_resumed:
            state.note_yield(walk.found)
        rounds = self._rounds.get(walk.path, 0)
        if walk.has_shifted and rounds < _MOST_ROUNDS and state.top:
            self._rounds[walk.path] = rounds + 1
            return [self._start_at_top(walk.path, state)]
        return []

    def when_idle(self) -> list[ListPage]:
        """Return the pages to request when idle: held pages, listings given up, shifted tops."""
        held, self._held = self._held, []
        pages = [page for each in held for page in self._next(*each)]
        given_up, self._given_up = self._given_up, []
        for walk_number in given_up:
            walk = self._walks[walk_number]
            first = walk.missed[0] if walk.missed else 1
            if walk.may_try_again():
                walk.missed = []
                pages.append(self._page(walk_number, first))
            else:
                self.abandoned += 1
                logger.error("The list %s is given up at page %d", walk.path, first)
        return pages

    def _start_at_top(self, path: str, state: ListState) -> ListPage:
        return self._start(path, state, PageRange(1, frozenset(state.top)), is_resumed=False)

    def _start(self, path: str, state: ListState, part: PageRange, *, is_resumed: bool) -> ListPage:
        self._walks.append(ListingWalk(path, part.until, self._since, is_resumed, state=state, part=part))
        return self._page(len(self._walks) - 1, part.page)

    def _next(self, walk_number: int, listing: Listing, keys: list[Key], new: int) -> list[ListPage]:
        walk = self._walks[walk_number]
        following = walk.next_number(listing, [self._days[key] for key in keys if key in self._days], new)
        if following is not None:
            walk.part.page = following
            return [self._page(walk_number, following)]
        return self.ended(walk_number)

    def _give_up(self, walk_number: int) -> None:
        walk = self._walks[walk_number]
        walk.part.page = walk.missed[0]
        self._given_up.append(walk_number)

    def _page(self, walk_number: int, page_number: int) -> ListPage:
        path = self._walks[walk_number].path
        form = self._walks[walk_number].state.form or usual_form(path)
        return ListPage(path if page_number == 1 else form.path(page_number), walk_number)
