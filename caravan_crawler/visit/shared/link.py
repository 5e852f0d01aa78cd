"""The connection to Redis: what it answers, and for how long it has not."""

import logging
from collections.abc import Callable
from os import environ
from time import monotonic
from typing import Any, TypeVar
from urllib.parse import urlsplit

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from caravan_crawler.keep.errors import StoreError

logger = logging.getLogger(__name__)

Answer = TypeVar("Answer")

#: Seconds; a question stops the whole crawl while it waits for its answer.
_ANSWER_WITHIN = 2.0
#: Seconds between two tries while there is none.
_PAUSE = 0.3


class RedisLink:
    """Asks Redis and does without an answer while there is none; ``address`` is what may be printed of its URL."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.address = f"{parts.hostname}:{parts.port or 6379}" if parts.hostname else parts.path
        password = None if parts.password else environ.get("CARAVAN_REDIS_PASSWORD")
        self._redis: Any = Redis.from_url(
            url,
            **({"password": password} if password else {}),
            decode_responses=True,
            socket_timeout=_ANSWER_WITHIN,
            socket_connect_timeout=_ANSWER_WITHIN,
            retry=Retry(NoBackoff(), 0),  # by default it would sleep for seconds between tries
        )
        self._lost_at: float | None = None
        self._try_at = 0.0
        self._words = ""

    def check(self) -> None:
        """See that Redis answers; :class:`StoreError`, with one line for the user, where it does not."""
        try:
            self._redis.ping()
        except RedisError as error:
            raise StoreError(f"Redis at {self.address} cannot be used: {_words(error)}") from None

    def ask(self, question: Callable[[Any], Answer], otherwise: Answer) -> Answer:
        """Return the answer to a question, put to the client it is given, or ``otherwise`` where none comes."""
        if self._lost_at is not None and monotonic() < self._try_at:
            return otherwise
        try:
            answer = question(self._redis)
        except RedisError as error:
            self._words = _words(error)
            if self._lost_at is None:
                self._lost_at = monotonic()
                logger.warning("Redis at %s does not answer, and is waited for: %s", self.address, self._words)
            self._try_at = monotonic() + _PAUSE
            return otherwise
        if self._lost_at is not None:
            logger.info("Redis at %s answers again", self.address)
            self._lost_at = None
        return answer

    def lost_for_longer_than(self, seconds: float) -> str | None:
        """Return in words that there has been no answer for so long, or None."""
        if self._lost_at is None or monotonic() - self._lost_at < seconds:
            return None
        return f"Redis at {self.address} has not answered for {seconds:g} s: {self._words}"

    def close(self) -> None:
        """Let go of the connection."""
        self._redis.close()


def _words(error: Exception) -> str:
    """Return what went wrong in one line."""
    return " ".join(str(error).split()).rstrip(".") or type(error).__name__
