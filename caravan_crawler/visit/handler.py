"""Scrapy's download handler for http and https, which keeps the site's pauses.

Whatever is sent passes here, robots.txt and retries among it, after all queues: so nothing overtakes a pause.
"""

from datetime import UTC, datetime

from scrapy import Request
from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler
from scrapy.crawler import Crawler
from scrapy.exceptions import CannotResolveHostError
from scrapy.http import Response
from scrapy.utils.httpobj import urlparse_cached

from caravan_crawler.visit.client import bound_headers, headers_problem
from caravan_crawler.visit.failures import is_unanswered
from caravan_crawler.visit.patience import Patience
from caravan_crawler.visit.resolver import refusals

_RECEIVED_AT = "received_at"


class PatientHandler(HTTP11DownloadHandler):
    """Sends a request when it is its turn, and tells how it went before the next is taken from the queue."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        bound_headers(self._pool, crawler.settings.getint("DOWNLOAD_MAX_HEADER_BYTES"))
        # `scrapy inspect` runs without extensions, and sends next to nothing.
        self._patience = crawler.get_extension(Patience) or Patience(crawler)

    async def download_request(self, request: Request) -> Response:
        """Return the response; raise Scrapy's download errors, HeadersTooLargeError or RunEndsError."""
        await self._patience.turn(request)
        try:
            response = await super().download_request(request)
        except CannotResolveHostError as error:
            self._patience.unanswered()
            # Twisted drops the resolver's own words on the way.
            refusal = refusals.get(urlparse_cached(request).hostname or "")
            raise CannotResolveHostError(refusal or str(error)) from error
        except Exception as error:
            if is_unanswered(type(error).__name__):
                self._patience.unanswered()
            if problem := headers_problem(error):
                raise problem from error  # no second try: whoever sends such headers does so again
            raise
        self._patience.answered(response)
        request.meta[_RECEIVED_AT] = datetime.now(UTC)
        return response


def received_at(answered: Request | Response) -> datetime:
    """Return when a response, or that to a request, was there, in UTC; an archive keeps the same moment with it.

    One that came from elsewhere than the network, as a cache of Scrapy's, is there now.
    """
    return answered.meta.get(_RECEIVED_AT) or datetime.now(UTC)
