"""Bounds for crawler traps: a budget of speculative URLs, hops from the last article, and copies of one page."""

import logging
import re
from collections import Counter
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from scrapy.crawler import Crawler

from caravan_crawler.outcome import COPIES_STAT, COPY_STAT
from caravan_crawler.pages.article import ArticleReading
from caravan_crawler.urls import Address

logger = logging.getLogger(__name__)

#: Budget of speculative URLs per run: 50, plus one per 4 articles read.
_ALLOWED = 50
_ARTICLES_FOR_ONE_MORE = 4
#: Limit per section until one of its speculative URLs proves to be an article.
_ALLOWED_IN_A_SECTION = 20
#: Deferred URLs stored at most, to bound memory on endless sites.
_MOST_DEFERRED = 10_000


class SpeculativeUrls:
    """Budget of speculative URLs; a URL is speculative until its page proves to be an article.

    URLs without an article number are speculative, and all URLs found on a page that was no article.
    The budget is 50 plus a quarter of the articles read, and 20 per section until one of the section's speculative
    URLs proves to be an article. URLs over the budget are deferred until more articles are read or proven.
    """

    def __init__(self) -> None:
        self.refused = 0
        """Number of links not followed, as too many URLs are deferred."""
        self._articles = 0
        self._doubtful: dict[str, str | None] = {}  # key to section
        self._in_section: Counter[str | None] = Counter()
        self._proven: set[str | None] = set()
        self._fruitless: set[str] = set()
        self._deferred: dict[str, tuple[Address, str]] = {}

    @property
    def deferred(self) -> int:
        """Number of deferred URLs."""
        return len(self._deferred)

    @property
    def doubtful(self) -> list[str]:
        """Keys of the requested speculative URLs."""
        return [*self._doubtful]

    def is_deferred(self, address: Address) -> bool:
        """Whether an address is deferred."""
        return address.key in self._deferred

    def follow_or_defer(self, address: Address, url: str, page: Address | None, *, is_listed: bool = False) -> bool:
        """Return whether to follow a link to ``address`` at ``url``, found on the page requested as ``page``.

        Links from a listing, a feed or a sitemap (``is_listed``) have no limit, as these sources are finite.
        """
        if is_listed:
            self._deferred.pop(address.key, None)
            return True
        is_behind_article = page is None or page.key not in self._fruitless
        if address.article_id is not None and is_behind_article:
            return True
        return self._use_budget(address) or self._defer(address, url)

    def read(self, page: Address | None, *, is_article: bool) -> None:
        """Register whether the requested ``page`` was an article; None if its URL is no article's."""
        self._articles += is_article
        if page is None:
            return
        if is_article:
            self._prove(page.key)
        else:
            self._in_section[page.section] += page.key not in self._doubtful
            self._doubtful.setdefault(page.key, page.section)
            self._fruitless.add(page.key)

    def remove_articles(self, articles: Container[str]) -> None:
        """Remove the speculative keys that other workers have read as ``articles``."""
        for key in [key for key in self._doubtful if key in articles]:
            self._prove(key)

    def pop_deferred(self, is_known: Callable[[Address], bool]) -> list[tuple[Address, str]]:
        """Remove and return deferred addresses with their URLs, as far as the budget allows now.

        Addresses that are known by now (``is_known``), from another page, are dropped.
        """
        taken = []
        for key, (address, url) in list(self._deferred.items()):
            if not is_known(address):
                if not self._use_budget(address):
                    continue
                taken.append((address, url))
            del self._deferred[key]
        return taken

    def drop_deferred(self) -> list[str]:
        """Refuse all deferred URLs; return their keys."""
        keys = [*self._deferred]
        self.refused += len(keys)
        self._deferred.clear()
        return keys

    def _prove(self, key: str) -> None:
        self._fruitless.discard(key)
        if key in self._doubtful:
            section = self._doubtful.pop(key)
            self._in_section[section] -= 1
            self._proven.add(section)

    def _use_budget(self, address: Address) -> bool:
        has_room = len(self._doubtful) < _ALLOWED + self._articles // _ARTICLES_FOR_ONE_MORE
        if address.section not in self._proven and self._in_section[address.section] >= _ALLOWED_IN_A_SECTION:
            has_room = False
        if has_room and address.key not in self._doubtful:
            self._doubtful[address.key] = address.section
            self._in_section[address.section] += 1
        return has_room

    def _defer(self, address: Address, url: str) -> bool:
        if len(self._deferred) < _MOST_DEFERRED:
            self._deferred.setdefault(address.key, (address, url))
        else:
            self.refused += 1
        return False


#: Keys in ``Request.meta``: consecutive non-article pages, the listing the URL was found on, or whether on an article.
HOPS, FOUND_ON, ON_ARTICLE = "hops", "found_on", "on_article"
#: Sections and listings watched at most, as a site may invent a section per URL; the whole site is always watched.
_MOST_VOTES = 1000
_EVERYWHERE = "the site"
#: Pages found on articles. Numbers in their texts are ignored, as generated pages print their URL or the time.
_ON_ARTICLES = "pages found on articles"
_NUMBER = re.compile(r"\d+")


@dataclass(slots=True)
class _Vote:
    """Most frequent text of recent pages, by a majority vote that stores one text only."""

    text: int = 0
    lead: int = 0

    def cast(self, text: int) -> int:
        """Count a page's text; return its lead in pages, or 0 if another text leads."""
        if self.lead == 0:
            self.text = text
        self.lead += 1 if text == self.text else -1
        return self.lead if text == self.text else 0


class TrapGuard:
    """Decide whether a page's links are followed, and which listings contain only copies of one text.

    A text counts as copied if it leads all others by ``MAX_COPIES`` pages in a section, a listing or the whole site; on
    pages found on articles, one with other numbers is the same. Its pages are stored, but their links not followed.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._most_hops = crawler.settings.getint("MAX_HOPS_FROM_ARTICLE")
        self._most_copies = crawler.settings.getint("MAX_COPIES")
        self._votes = {_EVERYWHERE: _Vote(), _ON_ARTICLES: _Vote()}
        self._copies: set[int] = set()
        self._ended: set[str] = set()

    def request_meta(
        self, url: str, meta: Mapping[str, Any], article: ArticleReading | None, *, is_address: bool = True
    ) -> dict[str, Any] | None:
        """Return the ``meta`` for requests to a page's links, or None if they are not followed.

        ``is_address``: the page was requested as an article; the home page is not.
        """
        if article is None:
            hops = meta.get(HOPS, 0) + is_address
            if hops >= self._most_hops and is_address:
                self._crawler.stats.inc_value("caravan/refused/hops")
                return None
            return {HOPS: hops}
        return None if self._is_copy(url, meta, article) else {ON_ARTICLE: True}

    def is_over(self, path: str) -> bool:
        """Whether the walk of the listing at ``path`` has ended, as its articles are copies of one text."""
        return path in self._ended

    def _is_copy(self, url: str, meta: Mapping[str, Any], article: ArticleReading) -> bool:
        found_on = meta.get(FOUND_ON)
        text = hash((article.headline, article.lede, article.body or tuple(article.images)))
        section = article.address.section if article.address else None
        votes = [(place, text) for place in (section, found_on, _EVERYWHERE) if place]
        if meta.get(ON_ARTICLE):
            votes.append((_ON_ARTICLES, _without_numbers(url, article)))
        is_known = any(each in self._copies for _, each in votes)
        leads = {place: self._cast(place, each) for place, each in votes}
        leading = [place for place, lead in leads.items() if lead >= self._most_copies]
        if not is_known and not leading:
            return False
        self._copies.update(each for place, each in votes if place in leading)
        if found_on in leading and found_on not in self._ended:
            self._ended.add(found_on)
            logger.warning("The list %s is not read further: it has copies of one text", found_on)
        if not is_known:
            message = "%d articles of %s are copies of one text, so links on such pages are not followed; the last: %s"
            logger.warning(message, leads[leading[0]], leading[0], url)
        self._crawler.stats.inc_value(COPIES_STAT, 1 if is_known else leads[leading[0]])
        self._crawler.stats.set_value(COPY_STAT, url)
        self._crawler.stats.inc_value("caravan/refused/copies")
        return True

    def _cast(self, place: str, text: int) -> int:
        """Count a page's text in a section, a listing or the site; return its lead there."""
        if place not in self._votes and len(self._votes) >= _MOST_VOTES:
            return 0
        return self._votes.setdefault(place, _Vote()).cast(text)


def _without_numbers(url: str, article: ArticleReading) -> int:
    """Return the hash of an article's text without numbers and without the last part of its URL."""
    text = "\n".join(filter(None, (article.headline, article.lede, article.body)))
    return hash(_NUMBER.sub("", text.replace(urlsplit(url).path.strip("/").rpartition("/")[2], "")))
