"""Log lines a person can read: one line for what went wrong outside, a stack trace only for a bug."""

import logging
from typing import Any

from scrapy import Spider
from scrapy.http import Request
from scrapy.logformatter import LogFormatter, LogFormatterResult
from twisted.python.failure import Failure


class _OneLine(logging.Filter):
    """Takes the stack trace off a record."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.exc_info = None
        record.exc_text = None
        return True


class QuietFormatter(LogFormatter):
    """Scrapy's messages, less those that repeat what the stats say."""

    def __init__(self) -> None:
        # An unreachable site is no bug, and robots.txt is the first thing asked of it.
        logging.getLogger("scrapy.downloadermiddlewares.robotstxt").addFilter(_ONE_LINE)

    def crawled(self, request: Request, response: Any, spider: Spider) -> None:  # type: ignore[override]
        """Say nothing: a page more is in the stats."""

    def scraped(self, item: Any, response: Any, spider: Spider) -> None:  # type: ignore[override]
        """Say nothing: an item more is in the stats, and its repr is its whole text."""

    def download_error(
        self, failure: Failure, request: Request, spider: Spider, errmsg: str | None = None
    ) -> LogFormatterResult:
        """Say what could not be fetched."""
        return {
            "level": logging.WARNING,
            "msg": "Not fetched: %(request)s (%(error)s)",
            "args": {"request": request, "error": failure.value},
        }


_ONE_LINE = _OneLine()
