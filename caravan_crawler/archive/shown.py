"""The downloader middleware that keeps pages as they are read, where a browser may have shown them."""

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured
from scrapy.http import Response

from caravan_crawler.archive.archivist import Archivist
from caravan_crawler.visit.browser import MAY_BE_SHOWN
from caravan_crawler.visit.handler import received_at
from caravan_crawler.visit.visitor import header


class ShownPages:
    """Hands such pages to the Archivist; it stands between the browser and the spider."""

    def __init__(self, crawler: Crawler) -> None:
        if not crawler.settings.getbool("ARCHIVE"):
            raise NotConfigured
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "ShownPages":
        """Scrapy's constructor."""
        return cls(crawler)

    def process_response(self, request: Request, response: Response) -> Response:
        """Keep the page that is read, under the moment of the response it was made of."""
        archivist = self._crawler.get_downloader_middleware(Archivist)
        if archivist is not None and MAY_BE_SHOWN in request.meta and response.status == 200:
            told = {name: header(response, name) for name in ("Content-Type", "ETag", "Last-Modified")}
            archivist.keep(lambda files: files.write_read(response.url, response.body, received_at(request), told))
        return response
