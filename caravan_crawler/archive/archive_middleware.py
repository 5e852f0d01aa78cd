"""Downloader middleware that archives every response of a crawl."""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http import HTTPStatus
from pathlib import Path
from typing import Any

from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.http import Response
from scrapy.utils.python import to_unicode
from twisted.web import http

from caravan_crawler.addons import CrawlerComponent
from caravan_crawler.archive.warc import EDITION, IDENTITY, SITE, WarcWriter, finish_interrupted
from caravan_crawler.downloadhandlers import header, received_at
from caravan_crawler.extensions.crawl_store import CrawlStore
from caravan_crawler.failures import RunEndsError, end_run
from caravan_crawler.outcome import ARCHIVE_STAT, IDENTITY_STAT
from caravan_crawler.spiders.requests import MAY_BE_RENDERED
from caravan_crawler.store import crawl_state
from caravan_crawler.store.store import edition

logger = logging.getLogger(__name__)

#: Below ``DATA_DIR``.
FOLDER = "warc"


class ArchiveMiddleware(CrawlerComponent):
    """Writes every response to WARC files as it was sent, including robots.txt, redirects and error pages.

    Loaded with ``ARCHIVE`` only. It is next to the downloader, before bodies are decompressed. The run ends if a
    response cannot be written.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._files: WarcWriter | None = None
        self._info: dict[str, str] = {}
        crawler.signals.connect(self.spider_opened, signals.spider_opened)
        crawler.signals.connect(self.engine_stopped, signals.engine_stopped)

    def spider_opened(self, spider: Any) -> None:
        """Finish the files of killed runs, and prepare those of this run."""
        folder = Path(spider.data_dir) / FOLDER
        self._info = {
            SITE: spider.site.base,
            EDITION: edition(spider.arguments.site),
            "robots": "obey" if self._crawler.settings.getbool("ROBOTSTXT_OBEY") else "ignore",
            "http-header-user-agent": str(self._crawler.settings["USER_AGENT"]),
            "description": json.dumps(spider.arguments.as_json(), ensure_ascii=False),
        }
        most_bytes = self._crawler.settings.getint("ARCHIVE_FILE_SIZE")
        try:
            finish_interrupted(folder, crawl_state.killed(CrawlStore.used_by(self._crawler).store))
            self._files = WarcWriter(folder, spider.run_id, self._info, most_bytes)
        except OSError as error:
            self._fail(error)

    def process_response(self, request: Request, response: Response) -> Response:
        """Archive the response; if that fails, the spider does not get it either."""
        if identity := self._crawler.stats.get_value(IDENTITY_STAT):
            self._info[IDENTITY] = identity  # known before the first file is begun
        reason = to_unicode(http.RESPONSES.get(response.status, b""))
        with self._writer() as files:
            files.write(
                response.url,
                f"{response.status} {reason}".strip(),
                _headers(response),
                response.body,
                received_at(request),
                str(response.ip_address) if response.ip_address else None,
                is_read=MAY_BE_RENDERED not in request.meta or response.status != HTTPStatus.OK,
            )
        return response

    def archive_page(self, request: Request, response: Response) -> None:
        """Archive a page as the spider gets it, rendered or not, with the time of the response it was made from."""
        headers = {name: header(response, name) for name in ("Content-Type", "ETag", "Last-Modified")}
        with self._writer() as files:
            files.write_read(response.url, response.body, received_at(request), headers)

    def engine_stopped(self) -> None:
        """Close the last file."""
        try:
            self._close()
        except OSError as error:
            self._fail(error)

    @contextmanager
    def _writer(self) -> Iterator[WarcWriter]:
        """Return the writer; end the run with RunEndsError if it cannot write."""
        if self._files is None:
            raise RunEndsError  # an earlier error closed the files
        try:
            yield self._files
        except OSError as error:
            self._fail(error)
            raise RunEndsError from None

    def _close(self) -> None:
        files, self._files = self._files, None
        if files is not None:
            files.close()

    def _fail(self, error: OSError) -> None:
        message = f"the archive of raw pages cannot be written: {error.strerror}"
        logger.error("%s", message)
        with suppress(OSError):
            self._close()
        self._crawler.stats.set_value(ARCHIVE_STAT, message)
        end_run(self._crawler, "archive failed")


def _headers(response: Response) -> list[tuple[str, str]]:
    return [
        (to_unicode(name), to_unicode(value, "latin-1"))
        for name, values in response.headers.items()
        for value in values or ()
    ]
