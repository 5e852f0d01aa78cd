"""Walking down a section's list: page after page to its real end, or to where it meets what was walked before."""

from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise

from caravan_crawler.pages.listing import Card, Listing

Key = int | str

#: A list whose pages repeat themselves is at its end, whatever it links to: so many pages in a row say so.
_BARREN_PAGES = 2
#: A page is before the period if so many of its articles are; two such pages end the walk.
_OLD_SHARE = 0.9
_OLD_PAGES = 2
#: So many pages of a list may fail one after the other before it is given up.
_MOST_FAILURES = 3
#: A walk meets an earlier one where it has seen this share of the articles that stood there.
_MEETING_SHARE = 0.5
#: Where these are gone from the site, so many pages in a row without anything new end the walk too.
_KNOWN_PAGES = 50
#: Where sitemaps have named the site's articles, so many in a row end a first walk.
_NAMED_PAGES = 2


@dataclass
class ListingWalk:
    """A walk down the list whose first page is ``path``, until it has met the articles of ``until``, else to the end.

    New articles push the old ones to the next page while one reads. Reading downwards then meets some
    twice, which :attr:`has_shifted` notes, and misses none but the new ones, which are at the top.

    A walk that goes on where an earlier one was stopped ``is_resumed``: it may pass what is known before it comes
    to what is not.
    """

    path: str
    until: frozenset[Key] = frozenset()
    since: date | None = None
    is_resumed: bool = False
    has_shifted: bool = False
    top: list[Key] = field(default_factory=list)
    """The articles of the first page as it was read, without those that stand on every page."""
    missed: list[int] = field(default_factory=list)
    """Pages that failed since the last one read."""
    found: int = 0
    """Articles on its pages that nothing had named before."""
    is_named_elsewhere: bool = False
    """Whether sitemaps have named the site's articles, so that a page without a new one says the list has none."""
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

    def take(self, listing: Listing, furniture: frozenset[Key]) -> list[Card]:
        """Take in the next page; return the cards no earlier page had, which are the list's own.

        ``furniture`` are the articles the page links to around its list, such as the trending ones.
        """
        keys = [card.address.key for card in listing.cards]
        own = [key for key in keys if key not in furniture]
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

        ``dates`` are the publication days known of the page's own articles, ``new`` how many of them nothing
        had named before. A page without any link to another page of the list is followed by a try; a list
        ends there with 404.
        """
        if new or self.is_resumed:
            self._known = 0
        elif not self._barren:  # what this very walk has read, and new articles have pushed down, says nothing
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
        """Return whether to go on where the list was given up, and note that it is being done: once."""
        self._tries += 1
        self._failed = 0
        return self._tries == 1

    def may_skip(self, number: int) -> bool:
        """Note that a page failed; return whether to try the one after it."""
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
        """Whether the list only repeats itself: its last page again and again, or all it has.

        After a long pause, such as a night, many new articles have pushed down what was read: then, too, pages
        bring nothing fresh, but after hardly more of them than were read before comes what was not read yet.
        """
        return self._barren >= _BARREN_PAGES + (0 if self._is_repeated else self._fertile)

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
