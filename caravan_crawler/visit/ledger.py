"""What a crawl met and what it could not read: all that is counted under ``caravan/`` among its stats."""

import logging
from collections import Counter

from scrapy.crawler import Crawler

from caravan_crawler.pages.page import PageKind, PageReading
from caravan_crawler.visit.ending import RunEndsError, end_run
from caravan_crawler.visit.failures import is_refusal, is_unanswered
from caravan_crawler.visit.outage import Outage

logger = logging.getLogger(__name__)


#: Pages that say nothing of what was asked for; whether they are an outage's, their failure tells.
_NO_PAGES = (PageKind.CHALLENGE, PageKind.CUT, PageKind.ERROR)


class Ledger:
    """Counts pages by kind, readers by what they found, failures by reason; the last failure in words.

    As every page and every failure passes here, here an outage is noticed, which ends the run.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._readers: Counter[str] = Counter()
        self._outage = Outage(self._end)

    def count(self, event: str, number: int = 1) -> None:
        """Count an event: ``pages/article``, ``absent/http_404`` …"""
        self._crawler.stats.inc_value(f"caravan/{event}", number)

    def page(self, kind: PageKind) -> None:
        """Count a page by its kind."""
        self.count(f"pages/{kind}")
        if kind not in _NO_PAGES:
            self._outage.good()

    def reading(self, reading: PageReading) -> None:
        """Count a page, and for an article what each field's reader found or missed."""
        self.page(reading.kind)
        if reading.article is None:
            return
        # Two dozen counts a page: kept here, and handed to the stats at the end.
        self._readers.update([f"read/{field}/{reader}" for field, reader in reading.article.found_by.items()])
        self._readers.update([f"missing/{field}" for field in reading.missing])
        for part, is_shown in reading.parts.items():
            self._readers[f"read/{part}/visible_text" if is_shown else f"missing/{part}"] += 1

    def fail(self, url: str, reason: str, words: str) -> None:
        """Count a page that could not be read, and say so; one never asked for, as the run ends, is no failure."""
        if reason == RunEndsError.__name__:
            self.count("unasked")
            return
        self.count(f"failed/{reason}")
        self._crawler.stats.set_value("caravan/last_failure", f"{url}: {words}")
        logger.warning("Not read: %s (%s)", url, words)
        if is_unanswered(reason) or is_refusal(reason):
            self._outage.bad(answered=is_refusal(reason))
        else:
            self._outage.good()

    def refused(self, page_url: str, problem: str) -> None:
        """Count a page with an address that is not followed, and say so."""
        self.count("refused/address")
        logger.info("Not followed, on %s: %s", page_url, problem)

    def close(self) -> None:
        """Hand over what was kept."""
        for event, number in self._readers.items():
            self.count(event, number)
        self._readers.clear()

    def _end(self, words: str) -> None:
        logger.error("The run ends: %s", words)
        self._crawler.stats.set_value("caravan/outage", words)
        end_run(self._crawler, "outage")
