"""The extension that keeps a run honest."""

import logging
import signal
from collections import Counter
from typing import Any

from scrapy import Spider, signals
from scrapy.crawler import Crawler
from scrapy.extensions.feedexport import FeedExporter
from scrapy.utils.defer import deferred_from_coro

from caravan_crawler.outcome import OUTCOME_STAT, SIGNAL_STAT, decide

logger = logging.getLogger(__name__)


class Verdict:
    """Decides the run's outcome before the feeds are put in place.

    It counts the records that came out of the pipelines, by class, and holds them against the rows each
    feed wrote: an exporter that fails on a record loses it with a line in the log and exit code 0.
    """

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self._scraped: Counter[type] = Counter()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "Verdict":
        """Scrapy's constructor."""
        extension = cls(crawler)
        crawler.signals.connect(extension.engine_started, signals.engine_started)
        crawler.signals.connect(extension.item_scraped, signals.item_scraped)
        crawler.signals.connect(extension.item_error, signals.item_error)
        crawler.signals.connect(extension.spider_closed, signals.spider_closed)
        return extension

    def engine_started(self) -> None:
        """See that every feed is open, and note which signal stops the run, leaving the stopping to Scrapy."""
        exporter = self.crawler.get_extension(FeedExporter)
        missing = len(self.crawler.settings.getdict("FEEDS")) - len(exporter.slots if exporter else ())
        if missing:
            # Scrapy would crawl on and end well with nothing stored.
            self.crawler.stats.inc_value("caravan/feeds/not_open", missing)
            logger.error("%d feeds could not be opened, so the run ends", missing)
            deferred_from_coro(self.crawler.engine.close_spider_async(reason="feeds not open"))
        for number in (signal.SIGINT, signal.SIGTERM):
            handler = signal.getsignal(number)
            if callable(handler) and getattr(handler, "__module__", "") != __name__:
                self._note_signal(number, handler)

    def _note_signal(self, number: int, handler: Any) -> None:
        def noted(signum: int, frame: Any) -> None:
            self.crawler.stats.set_value(SIGNAL_STAT, signum)
            handler(signum, frame)

        try:
            signal.signal(number, noted)
        except ValueError:
            logger.debug("signals cannot be noted outside of the main thread")

    def item_scraped(self, item: Any) -> None:
        """Count a record."""
        self._scraped[type(item)] += 1

    def item_error(self) -> None:
        """Count a record that broke a pipeline."""
        self.crawler.stats.inc_value("caravan/item_errors")

    def spider_closed(self, spider: Spider, reason: str) -> None:
        """Compare feeds with records, and decide."""
        exporter = self.crawler.get_extension(FeedExporter)
        for slot in exporter.slots if exporter else ():
            due = sum(count for kind, count in self._scraped.items() if _accepts(slot.filter.item_classes, kind))
            if slot.batch_id == 1 and slot.itemcount != due:
                logger.error("%s holds %d of %d records", slot.uri, slot.itemcount, due)
                self.crawler.stats.inc_value("caravan/feeds/lost_rows", due - slot.itemcount)
        outcome = decide(self.crawler.stats.get_stats(), reason)
        self.crawler.stats.set_value(OUTCOME_STAT, outcome.code)
        logger.log(logging.INFO if outcome.code == 0 else logging.ERROR, "Outcome %d: %s", outcome.code, outcome.reason)


def _accepts(classes: tuple[type, ...], kind: type) -> bool:
    return not classes or issubclass(kind, classes)
