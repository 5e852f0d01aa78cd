"""Readable log lines: one line per external failure, a stack trace only for a bug."""

import logging
from typing import Any

from scrapy import Spider, signals
from scrapy.crawler import Crawler
from scrapy.http import Request
from scrapy.logformatter import LogFormatter, LogFormatterResult
from scrapy.utils.log import get_scrapy_root_handler
from twisted.python.failure import Failure

from caravan_crawler.normalise.text import printable

#: Scrapy's loggers that say what the spider says again, with the page, in its line ``Not read: …``; and in which words.
_SAID_TWICE = {
    "scrapy.downloadermiddlewares.robotstxt": ("Error downloading",),
    "scrapy.core.downloader.handlers.http11": ("larger than download max size", "Got data loss"),
    "scrapy.downloadermiddlewares.httpcompression": ("Ignored response",),
}


def _with_cause(record: logging.LogRecord) -> bool:
    """Name the cause of a feed that could not be stored, such as a server that is down, in place of the stack trace."""
    if record.exc_info and record.exc_info[1] is not None and record.getMessage().startswith("Error storing"):
        error = record.exc_info[1]
        cause = " ".join(str(error).split()) or type(error).__name__
        record.msg, record.args = f"{record.getMessage()} ({cause})", None
        record.exc_info = record.exc_text = None
    return True


def _is_said_once(record: logging.LogRecord) -> bool:
    message = record.getMessage()
    return not any(words in message for words in _SAID_TWICE[record.name])


class _Printable(logging.Formatter):
    """Formats as another one does, without control characters: lines quote what a site sent."""

    def __init__(self, formatter: logging.Formatter) -> None:
        super().__init__()
        self._formatter = formatter

    def format(self, record: logging.LogRecord) -> str:
        return printable(self._formatter.format(record))


def _print_safely() -> None:
    """Make Scrapy's handler, if installed, write only printable characters."""
    handler = get_scrapy_root_handler()
    if handler is not None and handler.formatter is not None and not isinstance(handler.formatter, _Printable):
        handler.setFormatter(_Printable(handler.formatter))


class QuietFormatter(LogFormatter):
    """Scrapy's messages, less those that repeat what the stats or the spider say."""

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "QuietFormatter":
        """Scrapy's constructor, called before the handler of the log is there."""
        crawler.signals.connect(_print_safely, signals.spider_opened, weak=False)
        return cls()

    def __init__(self) -> None:
        logging.getLogger("scrapy.extensions.feedexport").addFilter(_with_cause)
        for name in _SAID_TWICE:
            logging.getLogger(name).addFilter(_is_said_once)

    def crawled(self, request: Request, response: Any, spider: Spider) -> None:  # type: ignore[override]
        """Log nothing: the stats count pages."""

    def scraped(self, item: Any, response: Any, spider: Spider) -> None:  # type: ignore[override]
        """Log nothing: the stats count items, and an item's repr is its whole text."""

    def download_error(
        self, failure: Failure, request: Request, spider: Spider, errmsg: str | None = None
    ) -> LogFormatterResult:
        """Say what could not be fetched."""
        return {
            "level": logging.WARNING,
            "msg": "Not fetched: %(request)s (%(error)s)",
            "args": {"request": request, "error": failure.value},
        }
