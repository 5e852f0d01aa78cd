"""The spider's requests: their priorities, callbacks and ``meta``."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any
from urllib.parse import urljoin

from scrapy import Request

from caravan_crawler.frontier.articles import Target
from caravan_crawler.frontier.listings import ListPage
from caravan_crawler.frontier.sitemaps import Child, month_of
from caravan_crawler.urls import Site

# Priorities. Articles go before their sources, so that the queue stays as short as one sitemap or one listing page.
# Sitemaps go before listings, which then have few new articles; a sitemap's priority grows by one per month, so that
# the newest is read first. Refreshes wait until all new articles are read; retries of earlier failures come last.
ARTICLE, FRONT, SITEMAP, LIST, REFRESH, RETRY = 20_000, 10_000, 1_000, 10, 5, -10

#: ``meta`` of optional pages, such as the one after a listing's last: a 404 is no failure.
_OPTIONAL = {"optional": True}
NOT_MODIFIED = 304


#: A callback and an errback.
Handlers = tuple[Callable[..., Any], Callable[..., Any]]


class Requests:
    """Builds requests. ``Request.meta`` has an article's ``key``, and the ``alias`` that linked to it."""

    def __init__(self, site: Site, *, article: Handlers, listing: Handlers, sitemap: Handlers) -> None:
        self._site = site
        self._article = article
        self._listing = listing
        self._sitemap = sitemap

    @staticmethod
    def page(url: str, handlers: Handlers, priority: int, **kwargs: Any) -> Request:
        """Return the request for a page; ``kwargs`` are arguments of :class:`scrapy.Request`."""
        callback, errback = handlers
        return Request(url, callback=callback, errback=errback, priority=priority, **kwargs)

    def article(self, key: str | None, url: str) -> Request:
        """Return the request for an article's page."""
        return self.page(url, self._article, ARTICLE, meta={"key": key})

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
        return [
            self.page(
                urljoin(self._site.base, page.path),
                self._listing,
                LIST,
                meta=_OPTIONAL if is_optional else None,
                dont_filter=True,  # a walk tracks its pages, and reads some again on purpose
                cb_kwargs={"walk": page.walk},
            )
            for page in pages
        ]

    def sitemap(self, child: Child, *, is_optional: bool = False) -> Request:
        """Return the request for a sitemap."""
        month = month_of(child.path)
        return self.page(
            urljoin(self._site.base, child.path),
            self._sitemap,
            SITEMAP + (12 * (month.year - 1900) + month.month if month else 0),
            meta=_OPTIONAL if is_optional else None,
            cb_kwargs={"stamp": child.stamp},
        )
