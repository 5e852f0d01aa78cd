"""Pagination of listings, with resume from earlier runs."""

import logging
from collections.abc import Callable
from datetime import date
from typing import NamedTuple

from caravan_crawler.frontier.articles import day_of
from caravan_crawler.frontier.list_walk import Expected, ListingWalk, ListState, PageRange
from caravan_crawler.items import Failure
from caravan_crawler.pages.listing import Listing, usual_form

logger = logging.getLogger(__name__)

#: Times a listing's top is read again after new articles shifted its pages.
_MOST_ROUNDS = 3


class ListPage(NamedTuple):
    """A listing page to request: its path, the walk that needs it, and its number there."""

    path: str
    walk: ListingWalk
    number: int


class Listings:
    """The walks under way; ``since`` is the first day of the period, if any.

    If there is a period and a listing has no dates, the next page is decided only after its articles are read. A
    listing with too many failed pages in a row is given up, and retried once when the spider is idle; ``abandoned``
    counts those that failed again. ``may_be_asked`` is called with the path of a missing page.
    """

    def __init__(
        self, since: date | None, *, is_bounded: bool, may_be_asked: Callable[[str], bool] = lambda path: True
    ) -> None:
        self.abandoned = 0
        self.longest = 0
        """Articles on the longest page that this run has read, or on the longest first page of an earlier run."""
        self._may_be_asked = may_be_asked
        self._since = since
        self._is_bounded = is_bounded
        self._states: dict[str, ListState] = {}
        self._changed: dict[str, ListState] = {}
        self._rounds: dict[str, int] = {}
        self._held: list[tuple[ListingWalk, Listing, list[str], int]] = []
        self._given_up: list[ListingWalk] = []
        self._days: dict[str, date] = {}
        self._ends: dict[ListingWalk, tuple[str, Failure]] = {}
        self._gaps: list[tuple[str, Failure]] = []

    def is_begun(self, path: str) -> bool:
        """Whether this run reads the listing."""
        return path in self._states

    def begin(self, path: str, state: ListState, *, from_top: bool = True) -> list[ListPage]:
        """Begin a listing at its stored ``state``; return the pages to request.

        Without ``from_top`` only the open ranges are read.
        """
        if path in self._states:
            return []
        self._states[path] = state
        pages = []
        left = self.left(path, state)
        if from_top or not state.top:
            pages.append(self._start_at_top(path, state))
        return pages + [self._start(path, state, part, is_resumed=True) for part in left if state.top]

    def left(self, path: str, state: ListState) -> list[PageRange]:
        """Return the ranges that earlier runs have left to this one."""
        return state.open + [part for part in state.missing if self._is_due(path, state, part)]

    def take_changed(self) -> dict[str, ListState]:
        """Return the states of the listings that changed since the last call."""
        changed, self._changed = self._changed, {}
        return changed

    def note_day(self, key: str, day: date | None) -> None:
        """Register the day of an article, for listings that print none."""
        if self._is_bounded and day is not None:
            self._days[key] = day

    def read(
        self, walk: ListingWalk, listing: Listing, around: frozenset[str], new: int, *, is_in_sitemaps: bool = False
    ) -> list[ListPage]:
        """Process a page of a walk; return the pages to request next.

        ``around`` are the articles linked around the listing, ``new`` is the number of articles that no source had
        named before. ``is_in_sitemaps``: whether sitemaps have named the site's articles.
        """
        state, part = walk.state, walk.part
        walk.is_in_sitemaps = is_in_sitemaps
        walk.is_unknown |= listing.unknown_next is not None
        if listing.next_number is not None and listing.form is not None:
            state.form = None if listing.form == usual_form(walk.path) else listing.form
        self._changed[walk.path] = state
        if walk in self._ends:
            self._gaps.append(self._ends.pop(walk))
        walk.found += new
        fresh = walk.take(listing, around)
        self.longest = max(self.longest, walk.own)
        state.missing = [other for other in state.missing if other is not part]
        if part not in state.open and (state.top or walk.top):
            state.open.append(part)
        if walk.top:
            state.top = walk.top  # the pages below are read, or in an open range
        met_again = frozenset(card.address.key for card in fresh) - around
        if walk.missed and met_again:
            note = state.open.append if walk.has_failed else state.note_missing
            note(PageRange(walk.missed[0], met_again, Expected.SURE))
            walk.missed, walk.has_failed = [], False
        for card in fresh:
            if self._is_bounded and card.address.key not in self._days and (day := day_of(card.date)):
                self._days[card.address.key] = day
        keys = [card.address.key for card in fresh]
        if self._is_bounded and not all(card.date for card in listing.cards):
            self._held.append((walk, listing, keys, new))
            return []
        return self._next(walk, listing, keys, new)

    def failed(self, walk: ListingWalk, page_number: int, *, is_settled: bool = False) -> list[ListPage]:
        """Skip a failed page and continue with the next.

        A list is given up without being counted if all its failed pages are settled: earlier runs did not read them.
        """
        walk.has_new_failure |= not is_settled
        if walk.missed and not walk.has_failed:  # it was only tried, behind a missing one
            return self.ended(walk)
        if walk.may_skip(page_number):
            return [self._page(walk, page_number + 1)]
        self._give_up(walk)
        return []

    def missing(self, walk: ListingWalk, page_number: int) -> list[ListPage]:
        """Look behind a page that is not there, or end the walk; if it was expected, a later run tries it again."""
        is_end = walk.has_failed or not (walk.missed or walk.expected(page_number))
        if not is_end and walk.may_look_behind(page_number):
            return [self._page(walk, page_number + 1)]
        return self.ended(walk)

    def note_end(self, walk: ListingWalk, url: str, failure: Failure) -> None:
        """Register a missing page that is taken for the end of a list, unless a later page of it is read."""
        self._ends[walk] = url, failure

    def find_gaps(self) -> None:
        """Once all listings are read, take the missing pages behind full ones for gaps; a later run expects them.

        A page is full if it is as long as the longest list of the site.
        """
        for walk in [walk for walk in self._ends if 0 < self.longest <= walk.own]:
            walk.part.move_to(walk.part.page, Expected.SURE)
            self._changed[walk.path] = walk.state
            self._gaps.append(self._ends.pop(walk))

    def take_gaps(self) -> list[tuple[str, Failure]]:
        """Return URL and failure of the missing pages found since the last call not to be the end of a list."""
        gaps, self._gaps = self._gaps, []
        return gaps

    def ended(self, walk: ListingWalk) -> list[ListPage]:
        """End the walk, unless pages of it failed; return the first page if new articles have shifted the listing."""
        state = walk.state
        if walk.has_failed:
            self._give_up(walk)
            return []
        self._changed[walk.path] = state
        if walk.part in state.open:
            state.open.remove(walk.part)
        if walk.missed:
            walk.part.page = walk.missed[0]
            if walk.part.expected is Expected.LINKED:
                walk.part.put_off()
            state.note_missing(walk.part)
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
        for walk in given_up:
            first = walk.missed[0] if walk.missed else 1
            if not walk.was_retried:
                walk.was_retried, walk.missed, walk.has_failed = True, [], False
                pages.append(self._page(walk, first))
            else:
                self.abandoned += walk.has_new_failure
                logger.error("The list %s is given up at page %d", walk.path, first)
        return pages

    def _start_at_top(self, path: str, state: ListState) -> ListPage:
        return self._start(path, state, PageRange(1, frozenset(state.top)), is_resumed=False)

    def _start(self, path: str, state: ListState, part: PageRange, *, is_resumed: bool) -> ListPage:
        return self._page(ListingWalk(path, part.until, self._since, is_resumed, state=state, part=part), part.page)

    def _next(self, walk: ListingWalk, listing: Listing, keys: list[str], new: int) -> list[ListPage]:
        following = walk.next_number(listing, [self._days[key] for key in keys if key in self._days], new)
        if following is None:
            return self.ended(walk)
        if any(part.page == following and not self._is_due(walk.path, walk.state, part) for part in walk.state.missing):
            return self.missing(walk, following)
        return [self._page(walk, following)]

    def _is_due(self, path: str, state: ListState, part: PageRange) -> bool:
        return part.is_due and self._may_be_asked(state.page_path(path, part.page))

    def _give_up(self, walk: ListingWalk) -> None:
        walk.part.page = walk.missed[0]
        self._given_up.append(walk)

    def _page(self, walk: ListingWalk, page_number: int) -> ListPage:
        return ListPage(walk.state.page_path(walk.path, page_number), walk, page_number)
