"""The pauses a site needs, kept by all workers together: Redis' clock says when the next request may go."""

import asyncio
from typing import Any
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.crawler import Crawler

from caravan_crawler.visit.patience import LOOK, Patience
from caravan_crawler.visit.shared.worker import Worker

#: Seconds for which an unused pace is kept.
_KEPT = 86_400

#: Returns the microseconds to the moment that is reserved; the next one is the delay later.
_RESERVE = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local held = redis.call('HMGET', KEYS[1], 'next', 'until')
local moment = math.max(now, tonumber(held[1] or 0), tonumber(held[2] or 0))
redis.call('HSET', KEYS[1], 'next', string.format('%.0f', moment + tonumber(ARGV[1])))
redis.call('EXPIRE', KEYS[1], ARGV[2])
return moment - now
"""
#: Returns the microseconds for which the site is still to be left alone.
_LEFT = """
local time = redis.call('TIME')
return tonumber(redis.call('HGET', KEYS[1], 'until') or 0) - (time[1] * 1000000 + time[2])
"""
_LEAVE_ALONE = """
local time = redis.call('TIME')
local moment = time[1] * 1000000 + time[2] + tonumber(ARGV[1])
local held = tonumber(redis.call('HGET', KEYS[1], 'until') or 0)
redis.call('HSET', KEYS[1], 'until', string.format('%.0f', math.max(moment, held)))
redis.call('EXPIRE', KEYS[1], ARGV[2])
return 1
"""


class SharedPatience(Patience):
    """Lets the requests of all workers go one by one, the downloader's delay apart, and none in a pause.

    While Redis does not answer, nothing is sent.
    """

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._key = f"caravan:pace:{urlsplit(crawler.spider.site.base).netloc}"  # type: ignore[union-attr]

    async def turn(self, request: Request) -> None:
        """Return when ``request`` may be sent; raise :class:`RunEndsError` where the run ends before."""
        self._check_run()
        slot = self._slot(request)
        delay = round(slot.delay * 1e6) if slot else 0
        wait = await self._ask(_RESERVE, delay)
        while wait > 0:
            await self._sleep(wait / 1e6)
            # A pause begun meanwhile takes the moment reserved away, lest all go at its end at once.
            wait = await self._ask(_LEFT) if delay == 0 else await self._reserve_again(delay)

    async def _reserve_again(self, delay: int) -> int:
        return await self._ask(_RESERVE, delay) if await self._ask(_LEFT) > 0 else 0

    async def _sleep(self, seconds: float) -> None:
        while seconds > 0:
            await asyncio.sleep(min(seconds, LOOK))
            self._check_run()
            seconds -= LOOK

    async def _ask(self, script: str, *values: int) -> int:
        """Run a script; where Redis does not answer, wait until it does or the run ends."""

        def question(redis: Any) -> int | None:
            left: int = redis.eval(script, 1, self._key, *values, _KEPT)
            return left

        while (answer := self._worker.link.ask(question, None)) is None:
            await asyncio.sleep(LOOK)
            self._check_run()
        return answer

    def _leave_alone(self, seconds: float, reason: str) -> None:
        super()._leave_alone(seconds, reason)
        values = round(seconds * 1e6), _KEPT
        self._worker.link.ask(lambda redis: redis.eval(_LEAVE_ALONE, 1, self._key, *values), None)

    @property
    def _worker(self) -> Worker:
        worker = self._crawler.get_extension(Worker)
        assert worker is not None
        return worker
