"""The add-on that makes a crawl one of several workers; a module of its own, because every run loads it."""

from scrapy.exceptions import NotConfigured
from scrapy.settings import BaseSettings

_PARTS = "caravan_crawler.visit.workers"


class SharedCrawl:
    """Add-on: replaces the parts that differ in a shared crawl. Active with the setting ``SHARED_CRAWL``."""

    @classmethod
    def update_pre_crawler_settings(cls, settings: BaseSettings) -> None:
        """Replace the scheduler and the pace, and add what one worker needs."""
        if not settings.getbool("SHARED_CRAWL"):
            return
        settings.set("SCHEDULER", f"{_PARTS}.ClaimScheduler", priority="addon")
        settings["SPIDER_MIDDLEWARES"].set(f"{_PARTS}.LeaderMiddleware", 0, priority="cmdline")
        for name, place in {
            "caravan_crawler.visit.patience.Patience": None,
            f"{_PARTS}.Worker": -50,
            f"{_PARTS}.SharedPatience": 0,
        }.items():
            settings["EXTENSIONS"].set(name, place, priority="cmdline")

    def __init__(self) -> None:
        raise NotConfigured  # all is done before there is a crawler
