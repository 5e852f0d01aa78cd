"""Rendering of pages in Chromium, by scrapy-playwright; requests of their scripts go through Scrapy."""

import asyncio
import logging
import os
import signal
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any

from playwright.async_api import Error, Page, Route
from playwright.async_api import Request as BrowserRequest
from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import DownloadFailedError
from scrapy.http import HtmlResponse, Response
from scrapy.utils.datatypes import LocalCache
from scrapy_playwright.handler import ScrapyPlaywrightDownloadHandler

from caravan_crawler.browser.completeness import PRESSABLE, Completeness
from caravan_crawler.console import error_line
from caravan_crawler.downloadhandlers import header
from caravan_crawler.failures import is_ending

#: Resource types to load; images, styles, fonts and frames contain no values.
_NEEDED = ("script", "xhr", "fetch")
_METHODS = ("GET", "POST")
#: Headers set by a script that may change the response.
_HEADERS = ("accept", "content-type", "x-requested-with", "x-wp-nonce")
#: Downloader slot of these requests: one at a time, without the delay between pages.
_SLOT = "browser"
_META = {
    "dont_retry": True,
    "dont_redirect": True,
    "download_timeout": 10,
    "download_slot": _SLOT,
    "autothrottle_dont_adjust_delay": True,
}
#: Maximum number of cached scripts, and maximum size of each, in bytes.
_MOST_SCRIPTS, _MOST_BYTES = 100, 1 << 20


class SubRequests:
    """Sends the requests of a page's scripts through all of Scrapy's middlewares, without redirects and retries.

    The rules of the crawl apply to them: own host, no private addresses, robots.txt, pauses after errors, stats and
    archive. Each script is requested once and cached for other pages.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._scripts: LocalCache[str, asyncio.Task[Response | None]] = LocalCache(_MOST_SCRIPTS)
        crawler.engine.downloader.per_slot_settings[_SLOT] = {"delay": 0.0, "concurrency": 1, "jitter": 0.0}

    @property
    def pause(self) -> float:
        """Current delay between two requests to the site, in seconds."""
        downloader = self._crawler.engine.downloader
        site = self._crawler.spider.site  # type: ignore[union-attr]
        slot = downloader.slots.get(downloader.get_slot_key(Request(site.base)))
        return slot.delay if slot is not None else self._crawler.settings.getfloat("DOWNLOAD_DELAY")

    async def response(self, browser_request: BrowserRequest) -> Response | None:
        """Return the response; None if the request is not allowed or fails."""
        url, method, kind = browser_request.url, browser_request.method, browser_request.resource_type
        if kind not in _NEEDED or method not in _METHODS or browser_request.is_navigation_request():
            return None
        if kind != "script" or method != "GET":
            return await self._download(browser_request)
        if url not in self._scripts:
            self._scripts[url] = asyncio.ensure_future(self._download(browser_request))
        return await self._scripts[url]

    async def _download(self, browser_request: BrowserRequest) -> Response | None:
        self._crawler.stats.inc_value("caravan/browser/sub_requests")
        response = None
        with suppress(Exception):
            request = Request(
                browser_request.url,
                method=browser_request.method,
                headers={name: value for name, value in browser_request.headers.items() if name in _HEADERS},
                body=browser_request.post_data_buffer,
                meta=_META,
            )
            response = await self._crawler.engine.download_async(request)
        if response is None or response.status != 200 or len(response.body) > _MOST_BYTES:
            self._scripts.pop(browser_request.url, None)
        return None if response is None or 300 <= response.status < 400 else response


logger = logging.getLogger(__name__)

#: Seconds between two readings of a page, at first and later.
_PAUSES = 0.05, 0.3
#: Factor of BROWSER_WAIT for a page that keeps sending requests.
_RESTLESS = 4
#: Maximum presses of the "more" button.
_MOST_PRESSED = 50
_PRESS = """([tags, label]) => {
  const text = e => (e.tagName === 'INPUT' ? e.value : e.textContent).trim().replace(/\\s+/g, ' ');
  const button = [...document.querySelectorAll(tags)].find(e => text(e) === label);
  if (button) button.click();
}"""

_BLANK = "about:blank"
#: Pages per browser process, which grows by some 0.4 MB a page.
_PAGES = 50
#: Timeouts of the browser's start and end, in seconds.
_START, _END = 60, 10


class BrowserError(DownloadFailedError):
    """The browser failed to render a page."""


@dataclass
class Rendering:
    """Loads a response already downloaded in the browser's tab, and sends its scripts' requests through Scrapy."""

    crawler: Crawler
    subrequests: SubRequests
    response: HtmlResponse
    measure: Callable[[str], Completeness | None]
    """Returns the completeness of HTML."""
    wanted: frozenset[str]
    """Values to wait for."""
    _is_loaded: bool = False
    _pending: int = 0
    _last_answer: float = 0.0

    async def html(self, handler: ScrapyPlaywrightDownloadHandler, page: Page) -> str:
        """Return the page's HTML once it has the wanted values, or its scripts add nothing more."""
        meta = {
            "playwright": True,
            "playwright_page": page,
            "playwright_page_init_callback": self._init,
            # Page methods of scrapy-playwright wait for the load event, which some pages never reach.
            "playwright_page_goto_kwargs": {"wait_until": "commit"},
            "playwright_include_page": True,
        }
        await handler.download_request(Request(self.response.url, meta=meta))
        shown = await self._wait(page, lambda now: not (now.lacks & self.wanted - {"more"}))
        if "more" in self.wanted:
            await self._press(page, shown)
        html = await page.content()
        with suppress(Error):  # a script may navigate at the same time
            await page.goto(_BLANK)  # ends the page's scripts
            await page.request_gc()  # without, a tab grows by megabytes a page
        return html

    async def _init(self, page: Page, _: Request) -> None:
        await page.route("**", self._route)

    async def _wait(self, page: Page, is_there: Callable[[Completeness], bool]) -> Completeness | None:
        """Read the page until ``is_there``, the wait is over, or the run ends; return the last reading."""
        loaded_at, pause = monotonic(), _PAUSES[0]
        while True:
            is_loading = await page.evaluate("document.readyState") == "loading"
            shown = self.measure(await page.content())
            if is_ending(self.crawler):
                return shown
            if is_loading:
                loaded_at = monotonic()
            elif (shown is not None and is_there(shown)) or self._is_late(loaded_at):
                return shown
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, _PAUSES[1])

    def _is_late(self, loaded_at: float) -> bool:
        """Whether no request is pending for BROWSER_WAIT seconds, or the page keeps sending requests."""
        now, seconds = monotonic(), self.crawler.settings.getfloat("BROWSER_WAIT")
        is_idle = not self._pending and now - max(loaded_at, self._last_answer) > seconds
        return is_idle or now - loaded_at > _RESTLESS * seconds

    async def _press(self, page: Page, shown: Completeness | None) -> None:
        """Press the "more" button as long as that adds cards."""
        for _ in range(_MOST_PRESSED):
            if shown is None or shown.more is None or is_ending(self.crawler):
                return
            await asyncio.sleep(self.subrequests.pause)
            before = shown.cards
            await page.evaluate(_PRESS, [", ".join(PRESSABLE), shown.more])
            shown = await self._wait(page, lambda now, before=before: now.cards > before)  # type: ignore[misc]
            if shown is not None and shown.cards <= before:
                return

    async def _route(self, route: Route) -> None:
        """Answer a request of the page, or abort it; the browser itself has no network access."""
        with suppress(Error):  # the page may be closed by now
            if not self._is_loaded and route.request.is_navigation_request():
                self._is_loaded = True
                await _fulfill(route, self.response)
                return
            self._pending += 1
            response = await self.subrequests.response(route.request)
            self._pending -= 1
            self._last_answer = monotonic()
            if response is None:
                # With any other error code a navigation by a script would replace the page by an error page.
                await route.abort("aborted")
            else:
                await _fulfill(route, response)


async def _fulfill(route: Route, response: Response) -> None:
    headers = {"content-type": header(response, "Content-Type") or "text/html; charset=utf-8"}
    await route.fulfill(status=response.status, headers=headers, body=response.body)


class Chromium:
    """Renders pages with scrapy-playwright, one after the other in one tab: opening a tab takes longer than a page.

    After a failure its state is unknown, so the browser is killed with all its processes. The next page starts another.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._subrequests = SubRequests(crawler)
        self._timeout = crawler.settings.getfloat("DOWNLOAD_TIMEOUT")
        self._lock = asyncio.Lock()
        self._handler: ScrapyPlaywrightDownloadHandler | None = None
        self._tab: Page | None = None
        self._drivers: set[int] = set()
        self._pages = 0
        _log_errors_only()
        crawler.signals.connect(self.close, signals.engine_stopped)

    async def html(
        self, response: HtmlResponse, measure: Callable[[str], Completeness | None], wanted: frozenset[str]
    ) -> str:
        """Return the page's HTML after its scripts have run; raise :class:`BrowserError` if that fails twice.

        ``measure`` and ``wanted`` are those of :class:`Rendering`.
        """
        rendering = partial(Rendering, self._crawler, self._subrequests, response, measure, wanted)
        async with self._lock:
            try:
                return await self._html(rendering())
            except BrowserError as error:
                if is_ending(self._crawler):
                    raise
                self._crawler.stats.inc_value("caravan/browser/restarts")
                logger.warning("The browser failed on %s (%s); a new one is started", response.url, error)
            return await self._html(rendering())

    async def close(self, *, is_sound: bool = True) -> None:
        """Close the browser, if any, and kill the processes that remain; kill all first if not ``is_sound``."""
        handler, self._handler, self._pages = self._handler, None, 0
        if handler is None:
            return
        processes = [pid for driver in self._drivers for pid in (driver, *descendants(driver))]
        if not is_sound:
            _kill(processes)
        with suppress(BrowserError):
            await _done(handler.close(), _END, "it does not end")
        _kill(processes)

    async def _html(self, rendering: Rendering) -> str:
        try:
            handler = self._handler or await self._start()
            assert self._tab is not None
            html: str = await _done(
                rendering.html(handler, self._tab), self._timeout, f"no page after {self._timeout:.0f} seconds"
            )
        except BrowserError:
            await self.close(is_sound=False)
            raise
        self._pages += 1
        if self._pages >= _PAGES:
            self._crawler.stats.inc_value("caravan/browser/renewed")
            await self.close()
        return html

    async def _start(self) -> ScrapyPlaywrightDownloadHandler:
        self._handler = ScrapyPlaywrightDownloadHandler.from_crawler(self._crawler)
        before = set(_children(os.getpid()))
        try:
            await _done(self._launch(self._handler), _START, "it does not start")
        finally:
            self._drivers = set(_children(os.getpid())) - before
        return self._handler

    async def _launch(self, handler: ScrapyPlaywrightDownloadHandler) -> None:
        # The handler starts its provider at the signal engine_started, which was sent before the handler was created.
        handler.browser_provider = handler.browser_provider_cls(handler.config)
        await handler.browser_provider.start()
        # The first page of a handler starts the browser and creates the context of all pages.
        context = {
            "service_workers": "block",  # page.route does not see their requests
            "accept_downloads": False,
            "user_agent": self._crawler.settings["USER_AGENT"],
        }
        meta = {"playwright": True, "playwright_include_page": True, "playwright_context_kwargs": context}
        request = Request(_BLANK, meta=meta)
        await handler.download_request(request)
        self._tab = request.meta["playwright_page"]


async def _done(work: Coroutine[Any, Any, Any], seconds: float, too_late: str) -> Any:
    """Return the result of ``work``; raise :class:`BrowserError` for any error, or after ``seconds``."""
    task = asyncio.ensure_future(work)
    await asyncio.wait({task}, timeout=seconds)
    if not task.done():
        task.cancel()
        raise BrowserError(too_late)
    if error := task.exception():
        logger.debug("The browser failed", exc_info=error)
        raise BrowserError(error_line(error)) from None
    return task.result()


def descendants(pid: int) -> list[int]:
    """Return the PIDs of all descendants of a process; none without ``/proc``."""
    return [each for child in _children(pid) for each in (child, *descendants(child))]


def _children(pid: int) -> list[int]:
    found = []
    for path in Path("/proc").glob(f"{pid}/task/*/children"):
        with suppress(OSError):
            found += [int(child) for child in path.read_text().split()]
    return found


def _kill(pids: list[int]) -> None:
    for pid in pids:
        with suppress(OSError):  # it may have exited
            os.kill(pid, signal.SIGKILL)


def _log_errors_only() -> None:
    logging.getLogger("scrapy-playwright").setLevel(logging.ERROR)
    logging.getLogger("playwright").setLevel(logging.CRITICAL)
    logging.getLogger("asyncio").addFilter(_is_not_of_browser)


def _is_not_of_browser(record: logging.LogRecord) -> bool:
    """Drop the event loop's messages about tasks and futures of a killed browser."""
    message = record.getMessage()
    return "playwright" not in message and "from the driver" not in message
