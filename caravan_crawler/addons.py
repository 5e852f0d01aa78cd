"""Scrapy add-ons: leave out disabled components, stand other spiders, share a crawl, defaults of feeds."""

from typing import Any

from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured
from scrapy.settings import BaseSettings
from scrapy.utils.misc import load_object

from caravan_crawler.items import RUN_DIR, TABLES, Article, column_names

#: Where Scrapy lists a component, the component, and the setting that switches it.
_SWITCHED = [
    ("EXTENSIONS_BASE", "scrapy.extensions.remote_control.RemoteControl", "REMOTE_CONTROL_ENABLED"),
    ("DOWNLOADER_MIDDLEWARES_BASE", "scrapy.downloadermiddlewares.cookies.CookiesMiddleware", "COOKIES_ENABLED"),
]


class RemoveDisabledComponents:
    """Add-on that removes disabled components from Scrapy's lists; set to None, they would still be loaded."""

    def update_settings(self, settings: BaseSettings) -> None:
        """Called by Scrapy before it loads anything on the lists."""
        for base, component, switch in _SWITCHED:
            if not settings.getbool(switch):
                settings[base].pop(component, None)


#: Components that need a run's spider and store, by where they are listed.
_OF_A_RUN = [
    ("EXTENSIONS", "caravan_crawler.extensions.run_monitor.RunMonitor"),
    ("ITEM_PIPELINES", "caravan_crawler.pipelines.PeriodPipeline"),
    ("ITEM_PIPELINES", "caravan_crawler.pipelines.StorePipeline"),
]


def leave_out_run(settings: BaseSettings) -> None:
    """Disable store, archive, outcome and the feeds in a run's folder; other feeds are written as Scrapy does."""
    feeds = {uri: options for uri, options in settings.getdict("FEEDS").items() if not str(uri).startswith(RUN_DIR)}
    without = {"FEEDS": feeds, "FEED_STORAGES": {}, "STORE_URL": "none", "SHARED_CRAWL": False, "ARCHIVE": False}
    settings.setdict(without, priority="cmdline")
    for name, component in _OF_A_RUN:
        settings[name].pop(component, None)


class OtherSpiders:
    """Add-on for spiders other than this project's, as of ``scrapy shell`` and ``scrapy bench``: no run, no store."""

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "OtherSpiders":
        """Disabled for the project's spider."""
        if is_own(crawler):
            raise NotConfigured
        return cls()

    def update_settings(self, settings: BaseSettings) -> None:
        """Called by Scrapy before it creates the spider and its components."""
        leave_out_run(settings)


def is_own(crawler: Crawler) -> bool:
    """Whether the crawler's spider is this project's, to which ``CrawlStore`` adds the store."""
    return hasattr(crawler.spidercls, "crawl_store")


_PARTS = "caravan_crawler.extensions.shared_crawl"


class SharedCrawl:
    """Add-on that replaces components for a shared crawl. Enabled by the setting ``SHARED_CRAWL``."""

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "SharedCrawl":
        """Disabled without the setting, and for other spiders."""
        if not is_own(crawler) or not crawler.settings.getbool("SHARED_CRAWL"):
            raise NotConfigured
        return cls()

    def update_settings(self, settings: BaseSettings) -> None:
        """Replace the scheduler and the throttle, and add the leader's middleware."""
        settings.set("SCHEDULER", f"{_PARTS}.ClaimScheduler", priority="addon")
        settings["SPIDER_MIDDLEWARES"].set(f"{_PARTS}.LeaderMiddleware", 0, priority="cmdline")
        for name, place in {"caravan_crawler.downloadhandlers.Throttle": None, f"{_PARTS}.SharedThrottle": 0}.items():
            settings["EXTENSIONS"].set(name, place, priority="cmdline")


class FeedDefaults:
    """Add-on: a feed that names no ``item_classes`` holds the articles alone, in the articles' columns."""

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "FeedDefaults":
        """Disabled for other spiders, whose items are no articles."""
        if not is_own(crawler):
            raise NotConfigured
        return cls()

    def update_settings(self, settings: BaseSettings) -> None:
        """Complete the options of all feeds."""
        feeds: dict[str, dict[str, Any]] = {}
        for uri, options in settings.getdict("FEEDS").items():
            options = dict(options)
            classes = options.setdefault("item_classes", [TABLES["articles"]])
            holds_articles = len(classes) == 1 and load_object(classes[0]) is Article
            if holds_articles and not settings.getdictorlist("FEED_EXPORT_FIELDS"):
                options.setdefault("fields", column_names(Article))
            # A run without items must not empty the file of an earlier run.
            options.setdefault("store_empty", False)
            feeds[uri] = options
        settings.set("FEEDS", feeds, priority=settings.getpriority("FEEDS") or 0)
