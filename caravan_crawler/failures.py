"""Reason and message of a failed request, and errors that end the run."""

from http import HTTPStatus

from scrapy.crawler import Crawler
from scrapy.exceptions import DownloadCancelledError, IgnoreRequest
from scrapy.spidermiddlewares.httperror import HttpError
from scrapy.utils.defer import deferred_from_coro
from twisted.python.failure import Failure

#: Why the run ends before all is read, for what still waits to be sent.
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


TOO_LARGE = "too_large"
HEADERS_TOO_LARGE = "headers_too_large"

#: Exceptions that mean no answer came, or not a whole one: Scrapy's, and those of Twisted it lets pass.
_UNANSWERED = frozenset(
    "DownloadConnectionRefusedError DownloadFailedError DownloadTimeoutError CannotResolveHostError "
    "ResponseDataLossError ConnectionDone ConnectError ConnectionLost TunnelError OSError headers_too_large".split()
)
#: Answers that say nothing of the page asked for, but of the server or of what it thinks of the crawler.
#: Challenges come with status 403 more often than not.
_REFUSALS = ("kind_challenge", f"http_{HTTPStatus.FORBIDDEN:d}", f"http_{HTTPStatus.TOO_MANY_REQUESTS:d}", "http_5")


def reason(failure: Failure) -> str:
    """Return one word: ``http_404``, ``robots``, ``too_large``, ``DownloadTimeoutError`` …"""
    error = failure.value
    if isinstance(error, HttpError):
        return f"http_{error.response.status}"
    if isinstance(error, HeadersTooLargeError):
        return HEADERS_TOO_LARGE
    if _is_too_large(error):
        return TOO_LARGE
    if isinstance(error, IgnoreRequest):
        return next(
            (word for word in ("robots", "offsite", "redirections", "address") if word in str(error)), "ignored"
        )
    return type(error).__name__


def words(failure: Failure) -> str:
    """Return what happened, in one line."""
    assert failure.value is not None
    return error_words(failure.value)


def error_words(error: BaseException) -> str:
    """Return what an exception of a download says, in one line."""
    if isinstance(error, HttpError):
        return f"HTTP {error.response.status}"
    if _is_too_large(error):
        return "the response is larger than DOWNLOAD_MAXSIZE"
    # Twisted's ResponseFailed, within Scrapy's error, has a list of what happened.
    reasons = getattr(error, "reasons", None) or getattr(error.__cause__, "reasons", None) or [error]
    return "; ".join(dict.fromkeys(_in_words(getattr(reason, "value", reason)) for reason in reasons))


def is_answer(failure: Failure) -> bool:
    """Whether the server answered, or robots.txt did, so that it can be asked for other pages."""
    return isinstance(failure.value, (HttpError, IgnoreRequest))


def is_unanswered(reason: str) -> bool:
    """Whether ``reason``, as of :func:`reason`, means that there was no answer at all."""
    return reason in _UNANSWERED


def is_refusal(reason: str) -> bool:
    """Whether ``reason``, as of :func:`reason` or ``kind_<kind>``, means that the server answers no one, or not us."""
    return reason.startswith(_REFUSALS)


def _is_too_large(error: object) -> bool:
    # Of a body without Content-Length the error has no words; nothing else of ours is cancelled.
    return isinstance(error, DownloadCancelledError) or (
        isinstance(error, IgnoreRequest) and "DOWNLOAD_MAXSIZE" in str(error)
    )


def _in_words(cause: BaseException) -> str:
    if type(cause).__module__.startswith("OpenSSL") and cause.args and isinstance(cause.args[0], list):
        return "TLS: " + ", ".join(str(part[-1]) for part in cause.args[0])
    return " ".join(str(cause).split()) or type(cause).__name__
