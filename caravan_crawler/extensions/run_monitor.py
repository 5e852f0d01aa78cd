"""Extension that decides the outcome of a run."""

import logging
from collections import Counter
from pathlib import Path
from typing import Any

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.extensions.feedexport import FeedExporter
from scrapy.statscollectors import StatsCollector

from caravan_crawler import outcome
from caravan_crawler.addons import CrawlerComponent
from caravan_crawler.console import floors_of
from caravan_crawler.extensions.crawl_store import CrawlStore
from caravan_crawler.failures import end_run
from caravan_crawler.feeds import WholeFileStorage
from caravan_crawler.spiders.caravan import CaravanSpider
from caravan_crawler.store import field_counts, publication
from caravan_crawler.store.database import StoreError

logger = logging.getLogger(__name__)


class RunMonitor(CrawlerComponent):
    """Decide the run's outcome before the feeds are published.

    It compares the number of records scraped, by class, with the rows each feed wrote: if an exporter fails on a
    record, Scrapy only logs the error and exits with code 0.
    """

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self._crawl_store = CrawlStore.used_by(crawler)
        self._store = self._crawl_store.store
        self._scraped: Counter[type] = Counter()
        connect = crawler.signals.connect
        connect(self.engine_started, signals.engine_started)
        connect(self.item_scraped, signals.item_scraped)
        connect(self.item_error, signals.item_error)
        connect(self.spider_closed, signals.spider_closed)
        connect(self.feeds_closed, signals.feed_exporter_closed)

    def engine_started(self) -> None:
        """Check that every feed is open."""
        self._store.on_failure = self.store_failed
        if missing := len(self.crawler.settings.getdict("FEEDS")) - len(self._feeds):
            # Scrapy would continue and exit with success, with nothing written.
            self.crawler.stats.inc_value("caravan/feeds/not_open", missing)
            logger.error("%d feeds could not be opened, so the run ends", missing)
            end_run(self.crawler, "feeds not open")

    def item_scraped(self, item: Any) -> None:
        """Count a record; end the run if a feed could not be written."""
        self._scraped[type(item)] += 1
        if self.crawler.stats.get_value(outcome.FEED_STAT):
            end_run(self.crawler, "feed not written")

    def item_error(self) -> None:
        """Count a record on which a pipeline raised an error."""
        self.crawler.stats.inc_value("caravan/item_errors")

    def store_failed(self, error: StoreError) -> None:
        """End the run, as nothing more can be stored."""
        self.crawler.stats.set_value(outcome.STORE_STAT, str(error))
        logger.error("%s", error)
        end_run(self.crawler, "store failed")

    def spider_closed(self, spider: CaravanSpider, reason: str) -> None:
        """Check the store's place and for drift, compare feeds with records, and decide the outcome."""
        self._store.check_place()
        if (reason in ("finished", outcome.LIMIT) or outcome.is_cut_short(reason)) and not self._store.is_broken:
            self._check_drift(spider, is_whole=reason == "finished")
        for slot in self._feeds:
            due = sum(count for kind, count in self._scraped.items() if _accepts(slot.filter.item_classes, kind))
            if slot.batch_id == 1 and slot.itemcount != due:
                logger.error("%s holds %d of %d records", slot.uri, slot.itemcount, due)
                self.crawler.stats.inc_value("caravan/feeds/lost_rows", due - slot.itemcount)
        self.crawler.stats.set_value(outcome.OUTCOME_STAT, outcome.decide(self.crawler.stats.get_stats(), reason).code)

    def feeds_closed(self) -> None:
        """Publish the files of a sound run: all, or none if one could not be written."""
        storages = [slot.storage for slot in self._feeds]
        ready = [storage for storage in storages if isinstance(storage, WholeFileStorage) and storage.is_ready]
        stats = self.crawler.stats
        if stats.get_value(outcome.OUTCOME_STAT) == outcome.SOUND:
            for storage in sorted(ready, key=lambda storage: storage.path):  # two runs lock files in one order
                storage.merge_appended()
        if stats.get_value(outcome.OUTCOME_STAT) == outcome.SOUND and not stats.get_value(outcome.FEED_STAT):
            try:
                self._publish(ready)
            except StoreError as error:
                self.store_failed(error)
            else:
                return
        for storage in ready:
            storage.keep_partial()

    def _publish(self, ready: list[WholeFileStorage]) -> None:
        store, spider = self._store, self._crawl_store.spider
        run_id, data_dir = spider.run_id, Path(spider.data_dir)
        # The run's own folder first: if it cannot be completed, its records are published again, in all feeds.
        ready = sorted(ready, key=lambda storage: not publication.is_in_run_folder(storage.path, run_id))
        moves = [(*storage.move, storage.noted) for storage in ready]
        # Only feeds in the run's own folder count, not those of -o and -O. With other FEEDS there is no such folder.
        own = [storage for storage in ready if publication.is_in_run_folder(storage.path, run_id)] or ready
        filters = [slot.filter.item_classes for slot in self._feeds if slot.storage in own]
        classes = {kind for kind in self._scraped if any(_accepts(accepted, kind) for accepted in filters)}
        new = self.crawler.stats.get_value("caravan/articles/new", 0)
        publication.mark_published(store, run_id, new, moves, self._crawl_store.left, classes, data_dir)
        for storage in ready:
            storage.publish()
        if any(storage.is_broken for storage in own):
            publication.rename_back([storage.move for storage in own if not storage.is_broken], run_id)
            publication.unmark_published(store, run_id)

    @property
    def _feeds(self) -> list[Any]:
        """Scrapy's slot of each feed: its filter, storage and number of items."""
        exporter = self.crawler.get_extension(FeedExporter)
        return exporter.slots if exporter else []

    def _check_drift(self, spider: CaravanSpider, *, is_whole: bool) -> None:
        settings, stats, store = self.crawler.settings, self.crawler.stats, self._store
        try:
            fields = self._crawl_store.articles.fields
            found = field_counts.judge_run(store, spider.run_id, fields, floors_of(settings))
            is_news = any(stats.get_value(f"caravan/articles/{name}") for name in ("new", "new_elsewhere"))
            quiet = field_counts.silence(store) if is_whole and not (is_news or _is_partial(spider, stats)) else None
        except StoreError as error:
            self.store_failed(error)
            return
        if not settings.getbool("ACCEPT_DRIFT"):
            clock = outcome.clock_problem(stats.get_stats())
            stats.set_value(outcome.DRIFT_STAT, [*found.falls, *filter(None, [clock])])
            stats.set_value(outcome.DRIFT_FIELDS_STAT, found.fields)
            stats.set_value(outcome.SILENCE_STAT, quiet)
        stats.set_value("caravan/reader_shifts", found.shifts)


def _is_partial(spider: CaravanSpider, stats: StatsCollector) -> bool:
    """Whether the run requests only a part of the site, so that finding no new article is normal."""
    is_stopped_early = stats.get_value(outcome.WORKER_STAT) == "helps" or stats.get_value(outcome.LIMIT_STAT)
    arguments = spider.arguments
    return bool(is_stopped_early or arguments.urls or arguments.until or arguments.sections)


def _accepts(classes: tuple[type, ...], kind: type) -> bool:
    return not classes or issubclass(kind, classes)
