"""All of the site's lists while they are walked: which page of which list to ask for next."""

import logging
from datetime import date
from typing import NamedTuple

from caravan_crawler.pages.listing import Listing
from caravan_crawler.site import listing_of
from caravan_crawler.visit.period import day_of
from caravan_crawler.visit.walk import ListingWalk

logger = logging.getLogger(__name__)


class ListPage(NamedTuple):
    """A page of a list to ask for: its path, and whether it may have been asked for before."""

    path: str
    is_repeated: bool


class Lists:
    """The walks by the path of each list's first page; ``since`` is the first day of the period, if any.

    Where a period is asked for and a list prints no dates, only its articles tell whether it goes on: then
    the decision is held until they are read. A list at which page after page fails is given up, and tried
    once more when all else is read; ``abandoned`` counts those that failed again.
    """

    def __init__(self, since: date | None, *, is_bounded: bool) -> None:
        self.abandoned = 0
        self._since = since
        self._is_bounded = is_bounded
        self._walks: dict[str, ListingWalk] = {}
        self._held: list[tuple[ListingWalk, Listing, list[int | str]]] = []
        self._given_up: list[tuple[ListingWalk, int]] = []
        self._days: dict[int | str, date] = {}

    def begin(self, path: str) -> bool:
        """Note a list; return whether it is a new one."""
        if path in self._walks:
            return False
        self._walks[path] = ListingWalk(path, self._since)
        return True

    def note_day(self, key: int | str, day: date | None) -> None:
        """Note the day of an article read, for the lists that print none."""
        if self._is_bounded and day is not None:
            self._days[key] = day

    def read(self, listing: Listing) -> list[ListPage]:
        """Take in a page read; return what to ask for next."""
        walk = self._walks.setdefault(listing.path, ListingWalk(listing.path, self._since))
        fresh = walk.take(listing)
        for card in fresh:
            if self._is_bounded and card.address.key not in self._days and (day := day_of(card.date)):
                self._days[card.address.key] = day
        keys = [card.address.key for card in fresh]
        if self._is_bounded and not all(card.date for card in listing.cards):
            self._held.append((walk, listing, keys))
            return []
        return self._next(walk, listing, keys)

    def failed(self, path: str) -> list[ListPage]:
        """Take in that a page failed: one must not cost those behind it."""
        first, number = listing_of(path)
        walk = self._walks.get(first)
        if walk is None:
            return []
        if walk.may_skip():
            return [self._page(walk, number + 1)]
        self._given_up.append((walk, number))
        return []

    def when_idle(self) -> list[ListPage]:
        """Return what to ask for when nothing else is left: held pages, lists given up, tops that have shifted."""
        held, self._held = self._held, []
        pages = [page for walk, listing, keys in held for page in self._next(walk, listing, keys)]
        given_up, self._given_up = self._given_up, []
        for walk, number in given_up:
            if walk.may_try_again():
                pages.append(self._page(walk, number))
            else:
                self.abandoned += 1
                logger.error("The list %s is given up at page %d", walk.path, number)
        return pages + [self._page(walk, 1) for walk in self._walks.values() if walk.restart()]

    def _next(self, walk: ListingWalk, listing: Listing, keys: list[int | str]) -> list[ListPage]:
        number = walk.next_number(listing, [self._days[key] for key in keys if key in self._days])
        return [] if number is None else [self._page(walk, number)]

    @staticmethod
    def _page(walk: ListingWalk, number: int) -> ListPage:
        return ListPage(walk.path if number == 1 else f"{walk.path}page/{number}/", walk.is_repeated)
