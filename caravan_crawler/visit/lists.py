"""All of the site's lists while they are walked: which page of which list to ask for next."""

import logging
from datetime import date
from typing import NamedTuple

from caravan_crawler.pages.listing import Listing
from caravan_crawler.visit.list_state import ListState, Stretch
from caravan_crawler.visit.period import day_of
from caravan_crawler.visit.walk import Key, ListingWalk

logger = logging.getLogger(__name__)

#: So often the top of a list is read again after new articles had pushed the others down.
_MOST_ROUNDS = 3


class ListPage(NamedTuple):
    """A page of a list to ask for: its path, and the number of the walk that wants it."""

    path: str
    walk: int


class _Active(NamedTuple):
    walk: ListingWalk
    state: ListState
    stretch: Stretch
    """The part of the list this walk works off; open, for the next run, from the first page it has read."""


class Lists:
    """The walks under way; ``since`` is the first day of the period, if any.

    Where a period is asked for and a list prints no dates, only its articles tell whether it goes on: then
    the decision is held until they are read. A list at which page after page fails is given up, and tried
    once more when all else is read; ``abandoned`` counts those that failed again.
    """

    def __init__(self, since: date | None, *, is_bounded: bool) -> None:
        self.abandoned = 0
        self._since = since
        self._is_bounded = is_bounded
        self._states: dict[str, ListState] = {}
        self._changed: dict[str, ListState] = {}
        self._active: list[_Active] = []
        self._rounds: dict[str, int] = {}
        self._held: list[tuple[int, Listing, list[Key], int]] = []
        self._given_up: list[int] = []
        self._days: dict[Key, date] = {}

    def is_begun(self, path: str) -> bool:
        """Whether the list is walked in this run."""
        return path in self._states

    def begin(self, path: str, state: ListState, *, from_top: bool = True) -> list[ListPage]:
        """Begin a list where ``state`` says an earlier run left it; return the pages to ask for.

        Without ``from_top`` only what is open is walked: an interrupted run has just been at the top.
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
        """Return the lists walked further since this was last asked, and how far."""
        changed, self._changed = self._changed, {}
        return changed

    def note_day(self, key: Key, day: date | None) -> None:
        """Note the day of an article read, for the lists that print none."""
        if self._is_bounded and day is not None:
            self._days[key] = day

    def read(
        self,
        number: int,
        listing: Listing,
        furniture: frozenset[Key],
        new: int,
        *,
        is_named_elsewhere: bool = False,
    ) -> list[ListPage]:
        """Take in a page read by the walk ``number``; return what to ask for next.

        ``furniture`` are the articles around the list, ``new`` is how many articles nothing had named before.
        ``is_named_elsewhere`` says that sitemaps have named the site's articles.
        """
        walk, state, stretch = self._active[number]
        walk.is_named_elsewhere = is_named_elsewhere
        self._changed[walk.path] = state
        walk.found += new
        fresh = walk.take(listing, furniture)
        stretch.page = listing.number + 1
        if stretch not in state.open and (state.top or walk.top):
            state.open.append(stretch)
        if walk.top:
            state.top = walk.top  # what lies below is seen, or in a stretch that is open
        met_again = frozenset(card.address.key for card in fresh) - furniture
        if walk.missed and met_again:
            state.open.append(Stretch(walk.missed[0], met_again))
            walk.missed = []
        for card in fresh:
            if self._is_bounded and card.address.key not in self._days and (day := day_of(card.date)):
                self._days[card.address.key] = day
        keys = [card.address.key for card in fresh]
        if self._is_bounded and not all(card.date for card in listing.cards):
            self._held.append((number, listing, keys, new))
            return []
        return self._next(number, listing, keys, new)

    def failed(self, number: int, page: int) -> list[ListPage]:
        """Take in that a page failed: one must not cost those behind it."""
        active = self._active[number]
        if active.walk.may_skip(page):
            return [self._page(number, page + 1)]
        self._give_up(number)
        return []

    def ended(self, number: int) -> list[ListPage]:
        """Take in that there is no such page: the list ends before it, unless pages before it failed."""
        if self._active[number].walk.missed:
            self._give_up(number)
            return []
        return self._end(number)

    def when_idle(self) -> list[ListPage]:
        """Return what to ask for when nothing else is left: held pages, lists given up, tops that have shifted."""
        held, self._held = self._held, []
        pages = [page for walk, listing, keys, new in held for page in self._next(walk, listing, keys, new)]
        given_up, self._given_up = self._given_up, []
        for number in given_up:
            walk = self._active[number].walk
            first = walk.missed[0] if walk.missed else 1
            if walk.may_try_again():
                walk.missed = []
                pages.append(self._page(number, first))
            else:
                self.abandoned += 1
                logger.error("The list %s is given up at page %d", walk.path, first)
        return pages

    def _start_at_top(self, path: str, state: ListState) -> ListPage:
        return self._start(path, state, Stretch(1, frozenset(state.top)), is_resumed=False)

    def _start(self, path: str, state: ListState, stretch: Stretch, *, is_resumed: bool) -> ListPage:
        self._active.append(_Active(ListingWalk(path, stretch.until, self._since, is_resumed), state, stretch))
        return self._page(len(self._active) - 1, stretch.page)

    def _next(self, number: int, listing: Listing, keys: list[Key], new: int) -> list[ListPage]:
        walk, _, stretch = self._active[number]
        following = walk.next_number(listing, [self._days[key] for key in keys if key in self._days], new)
        if following is not None:
            stretch.page = following
            return [self._page(number, following)]
        return self.ended(number)

    def _end(self, number: int) -> list[ListPage]:
        """Note that a walk has come to its end; return the page to ask for if the top has shifted meanwhile."""
        walk, state, stretch = self._active[number]
        self._changed[walk.path] = state
        if stretch in state.open:
            state.open.remove(stretch)
        if walk.top and walk.until and not walk.is_resumed:
            state.note_yield(walk.found)
        rounds = self._rounds.get(walk.path, 0)
        if walk.has_shifted and rounds < _MOST_ROUNDS and state.top:
            self._rounds[walk.path] = rounds + 1
            return [self._start_at_top(walk.path, state)]
        return []

    def _give_up(self, number: int) -> None:
        active = self._active[number]
        active.stretch.page = active.walk.missed[0]
        self._given_up.append(number)

    def _page(self, walk: int, number: int) -> ListPage:
        path = self._active[walk].walk.path
        return ListPage(path if number == 1 else f"{path}page/{number}/", walk)
