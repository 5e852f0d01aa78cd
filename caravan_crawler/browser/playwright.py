"""Render pages with Chromium, by scrapy-playwright."""

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
from scrapy_playwright.handler import ScrapyPlaywrightDownloadHandler

from caravan_crawler.browser.completeness import PRESSABLE, Completeness
from caravan_crawler.browser.subrequests import SubRequests

if TYPE_CHECKING:
    from playwright.async_api import Page, Route, WebSocketRoute

logger = logging.getLogger(__name__)

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

#: Attempts for a page that breaks the browser itself.
_TRIES = 2
#: Attempts for a page in all, those included that ended because another page broke the browser.
_MOST_TRIES = 6
#: Consecutive failed pages after which the browser is not used any more in this run.
_MOST_FAILED = 3
#: Pages per browser process, which grows by some 0.4 MB a page.
_PAGES = 50
#: Timeouts of the browser's start and end, in seconds.
_START, _END = 60, 10


@dataclass
class Visit:
    """A page to render: its raw response, and what to wait for.

    ``look`` reads HTML, ``wanted`` names the values to wait for, ``seconds`` is the longest wait after the last
    response from the network.
    """

    url: str
    content_type: str
    body: bytes
    look: Callable[[str], Completeness | None]
    wanted: frozenset[str]
    seconds: float
    is_ending: Callable[[], bool]


class Tab:
    """A browser tab: passes the raw response to the browser, and sends its scripts' requests through Scrapy.

    The browser itself has no network access: every request is answered here or aborted.
    """

    def __init__(self, visit: Visit, subrequests: SubRequests) -> None:
        self._visit = visit
        self._subrequests = subrequests
        self._is_given = False
        self._is_over = asyncio.Event()
        self._under_way = 0
        self._last_answer = 0.0

    async def prepare(self, page: "Page", _: Any) -> None:
        """Route all requests of the page to this object."""
        await page.route_web_socket("**", _close)
        await page.route("**", self._answer)

    async def show(self, page: "Page") -> str:
        """Return the page's HTML when it has the wanted values, or the wait is over."""
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
        """Press the "more" button as long as that adds cards."""
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
                # With any other reason a script's navigation would replace the page by an error page.
                await route.abort("aborted")
            else:
                headers = {"content-type": answer.content_type}
                await route.fulfill(status=answer.status, headers=headers, body=answer.body)


async def _close(socket: "WebSocketRoute") -> None:
    with suppress(Error):
        await socket.close()


class BrowserError(DownloadFailedError):
    """The browser failed to render a page."""


class Chromium:
    """Render pages with scrapy-playwright, which starts the browser and opens and closes its pages.

    DOWNLOAD_TIMEOUT limits each page. After a failure the whole browser is killed with all its processes, as nothing is
    known about the state of one that crashed or hangs.
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
        """Whether the browser failed too often to be used again in this run."""
        return self._failed >= _MOST_FAILED

    async def html(self, visit: Visit) -> str:
        """Return the page's HTML after its scripts have run; raise :class:`BrowserError` if the browser fails."""
        tries, words = 0, ""
        for _ in range(_MOST_TRIES):
            handler = None
            try:
                handler = await self._started()
                shown = await self._show_in(handler, visit)
            except BrowserError as error:
                words = str(error)
            else:
                self._failed = 0
                return shown
            # If the browser was replaced meanwhile, another page broke it.
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
        """Close all browsers."""
        for handler in {*self._shown, *filter(None, [self._handler])}:
            await self._end(handler)

    async def _started(self) -> ScrapyPlaywrightDownloadHandler:
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
        """Start a browser and remember the process that drives it, to kill it if it hangs."""
        before = drivers()
        try:
            # Private: the public start waits for a signal that the engine has sent already. Users of BROWSER need the
            # restart after a crash.
            await _done(handler._launch(), _START, "it does not start")
        finally:
            self._drivers[handler] = drivers() - before

    async def _show_in(self, handler: ScrapyPlaywrightDownloadHandler, visit: Visit) -> str:
        """Render a page in this browser; after _PAGES pages it takes no more and closes with its last one."""
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
            # This class waits itself: scrapy-playwright waits for the load event, which some pages never reach.
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
    """Return the result of ``work``; raise :class:`BrowserError` for any error, or after ``seconds``."""
    task = asyncio.ensure_future(work)
    await asyncio.wait({task}, timeout=seconds)
    if not task.done():
        task.cancel()
        raise BrowserError(too_late)
    if error := task.exception():
        logger.debug("The browser failed", exc_info=error)
        raise BrowserError(next(iter(str(error).strip().splitlines()), type(error).__name__)) from None
    return task.result()


#: In the command line of the node process that drives a browser.
_DRIVES = b"run-driver"


def drivers() -> set[int]:
    """Return the PIDs of the node processes that drive this process's browsers; none without ``/proc``."""
    found = set()
    for pid in _children(os.getpid()):
        with suppress(OSError):
            if _DRIVES in Path(f"/proc/{pid}/cmdline").read_bytes():
                found.add(pid)
    return found


def descendants(pid: int) -> list[int]:
    """Return the PIDs of all descendants of a process; none without ``/proc``."""
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


class _BrowserLogFilter(logging.Filter):
    """Drop the event loop's messages about tasks and responses of a browser that died."""

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        return "playwright" not in message and "from the driver" not in message


_FILTER = _BrowserLogFilter()


def quieten() -> None:
    """Log errors only; idempotent."""
    logging.getLogger("scrapy-playwright").setLevel(logging.ERROR)
    logging.getLogger("playwright").setLevel(logging.CRITICAL)
    logging.getLogger("asyncio").addFilter(_FILTER)
