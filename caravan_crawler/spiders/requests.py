"""The spider's requests, with their priorities, callbacks and ``meta``; its responses as pages, and its failures."""

import logging
from collections.abc import Callable, Container, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from functools import wraps
from typing import Any
from urllib.parse import urljoin

from scrapy import Request
from scrapy.http import Response
from twisted.python.failure import Failure

from caravan_crawler import failures, items
from caravan_crawler.crawl_stats import CrawlStats
from caravan_crawler.downloadhandlers import header, received_at
from caravan_crawler.failures import PERMANENT
from caravan_crawler.frontier.articles import Target
from caravan_crawler.frontier.listings import ListPage
from caravan_crawler.frontier.schedule import Child, month_of
from caravan_crawler.items import LISTED, NOT_PARSED, UNSOUND, PageKind, PageWrites
from caravan_crawler.outcome import OTHER_SITE_STAT
from caravan_crawler.pages.document import Bounds, Document, parse_document
from caravan_crawler.pages.encoding import declared_charset
from caravan_crawler.pages.page import PageReading, read_page
from caravan_crawler.pages.syndication import Form, Syndication, read_syndication
from caravan_crawler.urls import Site, may_be_one

logger = logging.getLogger(__name__)


class Priority(IntEnum):
    """Priorities of requests.

    Articles go before their sources, so that the queue stays as short as one sitemap or one listing page. Sitemaps go
    before listings, which then have few new articles; a sitemap's priority grows by one per month, so that the newest
    is read first. Retries of earlier failures come last, but for refreshes, which wait until the spider is idle.
    """

    ARTICLE = 20_000
    FRONT = 10_000
    SITEMAP = 1_000
    LIST = 10
    REFRESH = 5
    RETRY = -10


#: Indexes of sitemaps that are followed from one to the next. A site can generate nested indexes without end.
MOST_NESTED = 5

#: ``meta`` of optional pages, such as the one after a listing's last: a 404 is no failure.
_OPTIONAL = {"optional": True}
#: In the ``meta`` of a request for a page that may be rendered in a browser: the kind of page that is expected.
MAY_BE_RENDERED = "may_be_shown"
NOT_MODIFIED = 304

#: Kinds of pages that a retry may fix.
WORTH_RETRYING = (PageKind.CUT, PageKind.CHALLENGE)

#: Settings for a site on loopback, which needs no delay unless robots.txt or the user asks for one.
LOCAL_DELAYS: dict[str, Any] = {"DOWNLOAD_DELAY": 0, "AUTOTHROTTLE_ENABLED": False, "BACKOFF_START": 0.02}

#: The callback and the errback of a request.
Handlers = tuple[Callable[..., Any] | None, Callable[[Failure], Any] | None]


class Requests:
    """Builds requests. ``Request.meta`` has an article's ``key``."""

    def __init__(self, site: Site, *, article: Handlers, listing: Handlers, sitemap: Handlers) -> None:
        self._site = site
        self._article = article
        self._listing = listing
        self._sitemap = sitemap

    def page(self, path: str, handlers: Handlers, priority: int, **kwargs: Any) -> Request:
        """Return the request for a URL or path; ``kwargs`` are arguments of :class:`scrapy.Request`."""
        callback, on_failure = handlers
        return Request(urljoin(self._site.base, path), callback, errback=on_failure, priority=priority, **kwargs)

    def articles(
        self,
        targets: Iterable[Target],
        priority: int = Priority.ARTICLE,
        *,
        meta: dict[str, Any] | None = None,
        listed: Container[str] = (),
    ) -> Iterator[Request]:
        """Yield the requests for articles; ``meta`` is added to that of each request.

        ``listed`` are the keys of articles that a source names as such.
        """
        for target in targets:
            its_own: dict[str, Any] = {"key": target.key}
            if target.key in listed:
                its_own[LISTED] = True
            yield self.page(target.url, self._article, priority, meta=(meta or {}) | its_own)

    def refresh(self, key: str, url: str, headers: dict[str, str]) -> Request:
        """Return the conditional request for an article that is stored; ``headers`` are its validators."""
        meta = {"key": key, "handle_httpstatus_list": [NOT_MODIFIED], LISTED: True}
        return self.page(url, self._article, Priority.REFRESH, meta=meta, headers=headers)

    def listing_pages(self, pages: Iterable[ListPage], *, is_optional: bool = True) -> list[Request]:
        """Return the requests for pages of listings."""
        # A walk tracks its pages, and reads some again on purpose.
        extra: dict[str, Any] = {"meta": _OPTIONAL if is_optional else None, "dont_filter": True}
        return [
            self.page(path, self._listing, Priority.LIST, cb_kwargs={"walk": walk, "number": number}, **extra)
            for path, walk, number in pages
        ]

    def sitemap(self, child: Child, *, is_optional: bool = False, nesting: int = 0) -> Request:
        """Return the request for a sitemap; ``nesting`` is the number of nested indexes that led to it."""
        month = month_of(child.path)
        priority = Priority.SITEMAP + (12 * (month.year - 1900) + month.month if month else 0)
        meta, cb_kwargs = _OPTIONAL if is_optional else None, {"stamp": child.stamp, "nesting": nesting}
        return self.page(child.path, self._sitemap, priority, meta=meta, cb_kwargs=cb_kwargs)


@dataclass
class Page:
    """A response of the spider as a page, and what is stored of it."""

    response: Response
    document: Document
    writes: PageWrites
    kind: PageKind | None
    """None if the reader raised an error."""
    reading: PageReading | None
    """None if the page cannot be used."""

    @property
    def request(self) -> Request:
        """The request of the response."""
        assert self.response.request is not None
        return self.response.request

    @property
    def received_at(self) -> datetime:
        """When the response was received, in UTC."""
        return received_at(self.response)

    @property
    def failure(self) -> items.Failure:
        """Why a page without ``reading`` cannot be used."""
        if self.kind is None:
            return items.Failure("reader_error", "the reader broke on it")
        if self.kind in NOT_PARSED:
            return items.Failure(self.kind, NOT_PARSED[self.kind])
        return items.Failure(f"kind_{self.kind}", f"it came as a page of kind: {self.kind}")


class ResponseReader:
    """Reads responses of ``site``; ``bounds`` limit what is parsed of a page."""

    def __init__(self, site: Site, bounds: Bounds, crawl_stats: CrawlStats) -> None:
        self._site = site
        self._bounds = bounds
        self._crawl_stats = crawl_stats

    def page(self, response: Response) -> Page:
        """Return a response as a page; the run continues after an error of the reader."""
        document = parse_response(response, self._site, self._bounds)
        page = Page(response, document, writes_of(response), None, None)
        try:
            reading = read_page(document)
        except Exception:
            logger.exception("The reader broke on %s", document.url)
        else:
            page.kind, page.reading = reading.kind, None if reading.kind in UNSOUND else reading
        return page

    def syndication(self, response: Response) -> Syndication | None:
        """Return a feed or sitemap; None if the response is none."""
        return read_syndication(response.body, response.url, charset_of(response))

    def judge(
        self,
        read: Syndication,
        writes: PageWrites,
        what: str,
        *,
        nesting: int = 0,
        doubt: str | None = None,
        was_there: bool = False,
    ) -> items.Failure | None:
        """Count a feed or sitemap; return the failure if a part of it could not be read.

        One in ``doubt`` is read again, but counts as a failure only if an earlier run has found entries in it
        (``was_there``).
        """
        stats = self._crawl_stats
        stats.page(PageKind.FEED if read.form is Form.FEED else PageKind.SITEMAP)
        if read.skipped:
            stats.count("skipped/sitemap_of_no_articles", len(read.skipped))
        if read.loss is not None:
            why = {"cut": "it breaks off", "too_large": "it is larger than a sitemap may be"}[read.loss]
            number = len(read.pages) + len(read.sitemaps)
            return items.Failure(f"{what}_{read.loss}", f"{why}; {number} addresses are read")
        if nesting >= MOST_NESTED and read.sitemaps:
            message = f"{MOST_NESTED} indexes led to it one by one, so the sitemaps that it names are not read"
            return items.Failure("sitemap_nested", message)
        if self._is_foreign(read):
            return items.Failure(f"{what}_elsewhere", "none of its entries has an address of this site")
        if doubt is not None:
            failure = items.Failure(f"{what}_doubtful", doubt)
            if was_there:
                return failure
            writes.failure = failure
        return None

    def _is_foreign(self, read: Syndication) -> bool:
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
    writes = writes_of_request(response.request)
    writes.etag, writes.last_modified = header(response, "ETag"), header(response, "Last-Modified")
    return writes


def writes_of_request(request: Request) -> PageWrites:
    """Return the :class:`PageWrites` of a request that got no response, with its URL before redirects."""
    url = (request.meta.get("redirect_urls") or [request.url])[0]
    return PageWrites(url, request.meta.get("key"))


def temporary_redirect(request: Request, site: Site, number: int | None = None) -> items.Failure | None:
    """Return the failure if temporary redirects have led from an article's address to that of another article.

    ``number`` is that of the article to which they have led, if its page has one.
    """
    urls = [*request.meta.get("redirect_urls", ()), request.url]
    addresses = [site.address(url) for url in urls]
    first, last = addresses[0], addresses[-1]
    if first is None or last is None or may_be_one(first, last):
        return None
    if first.article_id is not None and first.article_id == number:
        return None
    steps = zip(addresses, addresses[1:], request.meta.get("redirect_reasons", ()), strict=False)
    if any(status not in PERMANENT and before != after for before, after, status in steps):
        return items.Failure("redirected", f"it redirects to another article, but not for good: {request.url}")
    return None


class FailedRequest:
    """A request without a page: why, and what is stored of it."""

    def __init__(self, failure: Failure) -> None:
        self.request: Request = failure.request  # type: ignore[attr-defined]
        self.writes = writes_of_request(self.request)
        self.failure = items.Failure(failures.reason(failure), failures.message(failure))
        self.is_answered = failures.is_answer(failure)
        """Whether the site answered; without an answer the site failed, not the URL."""

    @property
    def is_forbidden(self) -> bool:
        """Whether robots.txt forbids it."""
        return self.failure.reason == "robots"

    @property
    def is_gone(self) -> bool:
        """Whether the site has no such page."""
        return self.failure.reason in ("http_404", "http_410")

    @property
    def is_absent(self) -> bool:
        """Whether the site has no such page and need not have it."""
        return self.is_gone and bool(self.request.meta.get("optional"))

    def count_failure(self, crawl_stats: CrawlStats) -> PageWrites:
        """Count the request as failed, or as forbidden by robots.txt; return its result."""
        if self.is_forbidden:
            return crawl_stats.forbidden(self.writes, self.request.url)
        return crawl_stats.fail(self.writes, self.failure)


#: A method of the spider that yields the results and requests that follow from a failed request.
_FailureHandler = Callable[[Any, FailedRequest], Iterator[Any]]


def errback(handle: _FailureHandler) -> Callable[[Any, Failure], Iterator[Any]]:
    """Make an errback of ``handle``, which gets the :class:`FailedRequest`; commit the :class:`PageWrites` it yields.

    Most output of an errback passes no spider middleware. Requests that were not sent, as the run ends, are only
    counted: the next run sends them.
    """

    @wraps(handle)
    def on_failure(spider: Any, failure: Failure) -> Iterator[Any]:
        if isinstance(failure.value, failures.RunEndsError) or spider.crawler.stats.get_value(OTHER_SITE_STAT):
            spider.crawl_stats.count("unasked")
            return
        for each in handle(spider, FailedRequest(failure)):
            if isinstance(each, PageWrites):
                spider.commit(each)
            else:
                yield each

    return on_failure


def charset_of(response: Response) -> str | None:
    """Return the charset that the response's headers declare, or None."""
    return declared_charset(header(response, "Content-Type") or "")


def parse_response(response: Response, site: Site, bounds: Bounds) -> Document:
    """Return the document of a response."""
    return parse_document(response.body, response.url, site, charset_of(response), bounds)
