"""A server that asks for pauses, and knows who keeps none."""

import math
import time
from collections.abc import Callable
from email.utils import formatdate

from caravan_crawler.sample_site.faults.base import Fault, Visit
from caravan_crawler.sample_site.response import HTML, SampleResponse

#: So many requests are answered between two pauses.
ANSWERED_BETWEEN = 40
#: Seconds in which requests sent before the client could know of the pause may still arrive.
_ON_THEIR_WAY = 0.5


class RateLimit(Fault):
    """After every 40 answers refuses all requests for ``seconds``, with ``status`` and Retry-After.

    Early is a request for an address that was refused in the same pause, and any that comes after those
    already on their way: half a second, or half of the pause if that is less.
    """

    clock: Callable[[], float] = staticmethod(time.time)
    """Seconds since 1970."""

    def __init__(self, seconds: int, status: int = 429, *, as_date: bool = False) -> None:
        self._seconds = seconds
        self._status = status
        self._as_date = as_date
        self._answered = 0
        self._told_at = 0.0
        self._until = 0.0
        self._refused: set[str] = set()

    def answer(self, visit: Visit, response: SampleResponse) -> SampleResponse:
        """Refuse the request, or count it."""
        now = self.clock()
        if now < self._until:
            is_late = now > self._told_at + min(_ON_THEIR_WAY, self._seconds / 2)
            self.early_requests += is_late or visit.target in self._refused
            return self._refuse(visit, now)
        if self._answered >= ANSWERED_BETWEEN:
            self._answered = 0
            self._told_at = now
            # A date has no fractions of a second, so the pause ends on a full one.
            self._until = math.ceil(now + self._seconds) if self._as_date else now + self._seconds
            self._refused.clear()
            return self._refuse(visit, now)
        self._answered += 1
        return response

    def _refuse(self, visit: Visit, now: float) -> SampleResponse:
        self._refused.add(visit.target)
        when = formatdate(self._until, usegmt=True) if self._as_date else str(math.ceil(self._until - now))
        headers = {"Content-Type": HTML, "Retry-After": when}
        return SampleResponse(self._status, headers, b"<html><body>Too many requests</body></html>")
