"""Why a page could not be fetched: a word for the stats, and words for people."""

from scrapy.exceptions import IgnoreRequest
from scrapy.spidermiddlewares.httperror import HttpError
from twisted.python.failure import Failure


def reason(failure: Failure) -> str:
    """Return one word: ``http_404``, ``robots``, ``DownloadTimeoutError`` …"""
    error = failure.value
    if isinstance(error, HttpError):
        return f"http_{error.response.status}"
    if isinstance(error, IgnoreRequest):
        return next((word for word in ("robots", "offsite", "redirections") if word in str(error)), "ignored")
    return type(error).__name__


def words(failure: Failure) -> str:
    """Return what happened, in one line."""
    error = failure.value
    if isinstance(error, HttpError):
        return f"HTTP {error.response.status}"
    reasons = getattr(error, "reasons", None) or [error]
    causes = [getattr(reason, "value", reason) for reason in reasons]
    return "; ".join(" ".join(str(cause).split()) or type(cause).__name__ for cause in causes)


def is_answer(failure: Failure) -> bool:
    """Whether the server answered, or robots.txt did, so that it can be asked for other pages."""
    return isinstance(failure.value, (HttpError, IgnoreRequest))
