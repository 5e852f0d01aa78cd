"""The spider's requests, with their priorities, callbacks and ``meta``, and what it reads from responses."""

import logging
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from urllib.parse import urljoin

from scrapy import Request
from scrapy.http import Response

from caravan_crawler.crawl_stats import CrawlStats
from caravan_crawler.downloadhandlers import header
from caravan_crawler.frontier.articles import Target
from caravan_crawler.frontier.listings import ListPage
from caravan_crawler.frontier.schedule import Child, month_of
from caravan_crawler.page_writes import PageWrites
from caravan_crawler.pages.document import Bounds, Document, parse_document
from caravan_crawler.pages.encoding import declared_charset
from caravan_crawler.pages.page import PageReading, read_page
from caravan_crawler.pages.syndication import Syndication, read_syndication
from caravan_crawler.urls import Site

logger = logging.getLogger(__name__)

# Priorities. Articles go before their sources, so that the queue stays as short as one sitemap or one listing page.
# Sitemaps go before listings, which then have few new articles; a sitemap's priority grows by one per month, so that
# the newest is read first. Refreshes wait until all new articles are read; retries of earlier failures come last.
ARTICLE, FRONT, SITEMAP, LIST, REFRESH, RETRY = 20_000, 10_000, 1_000, 10, 5, -10

#: Indexes of sitemaps that are followed from one to the next; a site may make up a further one for each.
MOST_NESTED = 5

#: ``meta`` of optional pages, such as the one after a listing's last: a 404 is no failure.
_OPTIONAL = {"optional": True}
NOT_MODIFIED = 304

Callback = Callable[..., Any]


class Requests:
    """Builds requests. ``Request.meta`` has an article's ``key``, and the ``alias`` that linked to it."""

    def __init__(
        self, site: Site, *, article: Callback, listing: Callback, sitemap: Callback, errback: Callback
    ) -> None:
        self._site = site
        self._errback = errback
        self._article = article
        self._listing = listing
        self._sitemap = sitemap

    def page(self, path: str, callback: Callback | None, priority: int, **kwargs: Any) -> Request:
        """Return the request for a URL or path; ``kwargs`` are arguments of :class:`scrapy.Request`."""
        url = urljoin(self._site.base, path)
        return Request(url, callback=callback, errback=self._errback, priority=priority, **kwargs)

    def articles(
        self, targets: Iterable[Target], priority: int = ARTICLE, *, meta: dict[str, Any] | None = None
    ) -> Iterator[Request]:
        """Yield the requests for articles; ``meta`` is added to that of each request."""
        for target in targets:
            its_own = {"key": target.key, "alias": target.alias}
            yield self.page(target.url, self._article, priority, meta=(meta or {}) | its_own)

    def refresh(self, key: str, url: str, headers: dict[str, str]) -> Request:
        """Return the conditional request for an article that is stored; ``headers`` are its validators."""
        meta = {"key": key, "handle_httpstatus_list": [NOT_MODIFIED]}
        return self.page(url, self._article, REFRESH, meta=meta, headers=headers)

    def listing_pages(self, pages: Iterable[ListPage], *, is_optional: bool = True) -> list[Request]:
        """Return the requests for pages of listings."""
        # A walk tracks its pages, and reads some again on purpose.
        extra: dict[str, Any] = {"meta": _OPTIONAL if is_optional else None, "dont_filter": True}
        return [self.page(page.path, self._listing, LIST, cb_kwargs={"walk": page.walk}, **extra) for page in pages]

    def sitemap(self, child: Child, *, is_optional: bool = False, nesting: int = 0) -> Request:
        """Return the request for a sitemap; ``nesting`` is the number of indexes that led to it, one by the other."""
        month = month_of(child.path)
        priority = SITEMAP + (12 * (month.year - 1900) + month.month if month else 0)
        meta, cb_kwargs = _OPTIONAL if is_optional else None, {"stamp": child.stamp, "nesting": nesting}
        return self.page(child.path, self._sitemap, priority, meta=meta, cb_kwargs=cb_kwargs)


class ResponseReader:
    """Reads responses of ``site``; ``bounds`` limit what is parsed of a page."""

    def __init__(self, site: Site, bounds: Bounds, crawl_stats: CrawlStats) -> None:
        self._site = site
        self._bounds = bounds
        self._crawl_stats = crawl_stats

    def page(self, response: Response) -> tuple[Document, PageReading | None]:
        """Return a page and its reading, or None if the reader raised an error, so that the run continues."""
        document = parse_document(response.body, response.url, self._site, _charset(response), self._bounds)
        try:
            return document, read_page(document)
        except Exception:
            logger.exception("The reader broke on %s", document.url)
            return document, None

    def syndication(self, response: Response) -> Syndication | None:
        """Return a feed or sitemap; None if the response is none."""
        return read_syndication(response.body, response.url, _charset(response))

    def is_elsewhere(self, read: Syndication) -> bool:
        """Whether a feed or sitemap has entries, and none of them has an address of this site."""
        entries = (*read.pages, *read.sitemaps)
        has_any = bool(entries) or read.without_address > 0
        return has_any and not read.skipped and not any(self._site.resolve(entry.url) for entry in entries)

    def warn_of_links(self, document: Document) -> None:
        """Log that links of a page are left out."""
        if document.has_more_links:
            most = document.bounds.links
            logger.warning("Only %d links are followed of %s (PAGE_MAX_LINKS)", most, document.url)
            self._crawl_stats.count("links/left_out")


def writes_of(response: Response) -> PageWrites:
    """Return the :class:`PageWrites` of a response, with its URL before redirects and its validators."""
    assert response.request is not None
    page = writes_of_request(response.request)
    page.etag, page.last_modified = header(response, "ETag"), header(response, "Last-Modified")
    return page


def writes_of_request(request: Request) -> PageWrites:
    """Return the :class:`PageWrites` of a request that got no response, with its URL before redirects."""
    url = (request.meta.get("redirect_urls") or [request.url])[0]
    return PageWrites(url, request.meta.get("key"))


def _charset(response: Response) -> str | None:
    return declared_charset(header(response, "Content-Type") or "")
