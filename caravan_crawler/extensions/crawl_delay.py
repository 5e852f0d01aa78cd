"""The Crawl-delay of robots.txt."""

import logging
from typing import Any

from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.extensions.throttle import AutoThrottle
from scrapy.utils.asyncio import create_looping_call

from caravan_crawler.downloadhandlers import LOOK
from caravan_crawler.failures import end_run, is_ending
from caravan_crawler.outcome import CRAWL_DELAY_STAT

logger = logging.getLogger(__name__)

#: Seconds from which the delay is logged as a warning: 100 requests then take hours.
_LONG = 60


class CrawlDelay:
    """Obey robots.txt's Crawl-delay if longer than the delay set; above ``CRAWL_DELAY_MAX`` the run ends."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self._look = create_looping_call(self._let_go)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "CrawlDelay":
        """Scrapy's constructor."""
        extension = cls(crawler)
        crawler.signals.connect(extension.robots_parsed, signals.robots_parsed)
        crawler.signals.connect(extension.engine_stopped, signals.engine_stopped)
        return extension

    def robots_parsed(self, robotparser: Any, request: Request) -> None:
        """Set the delay of the host's slot, and its concurrency to 1."""
        settings = self.crawler.settings
        if not self._look.running:
            self._look.start(LOOK, now=False)
        delay = robotparser.crawl_delay(settings["ROBOTSTXT_USER_AGENT"] or settings["USER_AGENT"])
        if not delay or not delay > settings.getfloat("DOWNLOAD_DELAY"):  # it may be NaN
            return
        if delay > settings.getfloat("CRAWL_DELAY_MAX"):
            logger.error("robots.txt asks for %s seconds between requests, so the run ends", delay)
            self.crawler.stats.set_value(CRAWL_DELAY_STAT, delay)
            end_run(self.crawler, "crawl_delay")
            return
        downloader = self.crawler.engine.downloader
        key = downloader.get_slot_key(request)
        # Scrapy drops an unused slot after a minute, and creates the next one from these settings.
        downloader.per_slot_settings[key] = {"delay": float(delay), "concurrency": 1, "jitter": 0.0}
        if slot := downloader.slots.get(key):
            slot.delay, slot.concurrency, slot.jitter = max(slot.delay, float(delay)), 1, 0.0
        if throttle := self.crawler.get_extension(AutoThrottle):
            throttle.mindelay = max(throttle.mindelay, delay)
            throttle.maxdelay = max(throttle.maxdelay, delay)
        if delay < _LONG:
            logger.info("robots.txt asks for %s seconds between requests", delay)
        else:
            words = "robots.txt asks for %s seconds between requests, which is obeyed: 100 requests take %.1f hours"
            logger.warning(words, delay, 100 * delay / 3600)

    def engine_stopped(self) -> None:
        """Stop the looping call."""
        if self._look.running:
            self._look.stop()

    def _let_go(self) -> None:
        """Release delayed requests when the run ends, as Scrapy waits for them; the handler sends nothing."""
        if not is_ending(self.crawler):
            return
        downloader = self.crawler.engine.downloader
        for slot in downloader.slots.values():
            slot.delay = 0.0
            if slot.latercall:
                slot.latercall.cancel()
                slot.latercall = None
                downloader._process_queue(slot)
