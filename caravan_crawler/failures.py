"""Reason and message of a failed request, and errors that end the run."""

from http import HTTPStatus

from scrapy.crawler import Crawler
from scrapy.exceptions import DownloadCancelledError, IgnoreRequest
from scrapy.spidermiddlewares.httperror import HttpError
from scrapy.utils.defer import deferred_from_coro
from twisted.python.failure import Failure

#: Statuses of permanent redirects. Those of others, and pages that refresh themselves, may be temporary.
PERMANENT = (301, 308)
#: Stat with the reason of an early end; waiting requests check it.
_ENDING_STAT = "caravan/ended_by"


class HeadersTooLargeError(Exception):
    """The status line, the headers and the interim responses before them are larger than allowed."""


class RefusedError(IgnoreRequest):
    """A request was not sent, for a ``reason`` that is a stats key."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class RobotsUnreadError(Exception):
    """A request was not sent, as robots.txt could not be read."""


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


def raise_if_ending(crawler: Crawler) -> None:
    """Raise :class:`RunEndsError` if the run is being ended."""
    if is_ending(crawler):
        raise RunEndsError("the run ends")


#: Exceptions that mean no complete response: Scrapy's, and Twisted's that Scrapy does not wrap.
_UNANSWERED = frozenset(
    "DownloadConnectionRefusedError DownloadFailedError DownloadTimeoutError CannotResolveHostError "
    "ResponseDataLossError ConnectionDone ConnectError ConnectionLost TunnelError OSError headers_too_large".split()
)
#: Messages of Scrapy's middlewares, and the reasons that they give.
FORBIDDEN = "Forbidden by robots.txt"
_OF_SCRAPY = {FORBIDDEN: "robots", "max redirections reached": "redirections"}
#: Failures of the server, or refusals of the crawler, rather than of the page. Challenges usually have status 403.
_REFUSALS = ("kind_challenge", f"http_{HTTPStatus.FORBIDDEN:d}", f"http_{HTTPStatus.TOO_MANY_REQUESTS:d}", "http_5")


def reason(failure: Failure) -> str:
    """Return the reason as one word: ``http_404``, ``robots``, ``too_large``, ``DownloadTimeoutError`` …"""
    error = failure.value
    if isinstance(error, HttpError):
        return f"http_{error.response.status}"
    if isinstance(error, HeadersTooLargeError):
        return "headers_too_large"
    if _is_too_large(error):
        return "too_large"
    if isinstance(error, RefusedError):
        return error.reason
    if isinstance(error, IgnoreRequest):
        return _OF_SCRAPY.get(str(error), "ignored")
    return type(error).__name__


def message(failure: Failure) -> str:
    """Return a failure's message, in one line."""
    assert failure.value is not None
    return error_message(failure.value)


def error_message(error: BaseException) -> str:
    """Return a download exception's message, in one line."""
    if isinstance(error, HttpError):
        return f"HTTP {error.response.status}"
    if _is_too_large(error):
        return "the response is larger than DOWNLOAD_MAXSIZE"
    # Twisted's ResponseFailed, within Scrapy's error, has a list of what happened.
    reasons = getattr(error, "reasons", None) or getattr(error.__cause__, "reasons", None) or [error]
    messages = [_cause_message(getattr(reason, "value", reason)) for reason in reasons]
    return "; ".join(dict.fromkeys([*messages, *getattr(error, "__notes__", ())]))


def is_answer(failure: Failure) -> bool:
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


def _cause_message(cause: BaseException) -> str:
    if type(cause).__module__.startswith("OpenSSL") and cause.args and isinstance(cause.args[0], list):
        return "TLS: " + ", ".join(str(part[-1]) for part in cause.args[0])
    if type(cause).__name__ == "VerificationError":  # of service_identity
        return "TLS: the certificate is for another host"
    message = " ".join(str(cause).split())
    return message if message and not message.startswith("b'") else f"{type(cause).__name__} {message}".rstrip()
