"""Scrapy's scheduler for a worker: articles go through the queue of all, and everything else stays here."""

from typing import Any

from scrapy import Request, Spider
from scrapy.core.scheduler import Scheduler

from caravan_crawler.visit.shared.worker import Worker
from caravan_crawler.visit.visitor import ARTICLE

#: The lead asks for its next list while fewer articles than this wait, lest the other workers have nothing to do.
_LOW = 40


class SharedScheduler(Scheduler):
    """Scrapy's own queue in memory, for what this worker has taken and for what only the lead asks for.

    What is to be read again waits here until its turn has come; then it is for all.
    """

    _worker: Worker
    _looks_here_only = False

    def open(self, spider: Spider) -> Any:
        """Begin, with the extension that knows the queue."""
        assert self.crawler is not None
        worker = self.crawler.get_extension(Worker)
        assert worker is not None
        self._worker = worker
        return super().open(spider)

    def enqueue_request(self, request: Request) -> bool:
        """Queue a request here, or an article just found for all."""
        desk = self._worker.desk
        if not desk.claim(request) and desk.is_for_all(request) and request.priority >= ARTICLE:
            desk.add(request)
            return True
        return super().enqueue_request(request)

    def next_request(self) -> Request | None:
        """Return what to ask for next; None where there is nothing, or Redis does not answer."""
        worker, desk = self._worker, self._worker.desk
        desk.tell_in_time()
        if not len(self) or worker.unread > _LOW:
            self._take()
        while (request := super().next_request()) is not None and desk.is_for_all(request):
            desk.add(request)
            worker.unread += 1
            if worker.unread > _LOW:
                desk.tell()
                self._take()
        if request is not None:
            desk.sent(request)
        return request

    def has_pending_requests(self) -> bool:
        """Return whether there may be something to do: always, as it is the worker that ends the run."""
        return super().has_pending_requests() or not self._looks_here_only

    def is_idle_here(self) -> bool:
        """Return whether this worker has nothing to do, whatever the others have."""
        assert self.crawler is not None
        self._looks_here_only = True
        try:
            return bool(self.crawler.engine.spider_is_idle())
        finally:
            self._looks_here_only = False

    def _take(self) -> None:
        for request in self._worker.desk.take():
            super().enqueue_request(request)
