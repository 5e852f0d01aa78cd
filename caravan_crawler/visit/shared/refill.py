"""What the store knows to be found and unread, put into the queue again where that may have lost it."""

from scrapy import Request

from caravan_crawler.keep import clock, plan, runs
from caravan_crawler.keep.keeper import Consequences
from caravan_crawler.spiders.caravan import CaravanSpider
from caravan_crawler.urls import Address
from caravan_crawler.visit.frontier import Frontier
from caravan_crawler.visit.shared.desk import Desk
from caravan_crawler.visit.visitor import ARTICLE

_AT_ONCE = 1000
#: An article of which the store knows this was read by one worker while another noted that it was found.
_READ = ("stored", "failed", "alias")


class Refill:
    """Holds the queue against the store's table ``frontier``, for the worker that leads."""

    def __init__(self, spider: CaravanSpider, desk: Desk) -> None:
        self._spider = spider
        self._desk = desk
        self._added: set[str] = set()

    def everything(self) -> None:
        """Add all that is unread and not in the queue, and what is to be read again: Redis came back empty."""
        self._add(again=False)
        for request in self._spider.refresh():
            self._spider.crawler.engine.crawl(request)

    def what_is_left(self) -> bool:
        """Add what is unread though the queue is worked off, each article once; return whether there was anything.

        What there is no room for now is put aside, and given up where nothing else is left that could make room.
        """
        self._spider.discovery.learn()
        if self._add(again=True):
            return True
        self._spider.discovery.drop_aside()
        return False

    def _add(self, *, again: bool) -> bool:
        spider = self._spider
        store = spider.keeper.store
        waiting: dict[str, str] = {}
        addresses: dict[str, Address] = {}
        speculative: set[str] = set()
        for found in plan.waiting(store, runs.scope_of(spider.arguments)):
            url = spider.site.here(found.url)
            address = spider.site.address(url, spider.site.base)
            # What has no more than a number waits to the end: a page may name its own path still.
            if address is not None and (again or address.path is not None):
                waiting[str(address.key)] = Frontier(spider.site).admit(address, url) or url
                addresses[str(address.key)] = address
                speculative.update([str(address.key)] if found.is_speculative else [])
        keys = [key for key in waiting if not (again and key in self._added)]
        for first in range(0, len(keys), _AT_ONCE):
            part = keys[first : first + _AT_ONCE]
            known = store.known(part, clock.now())
            for key in part:
                if key in known and known[key].what in _READ:
                    spider.keeper.page(Consequences(waiting[key], key))
                elif spider.discovery.may_be_asked(addresses[key], waiting[key], is_speculative=key in speculative):
                    self._added.update([key] if again else [])
                    self._desk.add(_request(spider, waiting[key], key), again=again)
        return again and bool(self._added.intersection(keys))


def _request(spider: CaravanSpider, url: str, key: str) -> Request:
    return Request(url, callback=spider.parse, errback=spider.failed, priority=ARTICLE, meta={"key": key})
