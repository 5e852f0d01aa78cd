"""Walking a section's list: page after page to its real end, or to where it can bring nothing more."""

from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise

from caravan_crawler.pages.listing import Card, Listing

#: A list whose pages repeat themselves is at its end, whatever it links to.
_BARREN_PAGES = 2
#: So often the top of a list is read again after new articles had pushed the others down.
_MOST_ROUNDS = 3
#: A page is before the period if so many of its articles are; two such pages end the walk.
_OLD_SHARE = 0.9
_OLD_PAGES = 2
#: So many pages of a list may fail one after the other before it is given up.
_MOST_FAILURES = 3


@dataclass
class ListingWalk:
    """One section's list while it is read, by the ``path`` of its first page.

    New articles push the old ones to the next page while one reads. Reading upwards then meets some
    twice, which :attr:`has_shifted` notes, and misses none but the new ones, which are at the top.
    """

    path: str
    since: date | None = None
    has_shifted: bool = False
    rounds: int = 0
    _listed: set[int | str] = field(default_factory=set)
    _previous: frozenset[int | str] = frozenset()
    _barren: int = 0
    _failed: int = 0
    _tries: int = 0
    _middle: list[date] = field(default_factory=list)
    _old_pages: int = 0

    def take(self, listing: Listing) -> list[Card]:
        """Take in the next page; return the cards no earlier page had, which are the list's own.

        What stands on every page, such as the trending block, is among them only on the first.
        """
        keys = [card.address.key for card in listing.cards]
        if listing.number > 1 and keys and keys[0] in self._previous:
            self.has_shifted = True
        self._previous = frozenset(keys)
        fresh = [card for card in listing.cards if card.address.key not in self._listed]
        self._listed.update(keys)
        self._barren = 0 if fresh else self._barren + 1
        self._failed = 0
        return fresh

    def next_number(self, listing: Listing, dates: list[date]) -> int | None:
        """Return the number of the page to read next, or None at the end.

        ``dates`` are the publication days known of the page's own articles. A page without any link to
        another page of the list is followed by a try; a list ends there with 404.
        """
        if not listing.cards or self._barren >= _BARREN_PAGES or self._is_past(dates):
            return None
        if self.rounds and self._barren:
            return None  # the top is read again only as far as it is new
        if listing.next_number is not None:
            return listing.next_number
        return None if listing.is_paginated or self._barren else listing.number + 1

    @property
    def is_repeated(self) -> bool:
        """Whether pages of the list are asked for again, so that none may pass for a duplicate."""
        return self.rounds > 0 or self._tries > 0

    def may_try_again(self) -> bool:
        """Return whether to go on where the list was given up, and note that it is being done: once."""
        self._tries += 1
        self._failed = 0
        return self._tries == 1

    def may_skip(self) -> bool:
        """Note that a page failed; return whether to try the one after it."""
        self._failed += 1
        return self._failed <= _MOST_FAILURES

    def _is_past(self, dates: list[date]) -> bool:
        """Whether the list is newest first as far as read, and its last two pages are before ``since``.

        The middle day of each page tells, as one article pinned or misdated says nothing of its page.
        """
        if self.since is None or not dates:
            return False
        self._middle.append(sorted(dates)[len(dates) // 2])
        is_sorted = all(later <= earlier for earlier, later in pairwise(self._middle))
        older = [day < self.since for day in dates]
        self._old_pages = self._old_pages + 1 if sum(older) >= _OLD_SHARE * len(older) else 0
        return is_sorted and self._old_pages >= _OLD_PAGES

    def restart(self) -> bool:
        """Return whether to read the list's top again, and note that it is being done."""
        if not self.has_shifted or self.rounds >= _MOST_ROUNDS:
            return False
        self.rounds += 1
        self.has_shifted = False
        self._barren = 0
        self._previous = frozenset()
        return True
