"""Downloader middleware that renders pages in a browser."""

import logging
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from time import monotonic

from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.http import HtmlResponse, Response

from caravan_crawler.browser import MAY_BE_RENDERED
from caravan_crawler.browser.addon import Mode, mode_of
from caravan_crawler.browser.completeness import ESSENTIAL, EVERYWHERE, Completeness, ExpectedPage, completeness_of
from caravan_crawler.browser.playwright import BrowserError, Chromium
from caravan_crawler.failures import RunEndsError, end_run, is_ending
from caravan_crawler.outcome import OUTAGE_STAT
from caravan_crawler.pages.document import Bounds, parse_document
from caravan_crawler.pages.encoding import declared_charset
from caravan_crawler.spiders.base import header

logger = logging.getLogger(__name__)

#: Pages in a row that may be rendered without gain before rendering stops, plus one per earlier gain …
_TRIES = 3
#: … up to this: a site may stop to need it in the middle of a run.
_MOST_TRIES = 20
#: Consecutive pages that the browser fails to render before it is given up.
_MOST_FAILED = 3
#: Seconds until page facts, which are the same on every page, are looked for again.
_EVERYWHERE_AGAIN = 3600.0


@dataclass
class _Tally:
    helped: int = 0
    in_vain: int = 0
    in_a_row: int = 0

    @property
    def is_given_up(self) -> bool:
        return self.in_a_row >= min(_TRIES + self.helped, _MOST_TRIES)


class RenderBenefit:
    """Decide from earlier gains which missing values are worth rendering a page."""

    def __init__(self) -> None:
        self._tallies: defaultdict[tuple[ExpectedPage, str], _Tally] = defaultdict(_Tally)
        self._seen_at: dict[str, float] = {}

    def wanted(self, asked: ExpectedPage, lacks: frozenset[str]) -> frozenset[str]:
        """Return the missing values that rendering may add."""
        return frozenset(
            name for name in lacks if not self._tallies[asked, name].is_given_up and not self._is_fresh(name)
        )

    def tell(self, asked: ExpectedPage, wanted: frozenset[str], gained: frozenset[str]) -> None:
        """Record which wanted values rendering added."""
        for name in wanted:
            tally = self._tallies[asked, name]
            if name in gained:
                tally.helped += 1
                tally.in_a_row = 0
            else:
                tally.in_vain += 1
                tally.in_a_row += 1
        for name in gained & EVERYWHERE:
            self._seen_at[name] = monotonic()

    def counts(self) -> Iterator[tuple[str, int]]:
        """Yield what was learnt as counters: ``helped/article/views`` …"""
        for (asked, name), tally in sorted(self._tallies.items()):
            for what, number in (
                ("helped", tally.helped),
                ("in_vain", tally.in_vain),
                ("given_up", int(tally.is_given_up)),
            ):
                if number:
                    yield f"{what}/{asked}/{name}", number

    def words(self) -> str:
        """Return a summary in one line."""
        parts = [
            f"{name} on {asked} pages: {tally.helped} of {tally.helped + tally.in_vain}"
            + (", given up" if tally.is_given_up else "")
            for (asked, name), tally in sorted(self._tallies.items())
            if tally.helped or tally.in_vain
        ]
        return "; ".join(parts) or "it was not needed"

    def _is_fresh(self, name: str) -> bool:
        seen_at = self._seen_at.get(name)
        return seen_at is not None and monotonic() - seen_at < _EVERYWHERE_AGAIN


#: Spider callbacks of pages that may be rendered.
_ASKED = {"parse_home": ExpectedPage.HOME, "parse_list": ExpectedPage.LIST}
_ASKED |= dict.fromkeys(("parse", "parse_named", "parse_part"), ExpectedPage.ARTICLE)
_UTF8 = "text/html; charset=utf-8"
#: They tell of the HTML that the site sends, and nothing of what scripts make of it.
_VALIDATORS = ("ETag", "Last-Modified")


class BrowserMiddleware:
    """Replaces a page by what the browser shows of it, where that is better; else the page stays as it came.

    The page itself is not asked for again: the browser is given what the site has sent.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._mode = mode_of(crawler.settings)
        self._bounds = Bounds.of(crawler.settings)
        self._learning = RenderBenefit()
        self._chromium: Chromium | None = None
        self._failed_in_a_row = 0
        self._is_given_up = False
        crawler.signals.connect(self.spider_closed, signals.spider_closed)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "BrowserMiddleware":
        """Scrapy's constructor."""
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        """Mark a page that may be shown."""
        if asked := _ASKED.get(getattr(request.callback, "__name__", "")):
            request.meta[MAY_BE_RENDERED] = asked

    async def process_response(self, request: Request, response: Response) -> Response:
        """Return the page as the browser shows it, or as it came."""
        asked = request.meta.get(MAY_BE_RENDERED)
        if asked is None or response.status != 200 or not isinstance(response, HtmlResponse):
            return response
        if self._is_given_up:
            return response
        try:
            before = self._look(response, asked)
        except Exception:  # noqa: BLE001 - the spider's reader breaks on it too, and says so
            return response
        if before is None:
            return response
        wanted = self._learning.wanted(asked, before.lacks)
        if not wanted and self._mode is Mode.AUTO:
            return response
        if is_ending(self._crawler):
            raise RunEndsError("the run ends")
        try:
            shown = await self._shown(response, asked, before, wanted)
            self._failed_in_a_row = 0
            return shown
        except BrowserError as error:
            self._failed(response, before, error)
            return response

    def spider_closed(self) -> None:
        """Log what was learnt."""
        for name, number in self._learning.counts():
            self._crawler.stats.set_value(f"caravan/browser/{name}", number)
        logger.info("Browser: %s", self._learning.words())

    async def _shown(
        self, response: HtmlResponse, asked: ExpectedPage, before: Completeness, wanted: frozenset[str]
    ) -> Response:
        if self._chromium is None:
            self._chromium = Chromium(self._crawler)
        html = await self._chromium.html(response, lambda html: self._look(_with_html(response, html), asked), wanted)
        if is_ending(self._crawler):
            raise RunEndsError("the run ends")  # it may have been looked at too early
        self._crawler.stats.inc_value("caravan/browser/pages")
        result = _with_html(response, html)
        shown = self._look(result, asked)
        gained = shown.gained(before) if shown is not None else frozenset()
        self._learning.tell(asked, wanted, gained)
        is_better = shown is not None and shown.is_better_than(before)
        return result if is_better else response

    def _failed(self, response: Response, before: Completeness, error: BrowserError) -> None:
        """Take in that a page could not be shown; what it was asked for is lost then, where it came without."""
        if is_ending(self._crawler):
            raise RunEndsError("the run ends")
        self._crawler.stats.inc_value("caravan/browser/failed")
        self._failed_in_a_row += 1
        if self._failed_in_a_row >= _MOST_FAILED and not self._is_given_up:
            self._is_given_up = True
            words = f"the browser cannot be used: {error}"
            logger.error("%s", words)
            self._crawler.stats.set_value("caravan/browser/given_up", 1)
            if self._mode is Mode.ALWAYS:
                self._crawler.stats.set_value(OUTAGE_STAT, words)
                end_run(self._crawler, "browser")
        if before.lacks & ESSENTIAL:
            raise error
        logger.warning("Read without the browser: %s (%s)", response.url, error)

    def _look(self, response: Response, asked: ExpectedPage) -> Completeness | None:
        site = self._crawler.spider.site  # type: ignore[union-attr]
        charset = declared_charset(header(response, "Content-Type") or "")
        return completeness_of(parse_document(response.body, response.url, site, charset, self._bounds), asked)


def _with_html(response: HtmlResponse, html: str) -> HtmlResponse:
    """Return the response with another body, in UTF-8."""
    headers = response.headers.copy()
    for name in _VALIDATORS:
        headers.pop(name, None)
    headers["Content-Type"] = _UTF8
    return response.replace(body=html.encode("utf-8", "replace"), headers=headers, encoding="utf-8")
