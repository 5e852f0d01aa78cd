"""The log: readable lines, warnings only unless more is given, stack traces only for bugs."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from scrapy import Spider, signals
from scrapy.crawler import Crawler
from scrapy.http import Request
from scrapy.logformatter import LogFormatter, LogFormatterResult
from scrapy.settings import SETTINGS_PRIORITIES, BaseSettings
from scrapy.utils.log import get_scrapy_root_handler
from twisted.python.failure import Failure

from caravan_crawler.normalise.text import printable

#: Scrapy's loggers, and parts of their messages, that the spider's line ``Not read: …`` repeats with the page.
_REPEATED = {
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


def _is_not_repeated(record: logging.LogRecord) -> bool:
    message = record.getMessage()
    return not any(text in message for text in _REPEATED[record.name])


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
        for name in _REPEATED:
            logging.getLogger(name).addFilter(_is_not_repeated)

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


_CALM = "WARNING"
#: The first parts of the names of this project's loggers: its modules' and its spider's.
_OWN = ("caravan_crawler", "caravan")


def quieten(settings: BaseSettings) -> None:
    """Log warnings and errors only, unless LOG_FILE or LOG_LEVEL is given; a crawl has 170 lines at INFO."""
    if settings["LOG_FILE"] or _is_level_given(settings):
        return
    if settings["LOG_LEVEL"] in ("DEBUG", "INFO", logging.DEBUG, logging.INFO):
        settings.set("LOG_LEVEL", _CALM, priority="project")


def is_quiet(settings: BaseSettings) -> bool:
    """Whether :func:`quieten` has raised the log level."""
    return settings["LOG_LEVEL"] == _CALM and not _is_level_given(settings)


def _is_level_given(settings: BaseSettings) -> bool:
    """Whether the user gave a LOG_LEVEL for this run."""
    return (settings.getpriority("LOG_LEVEL") or 0) > SETTINGS_PRIORITIES["project"]


@contextmanager
def log_above_bar(settings: BaseSettings) -> Iterator[None]:
    """Hide the progress bar while Scrapy's log writes to stderr.

    If the log is quiet, the project's own loggers write from INFO on, as on a terminal a person may be watching.
    """
    scrapys: Any = get_scrapy_root_handler()
    if getattr(scrapys, "stream", None) is not sys.stderr:
        yield
        return
    from tqdm.contrib.logging import logging_redirect_tqdm

    with logging_redirect_tqdm():
        handler = logging.root.handlers[-1]
        handler.setLevel(scrapys.level)
        for each in scrapys.filters:
            handler.addFilter(each)
        if is_quiet(settings):
            handler.setLevel(logging.INFO)
            handler.addFilter(_is_for_calm_terminal)
        yield


def _is_for_calm_terminal(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.WARNING or record.name.split(".", 1)[0] in _OWN
