"""Requests of a rendered page's scripts, sent through Scrapy."""

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Response
from scrapy.utils.datatypes import LocalCache

if TYPE_CHECKING:
    from playwright.async_api import Request as BrowserRequest

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

    async def response(self, browser_request: "BrowserRequest") -> Response | None:
        """Return the response; None if the request is not allowed or fails."""
        url, method, kind = browser_request.url, browser_request.method, browser_request.resource_type
        if kind not in _NEEDED or method not in _METHODS or browser_request.is_navigation_request():
            return None
        if kind != "script" or method != "GET":
            return await self._download(browser_request)
        if url not in self._scripts:
            self._scripts[url] = asyncio.ensure_future(self._download(browser_request))
        return await self._scripts[url]

    async def _download(self, browser_request: "BrowserRequest") -> Response | None:
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
