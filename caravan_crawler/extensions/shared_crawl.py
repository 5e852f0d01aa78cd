"""Scrapy components of a crawl shared by several workers; see :mod:`~caravan_crawler.store.workers`.

The add-on in :mod:`~caravan_crawler.addons` enables them; the spider does not depend on them. The requests for
articles that the spider yields are not queued, because rows in the frontier represent them; a worker claims rows
when its own queue is empty. The spider's ``start()`` waits until the worker is the leader, and only the leader becomes
idle, so it alone walks listings and sitemaps and ends the crawl.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

from scrapy import Request, Spider
from scrapy.core.scheduler import Scheduler
from scrapy.crawler import Crawler
from scrapy.http import Response
from scrapy.spidermiddlewares.base import BaseSpiderMiddleware
from scrapy.utils.asyncio import create_looping_call

from caravan_crawler.downloadhandlers import POLL_INTERVAL, Throttle
from caravan_crawler.extensions.crawl_store import CrawlStore
from caravan_crawler.failures import end_run, is_ending, raise_if_ending
from caravan_crawler.items import ExchangeRate, Failure, PageWrites, TrendingEntry, Weather
from caravan_crawler.outcome import BELOW_FLOORS, SOUND, WORKER_STAT
from caravan_crawler.spiders.caravan import CaravanSpider
from caravan_crawler.spiders.requests import Priority
from caravan_crawler.store import crawl_state
from caravan_crawler.store.database import StoreError
from caravan_crawler.store.workers import MOST_DEATHS, Claim, Pace, SharedStore, Workers

logger = logging.getLogger(__name__)

#: Seconds between two checks of the frontier, and of the leader's lock.
_INTERVAL, _LEADER_INTERVAL = 0.2, 1.0
#: Renewals of a lease before it expires.
_RENEWALS = 3
#: Leases without a request of any worker, after which a worker warns that the leader may be frozen.
_SILENT_LEASES = 3
#: The leader requests its next listing page only if at most this many articles wait.
_LOW = 40
#: Keys in ``Request.meta``: the request is for a claimed article; it is in the queue.
_CLAIMED, _QUEUED = "claimed", "claim_queued"


class ClaimScheduler(Scheduler):
    """Scrapy's in-memory queue, for claimed articles and for requests of the leader only.

    It claims articles, renews their leases, and becomes the leader if that one is gone.
    """

    crawler: Crawler

    def open(self, spider: Spider) -> Any:
        """Open the queue, and begin to poll the frontier."""
        assert isinstance(spider, CaravanSpider)
        settings = self.crawler.settings
        self._spider = spider
        self._crawl_store = CrawlStore.used_by(self.crawler)
        self._store = _store_of(self.crawler)
        self._lease = settings.getfloat("WORKER_LEASE")
        self._most = settings.getint("CONCURRENT_REQUESTS") or 1
        self._scope = spider.arguments.scope
        self._workers = Workers(self._store, self._scope, self._lease)
        self._pace = _pace_of(self.crawler)
        self._asked: set[str] = set()
        self._asked_urls: set[str] = set()
        self._queued = 0
        self._has_suspect = self._is_at_end = self._has_warned = False
        self._unread = 0
        self._renewed_at = self._looked_at = self._counted_at = self._claimed_at = 0.0
        self._polling = create_looping_call(self._poll)
        self._store.patience = settings.getfloat("STORE_PATIENCE")
        if not self._workers.lead():
            spider.continues = []
        self._note_role()
        self._polling.start(_INTERVAL)
        return super().open(spider)

    def close(self, reason: str) -> Any:
        """Release the claims of articles not read."""
        self._polling.stop()
        if not self._store.is_broken:
            self._workers.release()
        return super().close(reason)

    def enqueue_request(self, request: Request) -> bool:
        """Queue a request, unless a row in the frontier represents it."""
        return super().enqueue_request(request) if self._is_queued_here(request) else True

    def next_request(self) -> Request | None:
        """Return the next request; claim articles first if needed."""
        for claimed in self._claim(len(self)):
            super().enqueue_request(claimed)
        if (request := super().next_request()) is not None:
            self._is_at_end = False
            self._queued -= request.meta.pop(_QUEUED, False)
        return request

    def has_pending_requests(self) -> bool:
        """Whether there is work left, for this worker or others."""
        return super().has_pending_requests() or not self._is_over()

    def _is_queued_here(self, request: Request) -> bool:
        """Whether this worker queues the request; otherwise its row in the frontier represents it."""
        key = request.meta.get("key")
        if key is None:
            return self._store.is_leader or request.callback != self._spider.parse_list
        is_new = request.callback == self._spider.parse and request.priority >= Priority.ARTICLE
        is_found = is_new and not self._spider.arguments.urls  # those of the argument have no row
        # An alternative URL of an article whose first URL this worker requested.
        is_another = key in self._asked and request.url not in self._asked_urls
        if is_found and not request.meta.get(_CLAIMED) and not is_another:
            if not self._is_at_end:
                self._claimed_at = 0.0  # there is something to claim now
                return False
            claim = self._workers.claim_key(key)
            if claim is None or self._is_lost(claim):
                return False
        self._note_asked(request)
        return True

    def _note_asked(self, request: Request) -> None:
        request.meta[_CLAIMED] = True  # copied to its retries and redirects
        self._asked.add(request.meta["key"])
        self._asked_urls.add(request.url)

    def _claim(self, waiting: int) -> list[Request]:
        """Claim articles if needed; ``waiting`` is the length of this worker's own queue."""
        if waiting and (not self._store.is_leader or self._queued or self._unread <= _LOW):
            return []
        is_busy = bool(waiting or self._is_busy())
        if (self._has_suspect and is_busy) or is_ending(self.crawler):
            return []
        # Query an empty frontier once per interval.
        if monotonic() - self._claimed_at < _INTERVAL / 2:
            return []
        self._has_suspect = False
        claims = self._workers.claim(self._most)
        if not claims and not is_busy:
            if suspect := self._workers.claim_suspect():
                # Read it alone, so that a crash loses no other page.
                self._has_suspect = True
                claims = [suspect]
            else:
                self._workers.settle(self._asked)
        if not claims:
            self._claimed_at = monotonic()
        return self._requests(claims)

    def _is_over(self) -> bool:
        """Whether nothing is left to claim, so that the leader can finish alone."""
        if not self._store.is_leader or monotonic() - self._counted_at < _INTERVAL / 2:
            return False
        self._counted_at = monotonic()
        if self._workers.unread() or self._store.is_broken:
            return False
        is_more = False
        self._spider.schedule.add_sources(crawl_state.load_sources(self._store, self._scope))
        for path in self._spider.schedule.known_lists:
            for request in self._spider.listing_requests(path):
                self.crawler.engine.crawl(request)
                is_more = True
        if is_more:
            return False
        self._is_at_end = True
        # URLs that the others deferred, and short links that they found.
        for request in self._spider.requests.articles(self._spider.discovery.unread()):
            self.crawler.engine.crawl(request)
            is_more = True
        brought = crawl_state.brought_new(self._store, crawl_state.living(self._store, self._scope))
        self.crawler.stats.set_value("caravan/articles/new_elsewhere", brought)
        return not is_more

    def _requests(self, claims: list[Claim]) -> list[Request]:
        claimed = {claim.key: claim for claim in claims if not self._is_lost(claim)}
        if not claimed:
            return []
        targets = self._spider.discovery.claimed({key: claim.url for key, claim in claimed.items()})
        failed = self._workers.failed([target.url for target in targets])
        targets = [target for target in targets if target.url not in failed]
        for key in claimed.keys() - {target.key for target in targets}:
            self._crawl_store.articles.remove_from_frontier(key)
        requests: list[Request] = []
        for target in targets:
            requests += self._spider.requests.articles(
                [target], meta={**(claimed[target.key].reach or {}), _QUEUED: True}
            )
        for request in requests:
            self._note_asked(request)
        self._queued += len(requests)
        return requests

    def _is_lost(self, claim: Claim) -> bool:
        """Whether too many workers ended while they read the article; if so, store a failure."""
        if claim.claims <= MOST_DEATHS:
            return False
        message = f"{claim.claims - 1} workers died while they read it"
        writes = PageWrites(self._spider.site.here(claim.url), claim.key)
        self._spider.commit(self._spider.crawl_stats.fail(writes, Failure("worker_lost", message)))
        return True

    def _is_busy(self) -> bool:
        slot = self.crawler.engine._slot
        return slot is None or bool(slot.inprogress)

    # Several times a second

    def _poll(self) -> None:
        try:
            self._do_what_is_due()
        except StoreError as error:
            self._store.fail(error)
        except Exception:
            # Otherwise the engine would wait for this worker forever.
            logger.exception("A bug in the shared crawl")
            end_run(self.crawler, "the shared crawl failed")

    def _do_what_is_due(self) -> None:
        if is_ending(self.crawler) or self._store.is_broken:
            return
        if monotonic() - self._renewed_at > self._lease / _RENEWALS or self._store.reconnected_at > self._renewed_at:
            self._renewed_at = monotonic()
            self._workers.renew()
        if self._store.is_leader:
            self._unread = self._workers.unread(_LOW + 1)
        elif monotonic() - self._looked_at > _LEADER_INTERVAL:
            self._looked_at = monotonic()
            self._follow()
        self._note_role()
        # Let the engine poll the scheduler again.
        if (slot := self.crawler.engine._slot) is not None:
            slot.nextcall.schedule()

    def _follow(self) -> None:
        """Become the leader if the leader is gone, or stop if it finished the crawl."""
        if not self._workers.leader_is_gone():
            self._warn_of_silence()
            return
        if self._workers.leader_code in (SOUND, BELOW_FLOORS):
            if not self._is_busy():
                end_run(self.crawler, "finished")
        elif self._workers.lead():
            logger.info("The leader of the crawl is gone, and this worker leads now")
            self._crawl_store.reload()

    def _warn_of_silence(self) -> None:
        """Warn once if no worker sends requests: the leader's process may be frozen, which keeps its lock."""
        silent = self._pace.silent()
        if self._has_warned or silent < _SILENT_LEASES * self._lease:
            return
        self._has_warned = True
        logger.warning(
            "No request for %d s, and this worker waits for the leader, run %s; if its process is frozen, end it",
            silent,
            self._workers.leader,
        )

    def _note_role(self) -> None:
        self.crawler.stats.set_value(WORKER_STAT, "leads" if self._store.is_leader else "helps")


def _store_of(crawler: Crawler) -> SharedStore:
    store = CrawlStore.used_by(crawler).store
    assert isinstance(store, SharedStore)
    return store


def _pace_of(crawler: Crawler) -> Pace:
    return Pace(_store_of(crawler), urlsplit(CrawlStore.used_by(crawler).spider.site.base).netloc)


class LeaderMiddleware(BaseSpiderMiddleware):
    """Spider middleware that starts the crawl in the leader only, and drops page facts in other workers."""

    async def process_start(self, start: AsyncIterator[Any]) -> AsyncIterator[Any]:
        """Yield the start requests once the worker is the leader."""
        while not _store_of(self.crawler).is_leader:
            if is_ending(self.crawler) or self.crawler.engine.spider is None:
                return
            await asyncio.sleep(POLL_INTERVAL)
        async for request in start:
            yield request

    def get_processed_item(self, item: Any, response: Response | None) -> Any:
        """Drop page facts unless leader, so that only one worker stores them."""
        is_page_fact = isinstance(item, (TrendingEntry, ExchangeRate, Weather))
        return None if is_page_fact and not _store_of(self.crawler).is_leader else item


class SharedThrottle(Throttle):
    """Send the requests of all workers one by one, the download delay apart, and none during a pause."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._pace = _pace_of(crawler)

    async def wait(self, request: Request) -> None:
        """Wait until ``request`` may be sent; raise :class:`RunEndsError` if the run ends first."""
        raise_if_ending(self._crawler)
        slot = self._slot(request)
        delay = slot.delay if slot else 0.0
        wait = self._pace.reserve(delay)
        raise_if_ending(self._crawler)  # a store that fails ends the run
        while wait > 0:
            await asyncio.sleep(min(wait, POLL_INTERVAL))
            raise_if_ending(self._crawler)
            wait -= POLL_INTERVAL
            # If a pause has begun, reserve again; otherwise all requests would be sent at its end at once.
            if wait <= 0 and self._pace.blocked() > 0:
                wait = self._pace.reserve(delay)
            raise_if_ending(self._crawler)

    def _pause(self, seconds: float, reason: str) -> None:
        super()._pause(seconds, reason)
        self._pace.block(seconds)
