"""Downloader middleware that archives every response of a crawl."""

import json
import logging
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured
from scrapy.http import Response
from scrapy.utils.python import to_unicode
from twisted.web import http

from caravan_crawler.archive.warc_records import EDITION, IDENTITY, SITE
from caravan_crawler.browser import MAY_BE_RENDERED
from caravan_crawler.downloadhandlers import header, received_at
from caravan_crawler.extensions.crawl_store import CrawlStore
from caravan_crawler.failures import RunEndsError, end_run
from caravan_crawler.outcome import ARCHIVE_STAT, IDENTITY_STAT
from caravan_crawler.store import crawl_state
from caravan_crawler.store.store import edition

if TYPE_CHECKING:
    from caravan_crawler.archive.warc_writer import WarcWriter


logger = logging.getLogger(__name__)

#: Below ``DATA_DIR``.
FOLDER = "warc"


class ArchiveMiddleware:
    """Hands every response to the WARC files as it came: robots.txt, redirects and error pages among them.

    It stands next to the downloader, before anything unpacks a body. What cannot be kept ends the run.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._files: WarcWriter | None = None
        self._about: dict[str, str] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "ArchiveMiddleware":
        """Scrapy's constructor."""
        if not crawler.settings.getbool("ARCHIVE"):
            raise NotConfigured
        middleware = cls(crawler)
        crawler.signals.connect(middleware.spider_opened, signals.spider_opened)
        crawler.signals.connect(middleware.engine_stopped, signals.engine_stopped)
        return middleware

    def spider_opened(self, spider: Any) -> None:
        """Finish what killed runs left, and make ready for this one's files."""
        from caravan_crawler.archive.warc_writer import WarcWriter, finish_interrupted

        crawl_store = CrawlStore.of(self._crawler)
        assert crawl_store is not None
        folder = Path(spider.data_dir) / FOLDER
        arguments = vars(spider.arguments)
        self._about = {
            SITE: spider.site.base,
            EDITION: edition(spider.arguments.site),
            "robots": "obey" if self._crawler.settings.getbool("ROBOTSTXT_OBEY") else "ignore",
            "http-header-user-agent": str(self._crawler.settings["USER_AGENT"]),
            "description": json.dumps(arguments, default=crawl_state.plain, ensure_ascii=False),
        }
        try:
            finish_interrupted(folder, crawl_state.killed(crawl_store.store))
            self._files = WarcWriter(
                folder, spider.run_id, self._about, self._crawler.settings.getint("ARCHIVE_FILE_SIZE")
            )
        except OSError as error:
            self._fail(error)

    def process_response(self, request: Request, response: Response) -> Response:
        """Keep the response and pass it on; what is not kept is not read either."""
        if identity := self._crawler.stats.get_value(IDENTITY_STAT):
            self._about[IDENTITY] = identity  # known before the first file is begun
        reason = to_unicode(http.RESPONSES.get(response.status, b""))
        self.keep(
            lambda files: files.write(
                response.url,
                f"{response.status} {reason}".strip(),
                _headers(response),
                response.body,
                received_at(request),
                str(response.ip_address) if response.ip_address else None,
                is_read=MAY_BE_RENDERED not in request.meta or response.status != HTTPStatus.OK,
            )
        )
        return response

    def keep(self, write: "Callable[[WarcWriter], None]") -> None:
        """Write to the files; RunEndsError where that cannot be done."""
        if self._files is None:
            raise RunEndsError  # they could not be opened, or not be written
        try:
            write(self._files)
        except OSError as error:
            self._fail(error)
            raise RunEndsError from None

    def engine_stopped(self) -> None:
        """Give the last file its final name."""
        if error := self._close():
            self._fail(error)

    def _close(self) -> OSError | None:
        files, self._files = self._files, None
        try:
            if files is not None:
                files.close()
        except OSError as error:
            return error
        return None

    def _fail(self, error: OSError) -> None:
        words = f"the archive of raw pages cannot be written: {error.strerror}"
        logger.error("%s", words)
        self._close()
        self._crawler.stats.set_value(ARCHIVE_STAT, words)
        end_run(self._crawler, "archive failed")


def _headers(response: Response) -> list[tuple[str, str]]:
    return [
        (to_unicode(name), to_unicode(value, "latin-1"))
        for name, values in response.headers.items()
        for value in values or ()
    ]


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
        middleware = self._crawler.get_downloader_middleware(ArchiveMiddleware)
        if middleware is not None and MAY_BE_RENDERED in request.meta and response.status == 200:
            told = {name: header(response, name) for name in ("Content-Type", "ETag", "Last-Modified")}
            middleware.keep(lambda files: files.write_read(response.url, response.body, received_at(request), told))
        return response
