"""Render pages by scrapy-playwright."""

import asyncio
import logging
import os
import signal
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from playwright.async_api import Error
from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import DownloadFailedError
from scrapy.utils.python import to_unicode
from scrapy_playwright.handler import ScrapyPlaywrightDownloadHandler

from caravan_crawler.browser.completeness import PRESSABLE, Completeness

if TYPE_CHECKING:
    from playwright.async_api import Page, Route, WebSocketRoute
    from playwright.async_api import Request as Asked


#: What the command line of a node process that drives a browser has.
_DRIVES = b"run-driver"


def drivers() -> set[int]:
    """Return the numbers of the node processes that drive this one's browsers; none on a system without ``/proc``."""
    found = set()
    for pid in _children(os.getpid()):
        with suppress(OSError):
            if _DRIVES in Path(f"/proc/{pid}/cmdline").read_bytes():
                found.add(pid)
    return found


def descendants(pid: int) -> list[int]:
    """Return the numbers of all processes below one; none on a system without ``/proc``."""
    return [each for child in _children(pid) for each in (child, *descendants(child))]


def kill(pids: list[int]) -> None:
    """Kill processes; ignore those that have already exited."""
    for pid in pids:
        with suppress(OSError):
            os.kill(pid, signal.SIGKILL)


def _children(pid: int) -> list[int]:
    found = []
    for path in Path("/proc").glob(f"{pid}/task/*/children"):
        with suppress(OSError):
            found += [int(child) for child in path.read_text().split()]
    return found


class _OfTheBrowser(logging.Filter):
    """Drops what the event loop says of tasks and answers that a dead browser has left behind."""

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        return "playwright" not in message and "from the driver" not in message


_OF_THE_BROWSER = _OfTheBrowser()


def quieten() -> None:
    """Leave out their lines; called any number of times it does the same."""
    logging.getLogger("scrapy-playwright").setLevel(logging.ERROR)
    logging.getLogger("playwright").setLevel(logging.CRITICAL)
    logging.getLogger("asyncio").addFilter(_OF_THE_BROWSER)


#: Resource types to load; images, styles, fonts and frames contain no values.
_NEEDED = ("script", "xhr", "fetch")
_METHODS = ("GET", "POST")
#: Of the headers a script may set, those that change the answer.
_HEADERS = ("accept", "content-type", "x-requested-with", "x-wp-nonce")
#: They have a queue of their own: one at a time, and without the pause between pages.
_SLOT = "browser"
#: A page waits no longer for one of them.
_TIMEOUT = 10
_MOST_SCRIPTS, _MOST_BYTES = 100, 1 << 20


@dataclass(frozen=True)
class Answer:
    """Response of the site, decompressed."""

    status: int
    content_type: str
    body: bytes


class SubRequests:
    """Asks the site for what a page needs, through all of Scrapy's middlewares but without redirects and retries.

    So another host is never asked, nor what robots.txt forbids or what comes while the site is left alone; and what
    came is counted and archived as any response. The same script, which is on every page, is asked for once.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._scripts: dict[str, asyncio.Future[Answer | None]] = {}
        self._crawler.engine.downloader.per_slot_settings[_SLOT] = {"delay": 0.0, "concurrency": 1, "jitter": 0.0}

    @property
    def pause(self) -> float:
        """The delay between two requests to the site, as it is now."""
        downloader = self._crawler.engine.downloader
        site = self._crawler.spider.site  # type: ignore[union-attr]
        slot = downloader.slots.get(downloader.get_slot_key(Request(site.base)))
        return slot.delay if slot is not None else self._crawler.settings.getfloat("DOWNLOAD_DELAY")

    async def answer(self, asked: "Asked", is_over: asyncio.Event) -> Answer | None:
        """Return the site's answer; None for what is not asked for, was not answered, or comes when all ``is_over``."""
        if asked.resource_type not in _NEEDED or asked.method not in _METHODS or asked.is_navigation_request():
            return None
        coming = self._coming(asked)
        over = asyncio.ensure_future(is_over.wait())
        # One that is on its way is not broken off, only not waited for: the downloader counts on its end.
        both: set[asyncio.Future[Any]] = {coming, over}
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        over.cancel()
        return coming.result() if coming.done() and not coming.exception() else None

    def _coming(self, asked: "Asked") -> "asyncio.Future[Answer | None]":
        if asked.resource_type != "script" or asked.method != "GET":
            return asyncio.ensure_future(self._asked(asked))
        if asked.url not in self._scripts:
            if len(self._scripts) >= _MOST_SCRIPTS:
                self._scripts.clear()
            self._scripts[asked.url] = asyncio.ensure_future(self._asked(asked))
        return self._scripts[asked.url]

    async def _asked(self, asked: "Asked") -> Answer | None:
        meta = {"dont_retry": True, "dont_redirect": True, "download_timeout": _TIMEOUT, "download_slot": _SLOT}
        meta |= {"autothrottle_dont_adjust_delay": True}
        kept = {name: value for name, value in asked.headers.items() if name in _HEADERS}
        request = Request(asked.url, method=asked.method, headers=kept, body=asked.post_data_buffer, meta=meta)
        self._crawler.stats.inc_value("caravan/browser/sub_requests")
        download = asyncio.ensure_future(self._crawler.engine.download_async(request))
        await asyncio.wait({download})
        if download.exception() or 300 <= download.result().status < 400:  # where that leads nobody has asked for
            self._scripts.pop(asked.url, None)
            return None
        response = download.result()
        if response.status != 200 or len(response.body) > _MOST_BYTES:
            self._scripts.pop(asked.url, None)
        return Answer(response.status, to_unicode(response.headers.get("Content-Type") or b""), response.body)


#: Seconds between two checks, at first and later.
_LOOKS = 0.05, 0.3
#: Factor of the waiting time for a page that keeps sending requests.
_RESTLESS = 4
#: Maximum presses of the button for more.
_MOST_PRESSED = 50
_PRESS = """([tags, words]) => {
  const said = e => (e.tagName === 'INPUT' ? e.value : e.textContent).trim().replace(/\\s+/g, ' ');
  const button = [...document.querySelectorAll(tags)].find(e => said(e) === words);
  if (button) button.click();
}"""


@dataclass
class Visit:
    """What a page is shown for: ``look`` reads its HTML, ``wanted`` is what it waits for.

    It waits no longer than ``seconds`` after the last thing that came from the network.
    """

    url: str
    content_type: str
    body: bytes
    look: Callable[[str], Completeness | None]
    wanted: frozenset[str]
    seconds: float
    is_ending: Callable[[], bool]


class Tab:
    """Gives the browser the page as the site has sent it, and lets it ask for what its scripts need, nothing else.

    The browser itself has no way to the network: what is not answered here does not come.
    """

    def __init__(self, visit: Visit, subrequests: SubRequests) -> None:
        self._visit = visit
        self._subrequests = subrequests
        self._is_given = False
        self._is_over = asyncio.Event()
        self._under_way = 0
        self._last_answer = 0.0

    async def prepare(self, page: "Page", _: Any) -> None:
        """Stand between the page and the network."""
        await page.route_web_socket("**", _close)
        await page.route("**", self._answer)

    async def show(self, page: "Page") -> str:
        """Return the page's HTML when it shows what is wanted, or does not in time."""
        try:
            shown = await self._wait(page, lambda now: not (now.lacks & self._visit.wanted - {"more"}))
            if "more" in self._visit.wanted:
                await self._press(page, shown)
            return await page.content()
        finally:
            self._is_over.set()

    async def _wait(self, page: "Page", is_there: Callable[[Completeness], bool]) -> Completeness | None:
        began, pause = monotonic(), _LOOKS[0]
        while True:
            is_loading = await page.evaluate("document.readyState") == "loading"
            shown = self._visit.look(await page.content())
            if is_loading:
                began = monotonic()
            elif (shown is not None and is_there(shown)) or self._is_late(began):
                return shown
            if self._visit.is_ending():
                return shown
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, _LOOKS[1])

    def _is_late(self, began: float) -> bool:
        now, seconds = monotonic(), self._visit.seconds
        is_quiet = not self._under_way and now - max(began, self._last_answer) > seconds
        return is_quiet or now - began > _RESTLESS * seconds

    async def _press(self, page: "Page", shown: Completeness | None) -> None:
        """Press the button for more as long as it brings cards."""
        for _ in range(_MOST_PRESSED):
            if shown is None or shown.more is None or self._visit.is_ending():
                return
            await asyncio.sleep(self._subrequests.pause)
            before = shown.cards
            await page.evaluate(_PRESS, [", ".join(PRESSABLE), shown.more])
            shown = await self._wait(page, lambda now, before=before: now.cards > before)  # type: ignore[misc]
            if shown is not None and shown.cards <= before:
                return

    async def _answer(self, route: "Route") -> None:
        with suppress(Error):  # the page was closed meanwhile
            if not self._is_given and route.request.is_navigation_request():
                self._is_given = True
                headers = {"content-type": self._visit.content_type}
                await route.fulfill(status=200, headers=headers, body=self._visit.body)
                return
            self._under_way += 1
            answer = await self._subrequests.answer(route.request, self._is_over)
            self._under_way -= 1
            self._last_answer = monotonic()
            if answer is None:
                # With any other reason a page whose script would lead elsewhere gives way to an error page.
                await route.abort("aborted")
            else:
                headers = {"content-type": answer.content_type}
                await route.fulfill(status=answer.status, headers=headers, body=answer.body)


async def _close(socket: "WebSocketRoute") -> None:
    with suppress(Error):
        await socket.close()


logger = logging.getLogger(__name__)

#: A page that breaks the browser is tried so often …
_TRIES = 2
#: … and one that another page's end has cost its browser so often in all.
_MOST_TRIES = 6
#: After so many pages in a row for which it could not be used it is given up.
_MOST_FAILED = 3
#: After so many pages another one is begun, as it grows by some 0.4 MB a page.
_PAGES = 50
#: Timeouts of the browser's start and end, in seconds.
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
