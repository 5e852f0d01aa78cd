"""The part of a worker that looks after the crawl as a whole: who leads, what is left to do, when it is done."""

import logging
from collections.abc import Iterator
from itertools import islice
from time import monotonic

from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.utils.asyncio import create_looping_call
from scrapy.utils.defer import deferred_from_coro

from caravan_crawler.keep import runs, workers
from caravan_crawler.outcome import REDIS_STAT, WORKER_STAT
from caravan_crawler.spiders.caravan import CaravanSpider
from caravan_crawler.visit.ending import end_run, is_ending
from caravan_crawler.visit.shared.desk import Desk
from caravan_crawler.visit.shared.link import RedisLink
from caravan_crawler.visit.shared.queue import Queue, State
from caravan_crawler.visit.shared.refill import Refill

logger = logging.getLogger(__name__)

#: Seconds between two looks at the queue, and between two looks whether the lead is gone.
_INTERVAL, _LEAD_INTERVAL = 0.1, 1.0
#: A lease is renewed so often before it ends.
_RENEWALS = 3
#: So many requests a new lead begins with at each look.
_AT_ONCE = 200


class Worker:
    """Looks at the queue several times a second, and does what the crawl needs of this worker.

    One worker leads: it walks the lists and says when the crawl is done. All read articles. Where the lead is
    gone, another one goes on as a run does that continues one that was killed.
    """

    def __init__(self, crawler: Crawler) -> None:
        spider = crawler.spider
        assert isinstance(spider, CaravanSpider)
        settings = crawler.settings
        self.link = RedisLink(settings["REDIS_URL"])
        self._crawler = crawler
        self._spider = spider
        self._store = spider.keeper.store
        self._scope = runs.scope_of(spider.arguments)
        self._patience = settings.getfloat("REDIS_PATIENCE")
        self._lease = settings.getfloat("WORKER_LEASE")
        prefix = f"caravan:{workers.store_name(self._store)}:{self._scope or 'all'}"
        self._queue = Queue(self.link, prefix, spider.run_id, self._lease)
        self.desk = Desk(self._queue, spider, settings.getint("CONCURRENT_REQUESTS") or 1)
        self.unread = 0
        """How many articles waited or were being read at the last look."""
        self._refill = Refill(spider, self.desk)
        self._beginnings: Iterator[Request] = iter(())
        self._has_opened = self._is_closing = False
        self._renewed_at = self._asked_to_lead_at = monotonic()
        self._quiet_at: tuple[str, float] | None = None
        self._lingers_since: float | None = None
        self._look = create_looping_call(self._look_after)
        self._tell_role()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "Worker":
        """Scrapy's constructor."""
        worker = cls(crawler)
        crawler.signals.connect(worker.spider_opened, signals.spider_opened)
        crawler.signals.connect(worker.spider_closed, signals.spider_closed)
        crawler.signals.connect(worker.desk.dropped, signals.request_dropped)
        return worker

    def spider_opened(self) -> None:
        """Begin to look."""
        self._look.start(_INTERVAL)

    def spider_closed(self) -> None:
        """Give back what is not read."""
        self._look.stop()
        self.desk.leave()
        self.link.close()

    def _look_after(self) -> None:
        try:
            self._do_what_is_due()
        except Exception:
            # The engine waits for this worker to say that it is done, and it never would.
            logger.exception("A bug in the part that shares the crawl")
            end_run(self._crawler, "the sharing of the crawl broke")

    def _do_what_is_due(self) -> None:
        if monotonic() - self._renewed_at > self._lease / _RENEWALS:
            self._renewed_at = monotonic()
            self._queue.renew()
        self.desk.tell_in_time()
        if self._is_closing or is_ending(self._crawler):
            return
        state = self._queue.look()
        if state is None:
            if words := self.link.lost_for_longer_than(self._patience):
                logger.error("%s, so the run ends", words)
                self._crawler.stats.set_value(REDIS_STAT, words)
                end_run(self._crawler, "redis lost")
            return
        self.unread = state.unread
        if state.is_done:
            # Others have read it all, whoever was about to lead them.
            self._crawler.stats.set_value(WORKER_STAT, "helps")
            self._close()
        elif self._has_a_part(state):
            self._go_on(state)

    def _has_a_part(self, state: State) -> bool:
        """Take a part in the crawl, as its lead or with one; False while there is none yet."""
        if not self._spider.leads and monotonic() - self._asked_to_lead_at > _LEAD_INTERVAL:
            self._asked_to_lead_at = monotonic()
            if workers.is_lead(self._store, self._scope):
                logger.info("The worker that led the crawl is gone, and this one goes on")
                self._beginnings = self._spider.take_lead()
                self._tell_role()
                self._refill.everything()
        if not self._spider.leads:
            self._queue.crawl = self._queue.crawl or state.crawl
            return self._queue.crawl is not None
        return (self._has_opened and state.crawl is not None) or self._open()

    def _open(self) -> bool:
        """Open the crawl, at the beginning or where Redis has come back empty; False where it does not answer."""
        others = [run for run in workers.living(self._store, self._scope) if run != self._spider.run_id]
        is_first = not (self._has_opened or self._queue.crawl)
        if not self._queue.open(self._queue.crawl or self._spider.run_id, alone=is_first and not others):
            return False
        if not is_first:
            self._refill.everything()
        self._has_opened = True
        return True

    def _go_on(self, state: State) -> None:
        for request in islice(self._beginnings, _AT_ONCE):
            self._crawler.engine.crawl(request)
            self._quiet_at = None
        for request in self.desk.take():
            self._crawler.engine.crawl(request)
        if self._crawler.engine.scheduler.is_idle_here():  # type: ignore[union-attr]
            self._when_idle(state)

    def _when_idle(self, state: State) -> None:
        """Look whether there is more to do than anybody has in hand; the lead ends the crawl when all have looked."""
        if not self.desk.is_clear:
            self._settle_what_lingers()
            return
        self._lingers_since = None
        if state.unread:
            return  # others are at it
        if self._quiet_at is None or self._quiet_at[0] != state.changes:
            # Only the lead walks lists. What has no more than a number waits until they have named the rest.
            may_look = self._spider.leads or self._queue.is_lead_quiet(state)
            if may_look and not self._finds_more():
                self._queue.note_quiet(state, leads=self._spider.leads)
                self._quiet_at = state.changes, monotonic()
        elif not (self._spider.leads and self._all_are_quiet(state, self._quiet_at[1])):
            return
        # Only now, as the others add what they have put aside when they look.
        elif not self._refill.what_is_left() and self._queue.finish():
            brought = runs.brought_new(self._store, workers.living(self._store, self._scope))
            self._crawler.stats.set_value("caravan/articles/new_elsewhere", brought)
            self._close()

    def _settle_what_lingers(self) -> None:
        """Tell what is read. A page on its way between two parts of Scrapy is nowhere to be seen, but not for long."""
        self._lingers_since = self._lingers_since or monotonic()
        if monotonic() - self._lingers_since > self._lease:
            self.desk.forget()
        self.desk.tell()

    def _finds_more(self) -> bool:
        if self._spider.finds_more():
            return True
        lists = [*self._spider.lists_met()]  # none, where another worker leads
        for request in lists:
            self._crawler.engine.crawl(request)
        return bool(lists)

    def _all_are_quiet(self, state: State, since: float) -> bool:
        """Whether no worker has anything to add; one that does not say so for as long as a lease is not waited for."""
        living = workers.living(self._store, self._scope)
        return self._queue.is_quiet(state, living) or monotonic() - since > self._lease

    def _close(self) -> None:
        if not self._is_closing and not is_ending(self._crawler):
            self._is_closing = True
            deferred_from_coro(self._end())

    async def _end(self) -> None:
        await self._spider.publish_left()
        if not is_ending(self._crawler):
            await self._crawler.engine.close_spider_async(reason="finished")

    def _tell_role(self) -> None:
        self._crawler.stats.set_value(WORKER_STAT, "leads" if self._spider.leads else "helps")
