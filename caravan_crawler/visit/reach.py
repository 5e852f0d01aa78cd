"""How far links lead away from what is worth reading: hops from the last article, and copies of one text.

A site can answer every address with the same article, each with links to ever new addresses: by a rewrite rule that
ignores the slug, by an error page that looks like an article, or on purpose. Nothing else ends such a crawl, as each of
its pages is an article under a number of its own.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from scrapy.crawler import Crawler

from caravan_crawler.outcome import COPIES_STAT, COPY_STAT
from caravan_crawler.pages.article import ArticleReading

logger = logging.getLogger(__name__)

#: In a request's ``meta``: pages in a row that were no articles, and the list the address was found on.
HOPS, FOUND_ON = "hops", "found_on"
#: A site may invent a section for each address: so many sections and lists are watched, and the whole site always.
_MOST_VOTES = 1000
_EVERYWHERE = "the site"


@dataclass(slots=True)
class _Vote:
    """The text that most of the last pages show, by a majority vote, which needs to remember one text only."""

    text: int = 0
    lead: int = 0

    def cast(self, text: int) -> int:
        """Take in a page's text; return by how many pages the leading one leads, 0 where it is another."""
        if self.lead == 0:
            self.text = text
        self.lead += 1 if text == self.text else -1
        return self.lead if text == self.text else 0


class Reach:
    """Tells whether the links on a page are followed, and which lists bring nothing but copies of one text.

    A text counts as a repeated one where, within a section, within a list or on the whole site, it leads all others by
    ``MAX_COPIES`` pages. Its pages are kept as what they are, but lead nowhere.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._most_hops = crawler.settings.getint("MAX_HOPS_FROM_ARTICLE")
        self._most_copies = crawler.settings.getint("MAX_COPIES")
        self._votes = {_EVERYWHERE: _Vote()}
        self._copies: set[int] = set()
        self._ended: set[str] = set()

    def page(
        self, url: str, meta: Mapping[str, Any], article: ArticleReading | None, *, is_address: bool = True
    ) -> dict[str, Any] | None:
        """Take in a page read; return the ``meta`` for requests to what it links to, None where nothing is followed.

        ``is_address`` tells whether it was asked for as an article, as the home page is not.
        """
        if article is None:
            hops = meta.get(HOPS, 0) + is_address
            if hops >= self._most_hops and is_address:
                self._crawler.stats.inc_value("caravan/refused/hops")
                return None
            return {HOPS: hops}
        return None if self._is_copy(url, meta.get(FOUND_ON), article) else {}

    def is_over(self, path: str) -> bool:
        """Whether the list at ``path`` brings nothing but copies of one text, so that it is not read on in this run."""
        return path in self._ended

    def _is_copy(self, url: str, found_on: str | None, article: ArticleReading) -> bool:
        text = hash((article.headline, article.lede, article.body or tuple(article.images)))
        section = article.address.section if article.address else None
        is_known = text in self._copies
        for place in filter(None, (section, found_on, _EVERYWHERE)):
            if place not in self._votes and len(self._votes) >= _MOST_VOTES:
                continue
            lead = self._votes.setdefault(place, _Vote()).cast(text)
            if lead < self._most_copies:
                continue
            if place == found_on and place not in self._ended:
                self._ended.add(place)
                logger.warning("The list %s is not read on: it brings copies of one text", place)
            if text not in self._copies:
                self._copies.add(text)
                self._crawler.stats.inc_value(COPIES_STAT, lead)
                words = (
                    "%d articles of %s are copies of one text, so links on such pages are not followed; the last: %s"
                )
                logger.warning(words, lead, place, url)
        if text not in self._copies:
            return False
        self._crawler.stats.inc_value(COPIES_STAT, int(is_known))
        self._crawler.stats.set_value(COPY_STAT, url)
        self._crawler.stats.inc_value("caravan/refused/copies")
        return True
