"""One page in the browser, from what the site has sent to what it shows when its scripts have run."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Any

from playwright.async_api import Error

from caravan_crawler.pages.more_button import PRESSABLE
from caravan_crawler.pages.shown import Shown
from caravan_crawler.visit.browser.subrequests import SubRequests

if TYPE_CHECKING:
    from playwright.async_api import Page, Route, WebSocketRoute

#: Seconds between two looks, at first and later.
_LOOKS = 0.05, 0.3
#: A page that asks the site for something again and again gets so many times the seconds of a quiet one.
_RESTLESS = 4
#: The button that brings more is pressed so often at most.
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
    look: Callable[[str], Shown | None]
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

    async def _wait(self, page: "Page", is_there: Callable[[Shown], bool]) -> Shown | None:
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

    async def _press(self, page: "Page", shown: Shown | None) -> None:
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
