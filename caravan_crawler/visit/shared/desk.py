"""What one worker has in hand: the articles it has taken, and what it has not told the queue yet.

An article is taken out of the queue when its page is committed to the store with all that follows from it, in one
step with the addition of the articles it led to. A kill before that lets another worker read the page once more.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from time import monotonic
from typing import Any

from scrapy import Request
from scrapy.http import Response
from twisted.python.failure import Failure

from caravan_crawler.keep import clock
from caravan_crawler.spiders.caravan import CaravanSpider
from caravan_crawler.urls import Address
from caravan_crawler.visit.ending import RunEndsError
from caravan_crawler.visit.shared.parcel import pack, unpack
from caravan_crawler.visit.shared.queue import Addition, Entry, Queue

#: So many workers may die over an article before it counts as failed.
MOST_DEATHS = 3
#: So much is told to the queue at once, and after so many seconds at the latest.
_MOST_UNTOLD, _LONGEST_UNTOLD = 100, 0.05
_LEASE = "lease"


@dataclass(eq=False)
class Lease:
    """An article taken. It ``waits`` where a further request for it is in the scheduler."""

    entry: Entry
    waits: bool = False

    @property
    def is_suspect(self) -> bool:
        """Whether a worker has died while it had the article, perhaps because of it."""
        return self.entry.taken > 1


class Desk:
    """The leases of one worker, ``most`` at a time; one that is suspect is alone, lest it ruins others."""

    def __init__(self, queue: Queue, spider: CaravanSpider, most: int) -> None:
        self._queue = queue
        self._spider = spider
        self._most = most
        self._leases: dict[str, Lease] = {}
        self._ended: list[tuple[str, Request | None]] = []
        self._read: list[str] = []
        self._additions: list[Addition] = []
        self._told_at = 0.0
        self.is_starved = True
        """Whether there was nothing more to take when this worker last wanted something."""

    @property
    def is_clear(self) -> bool:
        """Whether nothing is taken and nothing untold."""
        return not (self._leases or self._ended or self._read or self._additions)

    # To the queue

    def add(self, request: Request, *, again: bool = False) -> None:
        """Add an article for whoever takes it; ``again`` though it was added before."""
        self._additions.append(Addition(request.meta["key"], pack(request), again))
        if len(self._additions) >= _MOST_UNTOLD:
            self.tell()

    def tell(self) -> None:
        """Tell the queue of what is read and found. Without an answer it is kept, and told later."""
        store = self._spider.keeper.store
        self._note_read()
        if self._queue.crawl is None or not (self._read or self._additions):
            return
        store.flush()
        if not store.is_broken and self._queue.settle(self._additions, self._read):
            self._read, self._additions = [], []
            self._told_at = monotonic()

    def tell_in_time(self) -> None:
        """Tell the queue if that has waited long enough, or somebody may be waiting for it."""
        is_much = len(self._ended) + len(self._read) + len(self._additions) >= _MOST_UNTOLD
        if is_much or self.is_starved or monotonic() - self._told_at > _LONGEST_UNTOLD:
            self.tell()

    def leave(self) -> None:
        """Tell the last and give back what is not read; that goes to another worker at once."""
        self.tell()
        # What could not be committed is not read.
        self._queue.leave([*self._leases, *(number for number, _ in self._ended), *self._read])

    # From the queue

    def take(self) -> list[Request]:
        """Take as many articles as there is room for; return the requests for them."""
        room = self._most - len(self._leases)
        if self._queue.crawl is None or room <= 0 or any(lease.is_suspect for lease in self._leases.values()):
            return []
        entries = self._queue.take(room)
        self.is_starved = not entries
        if entries:
            known = self._spider.keeper.store.known([entry.key for entry in entries], clock.now())
            for entry in entries:
                if entry.key not in known or known[entry.key].what != "stored":
                    self._spider.keeper.admit(entry.key)
        elif not self._leases and (left := self._queue.take_from_dead()):
            entries = [left]
        return [request for entry in entries if (request := self._request(entry))]

    def _request(self, entry: Entry) -> Request | None:
        """Return the request for an article taken, or None where it has cost too many workers their lives."""
        lease = self._leases[entry.number] = Lease(entry)
        arguments = unpack(entry.request, self._spider.site)
        if entry.taken > MOST_DEATHS:
            words = f"{entry.taken - 1} workers died while they read it"
            self._spider.ledger.fail(arguments["url"], "worker_lost", words)
            self._spider.keeper.fail(arguments["url"], entry.key, "worker_lost", words)
            self._end(lease)
            return None
        if address := self._address(arguments["url"]):
            self._spider.frontier.note(address.key, address.path)
        return self._leased(Request(**arguments), lease)

    def _leased(self, request: Request, lease: Lease) -> Request:
        lease.waits = True
        meta = request.meta | {_LEASE: lease}
        return request.replace(callback=self.parse, errback=self.failed, meta=meta)

    def _address(self, url: str) -> Address | None:
        return self._spider.site.address(url, self._spider.site.base)

    # The way of a request

    def claim(self, request: Request) -> bool:
        """Note that the request waits here, if it belongs to a lease; return whether it does."""
        lease = self._lease_of(request)
        if lease is not None:
            lease.waits = True
        return lease is not None

    def sent(self, request: Request) -> None:
        """Note that a request has left the scheduler."""
        if lease := self._lease_of(request):
            lease.waits = False

    def is_for_all(self, request: Request) -> bool:
        """Whether any worker may read what is asked for: an article that the spider follows."""
        return request.callback == self._spider.parse and request.meta.get("key") is not None

    def parse(self, response: Response) -> Iterator[Any]:
        """Read an article's page; with that the lease is over, unless it is asked for once more."""
        assert response.request is not None
        try:
            yield from self._spider.parse(response)
        finally:
            self._end(self._lease_of(response.request), response.request)

    def failed(self, failure: Failure) -> Iterator[Any]:
        """Take in that a page could not be read; one that was not asked for, as the run ends, is given back."""
        request: Request = failure.request  # type: ignore[attr-defined]
        lease = self._lease_of(request)
        try:
            for other in self._spider.failed(failure):
                is_same = lease is not None and other.meta.get("key") == lease.entry.key
                # Another address of the article, tried in its place.
                yield self._leased(other, lease) if lease is not None and is_same else other
        finally:
            if not isinstance(failure.value, RunEndsError):
                self._end(lease, request)

    def dropped(self, request: Request) -> None:
        """Take in that a redirect led to what was asked for before."""
        if lease := self._lease_of(request):
            lease.waits = False
            self._end(lease)

    def forget(self) -> None:
        """End leases whose requests Scrapy has lost on the way; none is known to do so."""
        for lease in list(self._leases.values()):
            lease.waits = False
            self._end(lease)

    def _end(self, lease: Lease | None, request: Request | None = None) -> None:
        if lease is not None and not lease.waits and lease.entry.number in self._leases:
            del self._leases[lease.entry.number]
            self._ended.append((lease.entry.number, request))

    def _note_read(self) -> None:
        """Note as read what Scrapy is done with: the last records of a page are kept after its callback has ended."""
        slot = self._spider.crawler.engine._slot
        under_way = slot.inprogress if slot is not None else ()
        self._read += [number for number, request in self._ended if request not in under_way]
        self._ended = [(number, request) for number, request in self._ended if request in under_way]

    def _lease_of(self, request: Request) -> Lease | None:
        lease = request.meta.get(_LEASE)
        return lease if isinstance(lease, Lease) else None
