"""Bodies that lie packed in an archive, as the site sent them."""

from functools import cache

from scrapy import Request, Spider
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from scrapy.statscollectors import MemoryStatsCollector

from caravan_crawler.visit.unpacking import Unpacking


class UnknownCodingError(Exception):
    """A body is packed in a way that nothing here can unpack."""


class TooLongError(Exception):
    """A body is longer than it may be when it is unpacked."""


def unpacked(body: bytes, content_encoding: str, most_bytes: int) -> bytes:
    """Return a body as a crawl unpacks it: whatever the crawl could read, its archive gives.

    A damaged one raises its library's own error.
    """
    request = Request("http://archive.invalid/", meta={"download_maxsize": most_bytes, "download_warnsize": most_bytes})
    response = Response(request.url, headers={"Content-Encoding": content_encoding}, body=body)
    try:
        response = _middleware().process_response(request, response)  # type: ignore[assignment]
    except IgnoreRequest:
        raise TooLongError from None
    if response.headers.get("Content-Encoding"):
        raise UnknownCodingError(content_encoding)
    return response.body


@cache
def _middleware() -> Unpacking:
    crawler = Crawler(Spider)
    crawler.stats = MemoryStatsCollector(crawler)
    return Unpacking(crawler=crawler)
