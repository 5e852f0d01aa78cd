"""Multi-page articles: the later pages are joined to one article before it is stored."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from scrapy import Request
from scrapy.downloadermiddlewares.retry import get_retry_request
from scrapy.http import Response
from twisted.python.failure import Failure

from caravan_crawler import failures
from caravan_crawler.failures import RunEndsError
from caravan_crawler.pages.article import read_article
from caravan_crawler.pages.article_parts import Parts, next_part, part_number
from caravan_crawler.pages.document import Document
from caravan_crawler.pages.page import UNSOUND, PageKind, PageReading
from caravan_crawler.spiders.base import ARTICLE
from caravan_crawler.spiders.start import StartRequests
from caravan_crawler.store.article_store import PageWrites
from caravan_crawler.urls import Address

#: Kinds of pages that a retry may fix.
WORTH_RETRYING = (PageKind.CUT, PageKind.CHALLENGE)


@dataclass
class Pending:
    """An article whose later pages are not all read yet."""

    document: Document
    reading: PageReading
    address: Address
    page: PageWrites
    seen_at: datetime
    parts: Parts


class LaterPages(StartRequests):
    """Read all pages of an article, at most :data:`~caravan_crawler.pages.article_parts.MOST_PARTS`, as one.

    If one page fails, the article fails: nothing of it is stored, and a later run tries again.
    """

    def _document(self, response: Response) -> Document:
        raise NotImplementedError

    def _read_page(self, document: Document) -> PageReading | None:
        raise NotImplementedError

    def _article(
        self, document: Document, reading: PageReading, address: Address, page: PageWrites, seen_at: datetime
    ) -> Iterator[Any]:
        """Yield the article's record and further requests."""
        raise NotImplementedError

    def _whole_article(
        self, document: Document, reading: PageReading, address: Address, page: PageWrites, seen_at: datetime
    ) -> Iterator[Any]:
        """Yield the article's record, or the request for its second page."""
        url = next_part(document, address.path, 1) if address.path is not None else None
        article = reading.article
        assert article is not None
        if url is None or not self._is_wanted(address, article.date_structured or article.date_published):
            yield from self._article(document, reading, address, page, seen_at)
            return
        # A 304 for the first page would not cover the other pages.
        page.etag = page.last_modified = None
        pending = Pending(document, reading, address, page, seen_at, Parts(str(address.path), article))
        yield self._part(url, pending)

    def _first_page(self, response: Response, page: PageWrites) -> Request | None:
        """Return the request for an article's first page if a later one was requested."""
        assert response.request is not None
        asked = self._address(page.asked_url)
        if asked is None or asked.part == 1 or not response.request.callback:
            return None
        url = self.site.canonical(asked)
        return self._request(url, response.request.callback, ARTICLE, meta={"key": str(asked.key)}, dont_filter=True)

    def parse_part(self, response: Response, pending: Pending) -> Iterator[Any]:
        """Read a later page of an article; yield the request for the next page, or the record."""
        assert response.request is not None
        document = self._document(response)
        reading = self._read_page(document)
        if reading is None or reading.kind in UNSOUND:
            kind = reading.kind if reading else None
            again = get_retry_request(response.request, spider=self, reason=f"page is {kind}")
            if kind in WORTH_RETRYING and again is not None:
                yield again
            else:
                what = f"kind_{kind}" if kind else "reader_error"
                self._fail_part(pending, what, f"{response.url} came as a page of kind: {kind}")
            return
        parts = pending.parts
        number = part_number(response.url, parts.path)
        if number is None:
            self._fail_part(pending, "redirected", f"its page {parts.number + 1} redirects to {response.url}")
            return
        is_new = number == parts.number + 1 and parts.add(reading.article or read_article(document))
        if is_new:
            self.crawl_stats.count("pages/part")
        url = next_part(document, parts.path, parts.number) if is_new and not parts.is_full else None
        if url is not None:
            yield self._part(url, pending)
        else:
            yield from self._article_of(pending)

    def part_failed(self, failure: Failure) -> Iterator[Any]:
        """Store an article's failure if a later page failed; if robots.txt forbids it, yield the record so far."""
        request: Request = failure.request  # type: ignore[attr-defined]
        pending: Pending = request.cb_kwargs["pending"]
        reason = failures.reason(failure)
        if reason == RunEndsError.__name__:
            self.crawl_stats.count("unasked")
        elif reason == "robots":
            self.crawl_stats.count("forbidden")
            self.logger.info("Forbidden by robots.txt: %s; the article is kept as far as it may be read", request.url)
            yield from self._article_of(pending)
        else:
            self._fail_part(pending, reason, f"{failures.words(failure)} at {request.url}")

    def _part(self, url: str, pending: Pending) -> Request:
        return Request(
            url,
            callback=self.parse_part,
            errback=self.part_failed,
            priority=ARTICLE + 1,
            dont_filter=True,
            cb_kwargs={"pending": pending},
        )

    def _article_of(self, pending: Pending) -> Iterator[Any]:
        yield from self._article(pending.document, pending.reading, pending.address, pending.page, pending.seen_at)

    def _fail_part(self, pending: Pending, reason: str, words: str) -> None:
        page = pending.page
        self._fail(page.asked_url, page.asked_key or str(pending.address.key), f"part_{reason}", words)

    def _is_wanted(self, address: Address, printed: str | None) -> bool:
        """Whether an article may be stored, judging by its first page."""
        return self.period.has_section(address.section) and self.period.is_open_to(printed)
