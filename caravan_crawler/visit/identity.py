"""Who the site says it is: a store holds the articles of one site, and its address alone does not tell which."""

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response

from caravan_crawler.keep import owner
from caravan_crawler.keep.store import Store
from caravan_crawler.outcome import IDENTITY_STAT, OTHER_SITE_STAT
from caravan_crawler.visit.ending import end_run
from caravan_crawler.visit.visitor import header

#: A sample site names itself by its seed, generation and number of articles; other sites send no such header.
HEADER = "X-Sample-Site"
_LONGEST = 200
_BAD = 400


class SiteIdentity:
    """Downloader middleware that ends a run whose site is another one than that of the store.

    The first response of all, which is that for robots.txt, tells who the site is, and the store notes it. A run that
    meets another name, or where there should be one none, stores nothing.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._held: str | None = None
        self._is_known = False

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "SiteIdentity":
        """Scrapy's constructor."""
        return cls(crawler)

    def process_response(self, request: Request, response: Response) -> Response:
        """Let the response pass, or end the run."""
        store: Store | None = getattr(getattr(self._crawler.spider, "keeper", None), "store", None)
        if store is None:
            return response
        said = (header(response, HEADER) or "")[:_LONGEST]
        # A page without the name may be of a proxy that stands before the site, unless it is the first good one.
        if not said and (self._is_known or response.status >= _BAD):
            return response
        if self._held is None:
            self._held = owner.identity(store.rows)
        if self._held is None:
            store.execute_all(*owner.note_identity(said))
            self._held = said
        self._is_known = True
        if said:
            self._crawler.stats.set_value(IDENTITY_STAT, said)
        if problem := owner.identity_problem(self._held, said):
            self._crawler.stats.set_value(OTHER_SITE_STAT, f"{store.name} holds {problem}")
            end_run(self._crawler, "other_site")
            raise IgnoreRequest("the site is another one than that of the store")
        return response
