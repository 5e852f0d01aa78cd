"""Requests of a rendered page's scripts, sent through Scrapy."""

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.utils.python import to_unicode

if TYPE_CHECKING:
    from playwright.async_api import Request as BrowserRequest

#: Resource types to load; images, styles, fonts and frames contain no values.
_NEEDED = ("script", "xhr", "fetch")
_METHODS = ("GET", "POST")
#: Headers set by a script that are forwarded, as they change the response.
_HEADERS = ("accept", "content-type", "x-requested-with", "x-wp-nonce")
#: Downloader slot of these requests: one at a time, without the delay between pages.
_SLOT = "browser"
#: Timeout of one of these requests, in seconds.
_TIMEOUT = 10
#: Scripts kept in memory, and the size in bytes of the largest.
_MOST_SCRIPTS, _MOST_BYTES = 100, 1 << 20


@dataclass(frozen=True)
class Answer:
    """Response of the site, decompressed."""

    status: int
    content_type: str
    body: bytes


class SubRequests:
    """Send the requests of a page's scripts through all of Scrapy's middlewares, without redirects and retries.

    So the rules of the crawl hold for them: own host only, robots.txt, pauses after errors, stats and archive. A script
    that is on every page is requested once.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._scripts: dict[str, asyncio.Future[Answer | None]] = {}
        self._crawler.engine.downloader.per_slot_settings[_SLOT] = {"delay": 0.0, "concurrency": 1, "jitter": 0.0}

    @property
    def pause(self) -> float:
        """Current delay between two requests to the site, in seconds."""
        downloader = self._crawler.engine.downloader
        site = self._crawler.spider.site  # type: ignore[union-attr]
        slot = downloader.slots.get(downloader.get_slot_key(Request(site.base)))
        return slot.delay if slot is not None else self._crawler.settings.getfloat("DOWNLOAD_DELAY")

    async def answer(self, asked: "BrowserRequest", is_over: asyncio.Event) -> Answer | None:
        """Return the response; None if the request is not sent, fails, or has no response when ``is_over`` is set."""
        if asked.resource_type not in _NEEDED or asked.method not in _METHODS or asked.is_navigation_request():
            return None
        coming = self._coming(asked)
        over = asyncio.ensure_future(is_over.wait())
        # A request in progress is not cancelled, only not awaited: the downloader counts its end.
        both: set[asyncio.Future[Any]] = {coming, over}
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        over.cancel()
        return coming.result() if coming.done() and not coming.exception() else None

    def _coming(self, asked: "BrowserRequest") -> "asyncio.Future[Answer | None]":
        if asked.resource_type != "script" or asked.method != "GET":
            return asyncio.ensure_future(self._asked(asked))
        if asked.url not in self._scripts:
            if len(self._scripts) >= _MOST_SCRIPTS:
                self._scripts.clear()
            self._scripts[asked.url] = asyncio.ensure_future(self._asked(asked))
        return self._scripts[asked.url]

    async def _asked(self, asked: "BrowserRequest") -> Answer | None:
        meta = {"dont_retry": True, "dont_redirect": True, "download_timeout": _TIMEOUT, "download_slot": _SLOT}
        meta |= {"autothrottle_dont_adjust_delay": True}
        kept = {name: value for name, value in asked.headers.items() if name in _HEADERS}
        request = Request(asked.url, method=asked.method, headers=kept, body=asked.post_data_buffer, meta=meta)
        self._crawler.stats.inc_value("caravan/browser/sub_requests")
        download = asyncio.ensure_future(self._crawler.engine.download_async(request))
        await asyncio.wait({download})
        if download.exception() or 300 <= download.result().status < 400:  # redirects are not followed
            self._scripts.pop(asked.url, None)
            return None
        response = download.result()
        if response.status != 200 or len(response.body) > _MOST_BYTES:
            self._scripts.pop(asked.url, None)
        return Answer(response.status, to_unicode(response.headers.get("Content-Type") or b""), response.body)
