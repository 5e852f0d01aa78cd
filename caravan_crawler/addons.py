"""Scrapy add-ons: leave out disabled components, share a crawl between workers, defaults of feeds."""

from typing import Any

from scrapy.exceptions import NotConfigured
from scrapy.settings import BaseSettings
from scrapy.utils.misc import load_object

from caravan_crawler.items import TABLES, Article, column_names

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


_PARTS = "caravan_crawler.extensions.shared_crawl"


class SharedCrawl:
    """Add-on that replaces components for a shared crawl. Enabled by the setting ``SHARED_CRAWL``."""

    @classmethod
    def update_pre_crawler_settings(cls, settings: BaseSettings) -> None:
        """Replace the scheduler and the throttle, and add the worker's components."""
        if not settings.getbool("SHARED_CRAWL"):
            return
        settings.set("SCHEDULER", f"{_PARTS}.ClaimScheduler", priority="addon")
        settings["SPIDER_MIDDLEWARES"].set(f"{_PARTS}.LeaderMiddleware", 0, priority="cmdline")
        for name, place in {
            "caravan_crawler.downloadhandlers.Throttle": None,
            f"{_PARTS}.Worker": -50,
            f"{_PARTS}.SharedThrottle": 0,
        }.items():
            settings["EXTENSIONS"].set(name, place, priority="cmdline")

    def __init__(self) -> None:
        raise NotConfigured  # everything is set before the crawler exists


class FeedDefaults:
    """Add-on: a feed that names no ``item_classes`` holds the articles alone, in the articles' columns."""

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
