"""The reason code and the message of a failure."""

import pytest
from OpenSSL import SSL
from scrapy.exceptions import (
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
)
from scrapy.http import Response
from scrapy.spidermiddlewares.httperror import HttpError
from service_identity import VerificationError
from twisted.python.failure import Failure
from twisted.web.client import ResponseFailed

from caravan_crawler.failures import RefusedError, is_refusal, is_unanswered, message, reason


def http(status: int) -> HttpError:
    return HttpError(Response("http://127.0.0.1/", status=status))


def untrusted() -> DownloadFailedError:
    error = DownloadFailedError("[<Failure …>]")
    cause = SSL.Error([("SSL routines", "", "certificate verify failed")])
    error.__cause__ = ResponseFailed([Failure(cause), Failure(cause)])  # type: ignore[no-untyped-call]
    return error


def wrong_host() -> DownloadFailedError:
    error = DownloadFailedError("[<Failure …>]")
    cause = VerificationError(errors=[])
    error.__cause__ = ResponseFailed([Failure(cause)])  # type: ignore[no-untyped-call]
    return error


TOO_LARGE = "the response is larger than DOWNLOAD_MAXSIZE"
BOMB = IgnoreRequest("Ignored response <200 http://x/> because its body exceeded DOWNLOAD_MAXSIZE (1 B)")

# exception, its reason, its message, whether there was no response, whether it is a refusal
CASES = [
    (http(404), "http_404", "HTTP 404", False, False),
    (http(403), "http_403", "HTTP 403", False, True),
    (http(429), "http_429", "HTTP 429", False, True),
    (http(503), "http_503", "HTTP 503", False, True),
    (DownloadTimeoutError("took\nlonger"), "DownloadTimeoutError", "took longer", True, False),
    (DownloadConnectionRefusedError(), "DownloadConnectionRefusedError", "DownloadConnectionRefusedError", True, False),
    (DownloadFailedError(b"gzip, chunked"), "DownloadFailedError", "DownloadFailedError b'gzip, chunked'", True, False),
    (untrusted(), "DownloadFailedError", "TLS: certificate verify failed", True, False),
    (wrong_host(), "DownloadFailedError", "TLS: the certificate is for another host", True, False),
    (DownloadCancelledError(""), "too_large", TOO_LARGE, False, False),
    (BOMB, "too_large", TOO_LARGE, False, False),
    (IgnoreRequest("Forbidden by robots.txt"), "robots", "Forbidden by robots.txt", False, False),
    (IgnoreRequest("max redirections reached"), "redirections", "max redirections reached", False, False),
    (IgnoreRequest("no reason"), "ignored", "no reason", False, False),
    (RefusedError("offsite", "offsite: robots.txt.kz"), "offsite", "offsite: robots.txt.kz", False, False),
]


@pytest.mark.parametrize(("error", "word", "line", "unanswered", "refusal"), CASES)
def test_failures(error: Exception, word: str, line: str, unanswered: bool, refusal: bool) -> None:
    failure = Failure(error)  # type: ignore[no-untyped-call]
    assert reason(failure) == word
    assert message(failure) == line
    assert is_unanswered(word) is unanswered
    assert is_refusal(word) is refusal
