"""The pauses a site needs or asks for: while one lasts, nothing at all is sent to it."""

import asyncio
import logging
from http import HTTPStatus
from time import monotonic

from scrapy import Request
from scrapy.core.downloader import Slot
from scrapy.crawler import Crawler
from scrapy.http import Response

from caravan_crawler.visit.backoff import Backoff
from caravan_crawler.visit.ending import RunEndsError, end_run, is_ending
from caravan_crawler.visit.retry_after import retry_after

logger = logging.getLogger(__name__)

#: Seconds between two looks whether the run is to end while a request waits.
LOOK = 0.2
#: Only with these does Retry-After mean: leave me alone. With a redirect it is something else.
_BUSY = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)


class Patience:
    """Knows until when the site is to be left alone; an extension, so that all handlers share one.

    A request asks for its :meth:`turn` before it is sent, and what became of it is told by
    :meth:`answered` or :meth:`unanswered`, before the downloader looks for the next one.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._longest = crawler.settings.getfloat("RETRY_AFTER_MAX")
        self._backoff = Backoff(crawler.settings.getfloat("BACKOFF_START"))
        self._until = 0.0
        self._lock = asyncio.Lock()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "Patience":
        """Scrapy's constructor."""
        return cls(crawler)

    def seconds_left(self) -> float:
        """Return for how many seconds the site is still to be left alone; 0 or less where it is not."""
        return self._until - monotonic()

    async def turn(self, request: Request) -> None:
        """Return when ``request`` may be sent; raise :class:`RunEndsError` where the run ends before.

        Those that have waited go one by one, with the downloader's delay between them.
        """
        self._check_run()
        if self.seconds_left() <= 0 and not self._lock.locked():
            return
        slot = self._slot(request)
        async with self._lock:
            wait = max(self.seconds_left(), slot.delay if slot else 0.0)
            while wait > 0:
                await asyncio.sleep(min(wait, LOOK))
                self._check_run()
                wait = max(wait - LOOK, self.seconds_left())
        if slot is not None:
            slot.lastseen = monotonic()  # the delay to the next request counts from now

    def answered(self, response: Response) -> None:
        """Take in an answer: 429 and 5xx are bad ones, and all others are good."""
        if response.status < HTTPStatus.INTERNAL_SERVER_ERROR and response.status != HTTPStatus.TOO_MANY_REQUESTS:
            self._backoff.good()
            return
        pause = self._backoff.bad()
        asked = retry_after(response) if response.status in _BUSY else None
        if asked is None:
            self._leave_alone(pause, "backoff")
        elif asked <= self._longest:
            logger.info("The site asks to be left alone for %.0f seconds (HTTP %d)", asked, response.status)
            self._leave_alone(asked, "retry_after")
        elif not is_ending(self._crawler):
            logger.error("The site asks to be left alone for %.0f seconds, so the run ends", asked)
            self._crawler.stats.set_value("caravan/retry_after", round(asked))
            end_run(self._crawler, "retry_after")

    def unanswered(self) -> None:
        """Take in that a connection failed or timed out."""
        self._leave_alone(self._backoff.bad(), "backoff")

    def _leave_alone(self, seconds: float, reason: str) -> None:
        self._crawler.stats.inc_value(f"caravan/pauses/{reason}")
        self._until = max(self._until, monotonic() + seconds)

    def _slot(self, request: Request) -> Slot | None:
        downloader = self._crawler.engine.downloader
        return downloader.slots.get(downloader.get_slot_key(request))

    def _check_run(self) -> None:
        if is_ending(self._crawler):
            raise RunEndsError("the run ends")
