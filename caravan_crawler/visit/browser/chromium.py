"""The browser of a run: begun with the first page that needs it, begun anew when it has died, ended with the run."""

import asyncio
import logging
from collections import Counter
from contextlib import suppress
from typing import Any

from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import DownloadFailedError
from scrapy_playwright.handler import ScrapyPlaywrightDownloadHandler

from caravan_crawler.visit.browser.processes import descendants, drivers, kill
from caravan_crawler.visit.browser.quiet import quieten
from caravan_crawler.visit.browser.subrequests import SubRequests
from caravan_crawler.visit.browser.tab import Tab, Visit

logger = logging.getLogger(__name__)

#: A page that breaks the browser is tried so often …
_TRIES = 2
#: … and one that another page's end has cost its browser so often in all.
_MOST_TRIES = 6
#: After so many pages in a row for which it could not be used it is given up.
_MOST_FAILED = 3
#: After so many pages another one is begun, as it grows by some 0.4 MB a page.
_PAGES = 50
#: Seconds it has to begin, and to end.
_START, _END = 60, 10


class BrowserError(DownloadFailedError):
    """A page could not be shown, as the browser failed."""


class Chromium:
    """Shows pages by scrapy-playwright, which knows how to start a browser and how to open and close its pages.

    A page takes no longer than DOWNLOAD_TIMEOUT, whatever it does. After a failure the whole browser is ended, with all
    its processes: of one that crashed or hangs nothing is known.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._subrequests = SubRequests(crawler)
        self._timeout = crawler.settings.getfloat("DOWNLOAD_TIMEOUT")
        self._handler: ScrapyPlaywrightDownloadHandler | None = None
        self._lock = asyncio.Lock()
        self._failed = 0
        self._shown: Counter[ScrapyPlaywrightDownloadHandler] = Counter()
        self._under_way: Counter[ScrapyPlaywrightDownloadHandler] = Counter()
        self._drivers: dict[ScrapyPlaywrightDownloadHandler, set[int]] = {}
        quieten()
        crawler.signals.connect(self.close, signals.engine_stopped)

    @property
    def is_given_up(self) -> bool:
        """Whether it failed so often that no further page is shown."""
        return self._failed >= _MOST_FAILED

    async def html(self, visit: Visit) -> str:
        """Return the page's HTML when its scripts have run; :class:`BrowserError` where the browser fails."""
        tries, words = 0, ""
        for _ in range(_MOST_TRIES):
            handler = None
            try:
                handler = await self._begun()
                shown = await self._show_in(handler, visit)
            except BrowserError as error:
                words = str(error)
            else:
                self._failed = 0
                return shown
            # Where it was ended meanwhile, another page has failed.
            is_own = handler is None or handler is self._handler
            tries += is_own
            if handler is not None and is_own:
                await self._end(handler, is_sound=False)
            if tries >= _TRIES or visit.is_ending():
                break
            self._crawler.stats.inc_value("caravan/browser/restarts")
            logger.warning("The browser failed on %s (%s) and is begun anew", visit.url, words)
        self._failed += 1
        raise BrowserError(words)

    async def close(self) -> None:
        """End the browser, and one that was about to end."""
        for handler in {*self._shown, *filter(None, [self._handler])}:
            await self._end(handler)

    async def _begun(self) -> ScrapyPlaywrightDownloadHandler:
        async with self._lock:
            if self._handler is None:
                handler = ScrapyPlaywrightDownloadHandler.from_crawler(self._crawler)
                self._handler = handler
                try:
                    await self._launch(handler)
                except BrowserError:
                    await self._end(handler, is_sound=False)
                    raise
            return self._handler

    async def _launch(self, handler: ScrapyPlaywrightDownloadHandler) -> None:
        """Start a browser, and note the process that drives it."""
        before = drivers()
        try:
            # It would begin with the engine, which runs already.
            await _done(handler._launch(), _START, "it does not start")
        finally:
            self._drivers[handler] = drivers() - before

    async def _show_in(self, handler: ScrapyPlaywrightDownloadHandler, visit: Visit) -> str:
        """Show a page; a browser that has shown enough takes no more, and ends with the last one under way in it."""
        self._under_way[handler] += 1
        self._shown[handler] += 1
        try:
            if self._shown[handler] >= _PAGES and handler is self._handler:
                self._handler = None
                self._crawler.stats.inc_value("caravan/browser/renewed")
            return await self._show(handler, visit)
        finally:
            self._under_way[handler] -= 1
            if not self._under_way[handler]:
                del self._under_way[handler]
                if self._shown[handler] >= _PAGES:
                    await self._end(handler)

    async def _show(self, handler: ScrapyPlaywrightDownloadHandler, visit: Visit) -> str:
        tab = Tab(visit, self._subrequests)
        meta = {
            "playwright": True,
            "playwright_page_init_callback": tab.prepare,
            "playwright_page_goto_kwargs": {"wait_until": "commit"},
            # It is waited for here: that library waits for the end of loading, to which many a page never comes.
            "playwright_include_page": True,
        }
        request = Request(visit.url, meta=meta)

        async def html() -> str:
            await handler.download_request(request)
            page = request.meta["playwright_page"]
            try:
                return await tab.show(page)
            finally:
                await page.close()

        shown: str = await _done(html(), self._timeout, f"no page after {self._timeout:.0f} seconds")
        return shown

    async def _end(self, handler: ScrapyPlaywrightDownloadHandler, *, is_sound: bool = True) -> None:
        if handler is self._handler:
            self._handler = None
        del self._shown[handler]
        processes = [pid for driver in self._drivers.pop(handler, ()) for pid in (driver, *descendants(driver))]
        if not is_sound:
            kill(processes)
        with suppress(BrowserError):
            await _done(handler.close(), _END, "it does not end")
        kill(processes)


async def _done(work: Any, seconds: float, too_late: str) -> Any:
    """Return what ``work`` gives; a :class:`BrowserError` for whatever goes wrong, or where it takes too long."""
    task = asyncio.ensure_future(work)
    await asyncio.wait({task}, timeout=seconds)
    if not task.done():
        task.cancel()
        raise BrowserError(too_late)
    if error := task.exception():
        logger.debug("The browser failed", exc_info=error)
        raise BrowserError(next(iter(str(error).strip().splitlines()), type(error).__name__)) from None
    return task.result()
