"""Extension that opens the store, loads what earlier runs left, and publishes their records at the end."""

from pathlib import Path
from typing import Any

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.exceptions import DontCloseSpider, NotConfigured
from scrapy.utils.defer import deferred_from_coro

from caravan_crawler.console import floors_of
from caravan_crawler.failures import end_run, is_ending
from caravan_crawler.frontier.discovery import Discovery
from caravan_crawler.frontier.schedule import Sitemaps, SourceSchedule
from caravan_crawler.items import REQUIRED
from caravan_crawler.normalise.dates import ALMATY
from caravan_crawler.outcome import LIMIT, LIMIT_STAT
from caravan_crawler.spiders.caravan import CaravanSpider
from caravan_crawler.store import crawl_state, database, publication
from caravan_crawler.store.article_store import ArticleStore
from caravan_crawler.store.publication import LeftRecords
from caravan_crawler.store.store import Store, open_store


class CrawlStore:
    """The store of one crawl. It sets the spider's ``discovery``, ``schedule`` and ``sitemaps``.

    A command that has opened the store passes it in the setting ``STORE`` and closes it.
    """

    articles: ArticleStore
    left: LeftRecords

    def __init__(self, crawler: Crawler, spider: CaravanSpider, store: Store) -> None:
        self.store = store
        self._crawler = crawler
        self.spider = spider
        self._scope = spider.arguments.scope
        self._is_publishing = False
        self._new_or_changed = 0
        self._begin()
        spider.crawl_store = self

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "CrawlStore":
        """Open the store; a StoreError ends the start of the crawl. Disabled for spiders of other projects."""
        spider, settings = crawler.spider, crawler.settings
        if not isinstance(spider, CaravanSpider):
            raise NotConfigured
        store: Store | None = settings["STORE"]
        if store is None:
            shared = settings.getbool("SHARED_CRAWL")
            store = open_store(settings["STORE_URL"], settings["DATA_DIR"], spider.arguments.site, shared=shared)
            crawler.signals.connect(store.close, signals.engine_stopped, weak=False)
        extension = cls(crawler, spider, store)
        crawler.signals.connect(extension.spider_idle, signals.spider_idle)
        return extension

    @staticmethod
    def of(crawler: Crawler) -> "CrawlStore | None":
        """Return the store of a crawl; None for spiders of other projects, as ``scrapy shell`` has one."""
        return getattr(crawler.spider, "crawl_store", None)

    @classmethod
    def used_by(cls, crawler: Crawler) -> "CrawlStore":
        """Return the store of a crawl; raise NotConfigured without one, by which Scrapy leaves out a component."""
        crawl_store = cls.of(crawler)
        if crawl_store is None:
            raise NotConfigured
        return crawl_store

    def _begin(self) -> None:
        """Store that the run has begun, and load what earlier runs left."""
        spider, settings = self.spider, self._crawler.settings
        publication.resume(self.store, Path(spider.data_dir))
        crawl_state.correct_future_times(self.store)
        started_at = database.stamp(spider.started_at)
        self._resumed_since = crawl_state.begin(self.store, spider.run_id, spider.arguments, started_at)
        if settings.getbool("ACCEPT_DRIFT"):
            crawl_state.accept_losses(self.store)
        self.left = LeftRecords(self.store, spider.run_id, self._is_asked_for)
        floors = floors_of(settings)
        self.left.fail_incomplete(min(floors.get(name, 0.0) for name in REQUIRED))
        self.articles = ArticleStore(self.store, spider.run_id, self._scope)
        spider.continues = self.left.runs()
        spider.sections = crawl_state.stored_sections(self.store) if spider.arguments.sections else set()
        spider.discovery = Discovery(
            spider.site,
            spider.arguments,
            spider.frontier,
            self.articles,
            lambda key, day: spider.lists.note_day(key, day),
            settings.getint("MAX_UNDATED"),
        )
        self._load_sources()

    def _load_sources(self) -> None:
        spider = self.spider
        own = crawl_state.load_sources(self.store, self._scope)
        full = crawl_state.load_sources(self.store, "") if self._scope else own
        spider.schedule = SourceSchedule(own, full)
        states = [source.state for source in (*own.values(), *full.values()) if source.state]
        spider.lists.longest = max((len(state["top"]) for state in states), default=0)
        today = spider.started_at.astimezone(ALMATY).date()
        spider.sitemaps = Sitemaps(spider.schedule, spider.arguments, today, spider.discovery.may_be_asked)
        spider.discovery.resumed_since = self._resumed_since

    def _is_asked_for(self, row: Any) -> bool:
        """Whether a stored article is in this run's period and sections, or among its ``urls``."""
        arguments, addresses = self.spider.arguments, map(self.spider.site.address, self.spider.arguments.urls)
        if arguments.urls and row["key"] not in {address.key for address in addresses if address}:
            return False
        return arguments.wants(row["section"], row["date_published"])

    def reload(self) -> None:
        """Load again what other runs have stored since this one began, as a worker does that becomes the leader."""
        spider, in_robots_txt = self.spider, self.spider.sitemaps.in_robots_txt
        self._resumed_since = crawl_state.continued(self.store, spider.run_id, self._scope, database.now())
        self.articles.load()
        spider.reset()
        self._load_sources()
        for path in in_robots_txt:
            spider.sitemaps.add_from_robots_txt(path)

    @property
    def is_at_limit(self) -> bool:
        """Whether the run has stored as many articles as the argument ``limit`` allows."""
        return self._new_or_changed == self.spider.arguments.limit

    def count_article(self) -> None:
        """Count an article for the feeds; at the limit, send no further request and end the run."""
        self._new_or_changed += 1
        if self.is_at_limit:
            self._crawler.stats.set_value(LIMIT_STAT, self._new_or_changed)
            self._crawler.engine.pause()
            self._is_publishing = True
            deferred_from_coro(self._end(LIMIT))

    def spider_idle(self) -> None:
        """When the spider has made all its requests, publish what earlier runs left and end the run."""
        if self.spider.is_exhausted and not self._is_publishing:
            self._is_publishing = True
            deferred_from_coro(self._end("finished"))
        raise DontCloseSpider

    async def _end(self, reason: str) -> None:
        """Send what earlier runs left through the pipelines; last, so that an article read again is published once."""
        for record in self.left.take():
            if is_ending(self._crawler):
                return
            record.is_stored = True
            await self._crawler.engine.scraper.start_itemproc_async(record, response=None)
        if not is_ending(self._crawler):
            end_run(self._crawler, reason)
