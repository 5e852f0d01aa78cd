"""The downloader middleware that shows a page in the browser where its HTML lacks what its scripts bring."""

import logging

from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.http import HtmlResponse, Response

from caravan_crawler.outcome import OUTAGE_STAT
from caravan_crawler.pages.document import Bounds, parse_document
from caravan_crawler.pages.encoding import declared_charset
from caravan_crawler.pages.shown import ESSENTIAL, Asked, Shown, look
from caravan_crawler.visit.browser import MAY_BE_SHOWN
from caravan_crawler.visit.browser.chromium import BrowserError, Chromium
from caravan_crawler.visit.browser.finding import Mode, mode_of
from caravan_crawler.visit.browser.learning import Learning
from caravan_crawler.visit.browser.tab import Visit
from caravan_crawler.visit.ending import RunEndsError, end_run, is_ending
from caravan_crawler.visit.visitor import header

logger = logging.getLogger(__name__)

#: The spider's methods that read pages a browser may show.
_ASKED = {"parse_home": Asked.HOME, "parse_list": Asked.LIST}
_ASKED |= dict.fromkeys(("parse", "parse_named", "parse_part"), Asked.ARTICLE)
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
        self._learning = Learning()
        self._chromium: Chromium | None = None
        self._is_given_up = False
        crawler.signals.connect(self.spider_closed, signals.spider_closed)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "BrowserMiddleware":
        """Scrapy's constructor."""
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        """Mark a page that may be shown."""
        if asked := _ASKED.get(getattr(request.callback, "__name__", "")):
            request.meta[MAY_BE_SHOWN] = asked

    async def process_response(self, request: Request, response: Response) -> Response:
        """Return the page as the browser shows it, or as it came."""
        asked = request.meta.get(MAY_BE_SHOWN)
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
            return await self._shown(response, asked, before, wanted)
        except BrowserError as error:
            self._failed(response, before, error)
            return response

    def spider_closed(self) -> None:
        """Say what was learnt."""
        for name, number in self._learning.counts():
            self._crawler.stats.set_value(f"caravan/browser/{name}", number)
        logger.info("Browser: %s", self._learning.words())

    async def _shown(self, response: HtmlResponse, asked: Asked, before: Shown, wanted: frozenset[str]) -> Response:
        if self._chromium is None:
            self._chromium = Chromium(self._crawler)
        visit = Visit(
            response.url,
            header(response, "Content-Type") or _UTF8,
            response.body,
            lambda html: self._look(_with_html(response, html), asked),
            wanted,
            self._crawler.settings.getfloat("BROWSER_WAIT"),
            lambda: is_ending(self._crawler),
        )
        html = await self._chromium.html(visit)
        if is_ending(self._crawler):
            raise RunEndsError("the run ends")  # it may have been looked at too early
        self._crawler.stats.inc_value("caravan/browser/pages")
        result = _with_html(response, html)
        shown = self._look(result, asked)
        gained = shown.gained(before) if shown is not None else frozenset()
        self._learning.tell(asked, wanted, gained)
        is_better = shown is not None and shown.is_better_than(before)
        return result if is_better else response

    def _failed(self, response: Response, before: Shown, error: BrowserError) -> None:
        """Take in that a page could not be shown; what it was asked for is lost then, where it came without."""
        if is_ending(self._crawler):
            raise RunEndsError("the run ends")
        self._crawler.stats.inc_value("caravan/browser/failed")
        assert self._chromium is not None
        if self._chromium.is_given_up and not self._is_given_up:
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

    def _look(self, response: Response, asked: Asked) -> Shown | None:
        site = self._crawler.spider.site  # type: ignore[union-attr]
        charset = declared_charset(header(response, "Content-Type") or "")
        return look(parse_document(response.body, response.url, site, charset, self._bounds), asked)


def _with_html(response: HtmlResponse, html: str) -> HtmlResponse:
    """Return the response with other contents, as UTF-8."""
    headers = response.headers.copy()
    for name in _VALIDATORS:
        headers.pop(name, None)
    headers["Content-Type"] = _UTF8
    return response.replace(body=html.encode("utf-8", "replace"), headers=headers, encoding="utf-8")
