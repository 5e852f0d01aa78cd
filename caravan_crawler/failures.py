"""Failed requests and pages: reasons, stats and log, an outage, the run's end."""

import logging
from collections import Counter
from collections.abc import Callable
from http import HTTPStatus

from scrapy.crawler import Crawler
from scrapy.exceptions import DownloadCancelledError, IgnoreRequest
from scrapy.spidermiddlewares.httperror import HttpError
from scrapy.utils.defer import deferred_from_coro
from twisted.python.failure import Failure as RequestFailure

from caravan_crawler.page_writes import Failure, PageWrites
from caravan_crawler.pages.page import UNSOUND, PageKind, PageReading

#: Stat with the reason of an early end; waiting requests check it.
_ENDING_STAT = "caravan/ended_by"


class HeadersTooLargeError(Exception):
    """The status line, the headers and the interim responses before them are larger than allowed."""


class RunEndsError(Exception):
    """A request was not sent, as the run ends."""


def end_run(crawler: Crawler, reason: str) -> None:
    """Close the spider with ``reason`` as its ``finish_reason``; a second call changes nothing."""
    if crawler.stats.get_value(_ENDING_STAT) or crawler.engine.spider is None:
        return
    crawler.stats.set_value(_ENDING_STAT, reason)
    deferred_from_coro(crawler.engine.close_spider_async(reason=reason))


def is_ending(crawler: Crawler) -> bool:
    """Whether the run is being ended by :func:`end_run` or was stopped by a signal."""
    return not crawler.engine.running or crawler.stats.get_value(_ENDING_STAT) is not None


#: Exceptions that mean no complete response: Scrapy's, and Twisted's that Scrapy does not wrap.
_UNANSWERED = frozenset(
    "DownloadConnectionRefusedError DownloadFailedError DownloadTimeoutError CannotResolveHostError "
    "ResponseDataLossError ConnectionDone ConnectError ConnectionLost TunnelError OSError headers_too_large".split()
)
#: Failures of the server, or refusals of the crawler, rather than of the page. Challenges usually have status 403.
_REFUSALS = ("kind_challenge", f"http_{HTTPStatus.FORBIDDEN:d}", f"http_{HTTPStatus.TOO_MANY_REQUESTS:d}", "http_5")


def reason(failure: RequestFailure) -> str:
    """Return the reason as one word: ``http_404``, ``robots``, ``too_large``, ``DownloadTimeoutError`` …"""
    error = failure.value
    if isinstance(error, HttpError):
        return f"http_{error.response.status}"
    if isinstance(error, HeadersTooLargeError):
        return "headers_too_large"
    if _is_too_large(error):
        return "too_large"
    if isinstance(error, IgnoreRequest):
        known = ("robots", "offsite", "redirections", "address")
        return next((word for word in known if word in str(error)), "ignored")
    return type(error).__name__


def words(failure: RequestFailure) -> str:
    """Return a failure's message, in one line."""
    assert failure.value is not None
    return error_words(failure.value)


def error_words(error: BaseException) -> str:
    """Return a download exception's message, in one line."""
    if isinstance(error, HttpError):
        return f"HTTP {error.response.status}"
    if _is_too_large(error):
        return "the response is larger than DOWNLOAD_MAXSIZE"
    # Twisted's ResponseFailed, within Scrapy's error, has a list of what happened.
    reasons = getattr(error, "reasons", None) or getattr(error.__cause__, "reasons", None) or [error]
    return "; ".join(dict.fromkeys(_in_words(getattr(reason, "value", reason)) for reason in reasons))


def is_answer(failure: RequestFailure) -> bool:
    """Whether there was a response or the request was ignored, so that other pages can be requested."""
    return isinstance(failure.value, (HttpError, IgnoreRequest))


def is_unanswered(reason: str) -> bool:
    """Whether ``reason``, as of :func:`reason`, means that there was no complete response."""
    return reason in _UNANSWERED


def is_refusal(reason: str) -> bool:
    """Whether ``reason`` (:func:`reason` or ``kind_<kind>``) is a server error or refuses the crawler."""
    return reason.startswith(_REFUSALS)


def _is_too_large(error: object) -> bool:
    # Without Content-Length the error has no message; no other download is cancelled.
    return isinstance(error, DownloadCancelledError) or (
        isinstance(error, IgnoreRequest) and "DOWNLOAD_MAXSIZE" in str(error)
    )


def _in_words(cause: BaseException) -> str:
    if type(cause).__module__.startswith("OpenSSL") and cause.args and isinstance(cause.args[0], list):
        return "TLS: " + ", ".join(str(part[-1]) for part in cause.args[0])
    return " ".join(str(cause).split()) or type(cause).__name__


logger = logging.getLogger(__name__)

_MOST_UNANSWERED = 5
_MOST_REFUSED = 20


class OutageDetector:
    """Count consecutive pages without a response, or refused, each after all its retries.

    ``on_outage`` is called once, with a message.
    """

    def __init__(self, on_outage: Callable[[str], None]) -> None:
        self._on_outage = on_outage
        self._unanswered = 0
        self._refused = 0
        self._is_over = False

    def good(self) -> None:
        """Reset the counts: the site responded."""
        self._unanswered = self._refused = 0

    def bad(self, answered: bool) -> None:
        """Count a failed page: refused (5xx, 403, 429, challenge) if ``answered``, else without a response."""
        if answered:
            self._refused += 1
            self._unanswered = 0
        else:
            self._unanswered += 1
        if self._unanswered >= _MOST_UNANSWERED:
            words = f"{self._unanswered} pages in a row got no answer"
        elif self._refused >= _MOST_REFUSED:
            words = f"{self._refused} pages in a row were refused"
        else:
            return
        if not self._is_over:
            self._is_over = True
            self._on_outage(words)


class CrawlStats:
    """Count pages by kind, readers by fields found, and failures by reason; store the last failure.

    Every page and failure passes here, so this class also detects an outage, which ends the run.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._readers: Counter[str] = Counter()
        self._outage = OutageDetector(self._end)

    def count(self, event: str, number: int = 1) -> None:
        """Count an event: ``pages/article``, ``absent/http_404`` …"""
        self._crawler.stats.inc_value(f"caravan/{event}", number)

    def page(self, kind: PageKind) -> None:
        """Count a page by its kind; :meth:`fail` judges one of an unsound kind."""
        self.count(f"pages/{kind}")
        if kind not in UNSOUND:
            self._outage.good()

    def reading(self, reading: PageReading) -> None:
        """Count a page, and for an article what each field's reader found or missed."""
        self.page(reading.kind)
        if reading.article is None:
            return
        # About 24 counts per page: collected here, and added to the stats at the end.
        self._readers.update([f"read/{field}/{reader}" for field, reader in reading.article.found_by.items()])
        self._readers.update([f"missing/{field}" for field in reading.missing])
        for part, is_shown in reading.parts.items():
            self._readers[f"read/{part}/visible_text" if is_shown else f"missing/{part}"] += 1

    def fail(self, writes: PageWrites, reason: str, words: str) -> PageWrites:
        """Count and log a failed page; return its writes with the failure."""
        writes.failure = Failure(reason, words)
        self.count(f"failed/{reason}")
        self._crawler.stats.set_value("caravan/last_failure", f"{writes.asked_url}: {words}")
        logger.warning("Not read: %s (%s)", writes.asked_url, words)
        if is_unanswered(reason) or is_refusal(reason):
            self._outage.bad(answered=is_refusal(reason))
        else:
            self._outage.good()
        return writes

    def refused(self, page_url: str, problem: str) -> None:
        """Count and log a URL that is not followed."""
        self.count("refused/address")
        logger.info("Not followed, on %s: %s", page_url, problem)

    def close(self) -> None:
        """Add the collected counts to the stats."""
        for event, number in self._readers.items():
            self.count(event, number)
        self._readers.clear()

    def _end(self, words: str) -> None:
        logger.error("The run ends: %s", words)
        self._crawler.stats.set_value("caravan/outage", words)
        end_run(self._crawler, "outage")
