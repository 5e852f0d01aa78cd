"""Bounds the way through pages that are addressed like articles and are none.

A site can make such addresses without end: each page links to the next, or one page links to thousands.
Articles themselves, lists, feeds and sitemaps need no bound here: they end, or the walk of a list ends them.
"""

from collections import Counter
from collections.abc import Callable, Container
from typing import NamedTuple

from caravan_crawler.urls import Address

#: So many pages that are no articles may stand in a chain, each found on the one before.
_DEEPEST = 3
#: So many doubtful addresses are asked for in any run, and one more for so many articles read …
_ALLOWED = 50
_ARTICLES_FOR_ONE_MORE = 4
#: … of them so many in a section none of whose doubtful addresses was an article's yet.
_ALLOWED_IN_A_SECTION = 20
#: Of a breadth without end no more is remembered than this.
_MOST_ASIDE = 10_000


class _Doubtful(NamedTuple):
    """An address asked for: its section, and how deep in a chain of pages that are no articles it stands, from 1."""

    section: str | None
    depth: int


class Byways:
    """Tells which links to follow; an address is doubtful until its page turns out to be an article.

    Doubtful are addresses without an article's number, and any found on a page that was no article. At most
    50 and a quarter of the articles read may be doubtful at one time, and 20 of one section as long as none
    of its doubtful addresses has proven an article's. What exceeds that is put aside, for when the articles
    read in the meantime, or proven among the doubtful, have made room.
    """

    def __init__(self, most_hops: int = _DEEPEST) -> None:
        """``most_hops`` is the setting ``MAX_HOPS_FROM_ARTICLE``."""
        self._most_hops = most_hops
        self.refused = 0
        """Links not followed, as their chain was too deep or too much was put aside already."""
        self._articles = 0
        self._doubtful: dict[int | str, _Doubtful] = {}
        self._in_section: Counter[str | None] = Counter()
        self._proven: set[str | None] = set()
        self._fruitless: set[int | str] = set()
        self._aside: dict[int | str, tuple[Address, str, int]] = {}

    @property
    def aside(self) -> int:
        """How many addresses are put aside."""
        return len(self._aside)

    @property
    def doubtful(self) -> list[str]:
        """The keys of the doubtful addresses asked for."""
        return [str(key) for key in self._doubtful]

    def holds(self, address: Address) -> bool:
        """Whether an address is put aside."""
        return address.key in self._aside

    def admit(self, address: Address, url: str, page: Address | None, *, is_named: bool = False) -> bool:
        """Return whether to follow a link to ``address`` at ``url``, found on the page asked for as ``page``.

        What a list, a feed or a sitemap names as an article is followed without bound: they come to an end.
        """
        if is_named:
            self._aside.pop(address.key, None)
            return True
        found_on = self._doubtful.get(page.key) if page is not None and page.key in self._fruitless else None
        behind = found_on.depth if found_on is not None else 0
        if address.article_id is not None and not behind:
            return True
        if behind >= self._most_hops:
            self.refused += 1
            return False
        return self._take(address, behind + 1) or self._put_aside(address, url, behind + 1)

    def read(self, page: Address | None, *, is_article: bool) -> None:
        """Take in what the page asked for as ``page`` turned out to be; None for what has no article's address."""
        self._articles += is_article
        if page is None:
            return
        if is_article:
            self._prove(page.key)
        else:
            self._in_section[page.section] += page.key not in self._doubtful
            self._doubtful.setdefault(page.key, _Doubtful(page.section, 1))
            self._fruitless.add(page.key)

    def learn(self, articles: Container[str]) -> None:
        """Take in which of the doubtful keys other workers have read as ``articles``."""
        for key in [key for key in self._doubtful if str(key) in articles]:
            self._prove(key)

    def take_aside(self, is_known: Callable[[Address], bool]) -> list[tuple[Address, str]]:
        """Return addresses put aside, with their URLs, as far as there is room for them now.

        Those that ``is_known`` says were asked for since, found on another page, are forgotten.
        """
        taken = []
        for key, (address, url, depth) in list(self._aside.items()):
            if not is_known(address):
                if not self._take(address, depth):
                    continue
                taken.append((address, url))
            del self._aside[key]
        return taken

    def drop_aside(self) -> list[int | str]:
        """Refuse what is put aside for good; return its keys."""
        keys = [*self._aside]
        self.refused += len(keys)
        self._aside.clear()
        return keys

    def _prove(self, key: int | str) -> None:
        if (doubtful := self._doubtful.pop(key, None)) is not None:
            self._in_section[doubtful.section] -= 1
            self._proven.add(doubtful.section)

    def _take(self, address: Address, depth: int) -> bool:
        has_room = len(self._doubtful) < _ALLOWED + self._articles // _ARTICLES_FOR_ONE_MORE
        if address.section not in self._proven and self._in_section[address.section] >= _ALLOWED_IN_A_SECTION:
            has_room = False
        if has_room and address.key not in self._doubtful:
            self._doubtful[address.key] = _Doubtful(address.section, depth)
            self._in_section[address.section] += 1
        return has_room

    def _put_aside(self, address: Address, url: str, depth: int) -> bool:
        if len(self._aside) < _MOST_ASIDE:
            self._aside.setdefault(address.key, (address, url, depth))
        else:
            self.refused += 1
        return False
