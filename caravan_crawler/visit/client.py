"""Twisted's HTTP client, with a bound on the bytes that a server sends before a body.

Twisted bounds one line, a chunk's size line and the trailers, but neither the number of header lines nor that of
interim responses: a server that never ends its headers fills the memory until the request times out.
"""

from functools import partial
from typing import Any

from scrapy.core.downloader.handlers import http11
from twisted.internet.defer import Deferred
from twisted.web.client import HTTPConnectionPool
from twisted.web.iweb import IResponse

#: Interim responses (1xx) before the one that counts; each is a line in Twisted's log.
_MOST_INTERIM = 10


class HeadersTooLargeError(Exception):
    """The status line, the headers and the interim responses before them are larger than allowed."""


class _BoundedParser(http11._LenientHTTPClientParser):
    longest: int
    header_bytes = 0
    interim = 0

    def lineReceived(self, line: bytes) -> None:  # noqa: N802 (Twisted's name)
        self.header_bytes += len(line) + len(self.delimiter)
        if self.header_bytes > self.longest:
            raise self._too_large()
        super().lineReceived(line)

    def lineLengthExceeded(self, line: bytes) -> None:  # noqa: N802 (Twisted's name)
        raise self._too_large()

    def allHeadersReceived(self) -> None:  # noqa: N802 (Twisted's name)
        self.interim += self.response.code < 200
        if self.interim > _MOST_INTERIM:
            raise HeadersTooLargeError(f"more than {_MOST_INTERIM} interim responses came before the response")
        super().allHeadersReceived()  # type: ignore[no-untyped-call]

    def _too_large(self) -> HeadersTooLargeError:
        return HeadersTooLargeError(f"the headers are larger than DOWNLOAD_MAX_HEADER_BYTES ({self.longest})")


class _BoundedProtocol(http11._LenientHTTP11ClientProtocol):
    longest: int

    def request(self, request: Any) -> "Deferred[IResponse]":
        response = super().request(request)
        parser: Any = self._parser
        # Twisted names the parser's class in its code; Scrapy replaces it in the same way.
        parser.__class__ = _BoundedParser
        parser.longest = parser.MAX_LENGTH = self.longest
        return response


class _BoundedFactory(http11._LenientHTTP11ClientFactory):
    def __init__(self, longest: int, *args: Any) -> None:
        super().__init__(*args)  # type: ignore[no-untyped-call]
        self._longest = longest

    def buildProtocol(self, addr: Any) -> _BoundedProtocol:  # noqa: N802 (Twisted's name)
        protocol = _BoundedProtocol(self._quiescentCallback)  # type: ignore[no-untyped-call]
        protocol.longest = self._longest
        return protocol


def bound_headers(pool: HTTPConnectionPool, longest: int) -> None:
    """Have the pool's connections end at headers of more than ``longest`` bytes."""
    pool._factory = partial(_BoundedFactory, longest)  # type: ignore[assignment]


def headers_problem(error: BaseException) -> HeadersTooLargeError | None:
    """Return the error of the headers that a failed download comes from, or None."""
    reasons = getattr(error.__cause__, "reasons", None) or ()
    values = (getattr(reason, "value", reason) for reason in reasons)
    return next((value for value in values if isinstance(value, HeadersTooLargeError)), None)
