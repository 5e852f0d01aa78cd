"""Read responses: documents, feeds and sitemaps, and the start of a page's :class:`PageWrites`."""

import logging

from scrapy import Request
from scrapy.http import Response

from caravan_crawler.crawl_stats import CrawlStats
from caravan_crawler.downloadhandlers import header
from caravan_crawler.page_writes import PageWrites
from caravan_crawler.pages.document import Bounds, Document, parse_document
from caravan_crawler.pages.encoding import declared_charset
from caravan_crawler.pages.page import PageReading, read_page
from caravan_crawler.pages.syndication import Syndication, read_syndication
from caravan_crawler.urls import Site

logger = logging.getLogger(__name__)


class ResponseReader:
    """Reads responses of ``site``; ``bounds`` limit what is parsed of a page."""

    def __init__(self, site: Site, bounds: Bounds, crawl_stats: CrawlStats) -> None:
        self._site = site
        self._bounds = bounds
        self._crawl_stats = crawl_stats

    def document(self, response: Response) -> Document:
        """Return the page as a document."""
        return parse_document(response.body, response.url, self._site, _charset(response), self._bounds)

    def reading(self, document: Document) -> PageReading | None:
        """Return a page's reading, or None if the reader raised an error, so that the run continues."""
        try:
            return read_page(document)
        except Exception:
            logger.exception("The reader broke on %s", document.url)
            return None

    def syndication(self, response: Response) -> Syndication | None:
        """Return a feed or sitemap; None if the response is none."""
        return read_syndication(response.body, response.url, _charset(response))

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
    page.etag = header(response, "ETag")
    page.last_modified = header(response, "Last-Modified")
    return page


def writes_of_request(request: Request) -> PageWrites:
    """Return the :class:`PageWrites` of a request that got no response, with its URL before redirects."""
    url = (request.meta.get("redirect_urls") or [request.url])[0]
    return PageWrites(url, request.meta.get("key"))


def _charset(response: Response) -> str | None:
    return declared_charset(header(response, "Content-Type") or "")
