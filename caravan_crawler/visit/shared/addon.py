"""Makes a crawl one of several workers, where ``REDIS_URL`` is set."""

from scrapy.exceptions import NotConfigured
from scrapy.settings import BaseSettings

_SHARED = "caravan_crawler.visit.shared"


class SharedCrawl:
    """Add-on: the queue, the pauses and the end of the crawl are those of all workers together."""

    @classmethod
    def update_pre_crawler_settings(cls, settings: BaseSettings) -> None:
        """Put the shared parts in the place of those for a crawl alone."""
        if not settings["REDIS_URL"]:
            return
        settings.set("SCHEDULER", f"{_SHARED}.scheduler.SharedScheduler", priority="addon")
        for name, place in {
            "caravan_crawler.visit.patience.Patience": None,
            f"{_SHARED}.worker.Worker": -50,  # before the patience, which asks it for the connection
            f"{_SHARED}.pace.SharedPatience": 0,
        }.items():
            settings["EXTENSIONS"].set(name, place, priority="cmdline")

    def __init__(self) -> None:
        raise NotConfigured  # all is done before there is a crawler
