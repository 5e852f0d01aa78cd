"""What the scripts of a page ask the site for. The crawler asks it for them, so all its manners hold."""

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.utils.python import to_unicode

if TYPE_CHECKING:
    from playwright.async_api import Request as Asked

#: Pictures, styles, fonts, frames and the rest bring no values.
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
    """What the site has sent, unpacked."""

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
