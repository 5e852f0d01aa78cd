"""Downloader middleware that renders pages in a browser."""

import logging
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from time import monotonic

from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.http import HtmlResponse, Response

from caravan_crawler.addons import BrowserMode, CrawlerComponent, mode_of
from caravan_crawler.browser.completeness import ESSENTIAL, EVERYWHERE, Completeness, ExpectedPage, completeness_of
from caravan_crawler.browser.playwright import BrowserError, Chromium
from caravan_crawler.failures import end_run, raise_if_ending
from caravan_crawler.outcome import OUTAGE_STAT
from caravan_crawler.pages.document import Bounds
from caravan_crawler.spiders.requests import MAY_BE_RENDERED, parse_response

logger = logging.getLogger(__name__)

#: Consecutive pages rendered without gain before rendering stops, plus one per earlier gain …
_TRIES = 3
#: … up to this: a site may stop to need it in the middle of a run.
_MOST_TRIES = 20
#: Seconds until page facts, which are the same on every page, are looked for again.
_EVERYWHERE_AGAIN = 3600.0
#: Consecutive pages that the browser fails to render before it is given up.
_MOST_FAILED = 3


@dataclass
class _Tally:
    helped: int = 0
    in_vain: int = 0
    in_a_row: int = 0
    """Pages without gain since the last gain."""

    @property
    def is_given_up(self) -> bool:
        return self.in_a_row >= min(_TRIES + self.helped, _MOST_TRIES)


class RenderBenefit:
    """Decides from earlier gains which missing values are worth rendering a page."""

    def __init__(self) -> None:
        self._tallies: defaultdict[tuple[ExpectedPage, str], _Tally] = defaultdict(_Tally)
        self._gained_at: dict[str, float] = {}

    def wanted(self, expected: ExpectedPage, lacks: frozenset[str]) -> frozenset[str]:
        """Return the missing values that rendering may add."""
        recent = {name for name, time in self._gained_at.items() if monotonic() - time < _EVERYWHERE_AGAIN}
        return frozenset(name for name in lacks - recent if not self._tallies[expected, name].is_given_up)

    def record(self, expected: ExpectedPage, wanted: frozenset[str], gained: frozenset[str]) -> None:
        """Record which wanted values rendering added."""
        for name in wanted:
            tally = self._tallies[expected, name]
            if name in gained:
                tally.helped += 1
                tally.in_a_row = 0
            else:
                tally.in_vain += 1
                tally.in_a_row += 1
        self._gained_at |= dict.fromkeys(gained & EVERYWHERE, monotonic())

    def counts(self) -> Iterator[tuple[str, int]]:
        """Yield stat keys and values: ``helped/article/views`` …"""
        for (expected, name), tally in sorted(self._tallies.items()):
            numbers = {"helped": tally.helped, "in_vain": tally.in_vain, "given_up": int(tally.is_given_up)}
            yield from ((f"{key}/{expected}/{name}", number) for key, number in numbers.items() if number)


#: Spider callbacks of pages that may be rendered.
_EXPECTED = {"parse_home": ExpectedPage.HOME, "parse_list": ExpectedPage.LIST}
_EXPECTED |= dict.fromkeys(("parse", "parse_part"), ExpectedPage.ARTICLE)


class BrowserMiddleware(CrawlerComponent):
    """Replaces a page by its rendered HTML if that is more complete.

    The page is not requested again: the browser loads the response that was downloaded.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._mode = mode_of(crawler.settings)
        self._bounds = Bounds.of(crawler.settings)
        self._benefit = RenderBenefit()
        self._chromium: Chromium | None = None
        self._failed_in_a_row = 0
        self._is_given_up = False
        crawler.signals.connect(self.spider_closed, signals.spider_closed)

    def process_request(self, request: Request) -> None:
        """Mark a page that may be rendered."""
        if expected := _EXPECTED.get(getattr(request.callback, "__name__", "")):
            request.meta[MAY_BE_RENDERED] = expected

    async def process_response(self, request: Request, response: Response) -> Response:
        """Return the rendered page if it is more complete, else ``response``; archive what is returned."""
        expected = request.meta.get(MAY_BE_RENDERED)
        if expected is None or response.status != 200:
            return response
        page = await self._more_complete(response, expected)
        if self._crawler.settings.getbool("ARCHIVE"):
            from caravan_crawler.archive.archive_middleware import ArchiveMiddleware  # needs the extra ``archive``

            if archive := self._crawler.get_downloader_middleware(ArchiveMiddleware):
                archive.archive_page(request, page)
        return page

    async def _more_complete(self, response: Response, expected: ExpectedPage) -> Response:
        if self._is_given_up or not isinstance(response, HtmlResponse):
            return response
        try:
            before = self._completeness(response, expected)
        except Exception:  # noqa: BLE001 - the spider's reader raises it too, and reports it
            return response
        if before is None:
            return response
        wanted = self._benefit.wanted(expected, before.lacks)
        if not wanted and self._mode is BrowserMode.AUTO:
            return response
        try:
            rendered = await self._render(response, expected, wanted)
        except BrowserError as error:
            self._failed(response, before, error)
            return response
        self._failed_in_a_row = 0
        self._crawler.stats.inc_value("caravan/browser/pages")
        after = self._completeness(rendered, expected)
        self._benefit.record(expected, wanted, after.gained(before) if after else frozenset())
        return rendered if after and after.is_better_than(before) else response

    def spider_closed(self) -> None:
        """Count in the stats where rendering helped."""
        for name, number in self._benefit.counts():
            self._crawler.stats.set_value(f"caravan/browser/{name}", number)

    async def _render(self, response: HtmlResponse, expected: ExpectedPage, wanted: frozenset[str]) -> HtmlResponse:
        """Return the rendered page; raise RunEndsError if the run ends, as the page may be incomplete then."""
        raise_if_ending(self._crawler)
        if self._chromium is None:  # not earlier: it needs the engine
            self._chromium = Chromium(self._crawler)
        try:
            html = await self._chromium.html(
                response, lambda html: self._completeness(_with_html(response, html), expected), wanted
            )
        finally:
            raise_if_ending(self._crawler)
        return _with_html(response, html)

    def _failed(self, response: Response, before: Completeness, error: BrowserError) -> None:
        """Count a page that was not rendered, and raise ``error`` if it is useless without."""
        self._crawler.stats.inc_value("caravan/browser/failed")
        self._failed_in_a_row += 1
        if self._failed_in_a_row >= _MOST_FAILED and not self._is_given_up:
            self._is_given_up = True
            message = f"the browser cannot be used: {error}"
            logger.error("%s", message)
            self._crawler.stats.set_value("caravan/browser/given_up", 1)
            if self._mode is BrowserMode.ALWAYS:
                self._crawler.stats.set_value(OUTAGE_STAT, message)
                end_run(self._crawler, "browser")
        if before.lacks & ESSENTIAL:
            raise error
        logger.warning("Read without the browser: %s (%s)", response.url, error)

    def _completeness(self, response: Response, expected: ExpectedPage) -> Completeness | None:
        site = self._crawler.spider.site  # type: ignore[union-attr]
        return completeness_of(parse_response(response, site, self._bounds), expected)


def _with_html(response: HtmlResponse, html: str) -> HtmlResponse:
    """Return the response with another body, in UTF-8, without the validators of the raw body."""
    headers = response.headers.copy()
    for name in ("ETag", "Last-Modified"):
        headers.pop(name, None)
    headers["Content-Type"] = "text/html; charset=utf-8"
    return response.replace(body=html.encode("utf-8", "replace"), headers=headers, encoding="utf-8")
