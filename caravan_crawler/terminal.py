"""What a person at a terminal sees of the log: warnings and this project's own lines, clear of the bar.

A log that goes to a file or a pipe is left as Scrapy writes it.
"""

import logging
import sys
from contextlib import AbstractContextManager
from typing import Any, Protocol, TextIO

from scrapy.exceptions import NotConfigured
from scrapy.settings import SETTINGS_PRIORITIES, BaseSettings
from scrapy.utils.log import get_scrapy_root_handler

_CALM = "WARNING"
#: The first parts of the names of this project's loggers: its modules' and its spider's.
_OWN = ("caravan_crawler", "caravan")


def is_terminal() -> bool:
    """Whether a person may be watching stderr."""
    return sys.stderr is not None and sys.stderr.isatty()


class CalmTerminal:
    """Add-on: on a terminal Scrapy's report of its parts and figures is not shown, unless LOG_LEVEL is given.

    An add-on, as only these are asked before Scrapy's log begins.
    """

    def __init__(self) -> None:
        # All is done before there is a crawler, so no log need name it among the add-ons.
        raise NotConfigured

    @classmethod
    def update_pre_crawler_settings(cls, settings: BaseSettings) -> None:
        """Raise the level of a log that goes to a terminal."""
        if not is_terminal() or settings["LOG_FILE"] or _is_level_given(settings):
            return
        if settings["LOG_LEVEL"] in ("DEBUG", "INFO", logging.DEBUG, logging.INFO):
            settings.set("LOG_LEVEL", _CALM, priority="project")


def _is_level_given(settings: BaseSettings) -> bool:
    """Whether the user gave a LOG_LEVEL for this run."""
    return (settings.getpriority("LOG_LEVEL") or 0) > SETTINGS_PRIORITIES["project"]


class Bars(Protocol):
    """What is needed of the class ``tqdm``."""

    @classmethod
    def external_write_mode(cls, file: TextIO | None = None) -> AbstractContextManager[None]:
        """Take the bars off the terminal for the time of the context."""


class TerminalHandler(logging.StreamHandler[TextIO]):
    """Stands in for Scrapy's handler on a terminal: takes the bar away, writes, and puts it back.

    Where the log is calm it lets pass the project's own lines from INFO on.
    """

    def __init__(self, replaced: logging.StreamHandler[TextIO], bars: type[Bars], *, is_calm: bool) -> None:
        super().__init__(replaced.stream)
        self._replaced = replaced
        self._bars = bars
        self.setFormatter(replaced.formatter)
        self.setLevel(logging.INFO if is_calm else replaced.level)
        for each in replaced.filters:
            self.addFilter(each)
        if is_calm:
            self.addFilter(_is_for_calm_terminal)

    @classmethod
    def install(cls, settings: BaseSettings, bars: type[Bars]) -> "TerminalHandler | None":
        """Take the place of Scrapy's handler; None where that one does not write to the terminal."""
        scrapys: Any = get_scrapy_root_handler()
        if getattr(scrapys, "stream", None) is not sys.stderr:
            return None
        is_calm = settings["LOG_LEVEL"] == _CALM and not _is_level_given(settings)
        handler = cls(scrapys, bars, is_calm=is_calm)
        logging.root.removeHandler(scrapys)
        logging.root.addHandler(handler)
        return handler

    def uninstall(self) -> None:
        """Give Scrapy's handler its place back."""
        logging.root.removeHandler(self)
        logging.root.addHandler(self._replaced)

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line where the bar was."""
        with self._bars.external_write_mode(file=self.stream):
            super().emit(record)


def _is_for_calm_terminal(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.WARNING or record.name.split(".", 1)[0] in _OWN
