"""For commands: printing to a terminal that may be gone, SIGINT and SIGTERM, and the garbage collector."""

import gc
import logging
import os
import signal
import sys
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn, Protocol, TextIO

from scrapy.exceptions import NotConfigured
from scrapy.settings import SETTINGS_PRIORITIES, BaseSettings
from scrapy.utils.log import get_scrapy_root_handler

from caravan_crawler.normalise.text import printable

_CALM = "WARNING"
#: The first parts of the names of this project's loggers: its modules' and its spider's.
_OWN = ("caravan_crawler", "caravan")


def is_terminal() -> bool:
    """Whether a person may be watching stderr."""
    return sys.stderr is not None and sys.stderr.isatty()


class QuietTerminalLog:
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


def open_closed_streams() -> None:
    """Let standard streams that were closed before the start (``2>&-``) lead nowhere.

    Else the first files opened, the store among them, would take their numbers, and what is printed would go there.
    """
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        try:
            os.fstat(number)
        except OSError:
            nowhere = os.open(os.devnull, os.O_RDWR)
            if nowhere != number:
                os.dup2(nowhere, number)
                os.close(nowhere)
            setattr(sys, name, os.fdopen(number, mode, encoding="utf-8", errors="replace", closefd=False))


def print_err(words: str) -> None:
    """Print a line on standard error, and go on where nobody reads that any more: Scrapyd may be gone."""
    try:
        print(printable(words), file=sys.stderr)
    except OSError:
        sys.stderr = None  # else Python tries again at its end, and changes the exit code


def print_out(lines: Iterable[str]) -> None:
    """Print on standard output, and go on where nobody reads to the end, as behind ``| head``."""
    try:
        print("".join(f"{printable(line)}\n" for line in lines), end="", flush=True)
    except BrokenPipeError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())  # else Python tries again at its end, and changes the exit code
        os.close(nowhere)


def append_exit_to_log(settings: BaseSettings, code: int, words: str) -> None:
    """Write how a run ended into its ``LOG_FILE``, where it has one that can be written."""
    if not settings["LOG_FILE"]:
        return
    try:
        with Path(settings["LOG_FILE"]).open("a", encoding="utf-8") as file:
            file.write(f"Exit code {code}: {printable(words)}\n")
    except OSError as error:
        print_err(f"scrapy crawl: the log cannot be written: {error.strerror}")


def format_size(size: float) -> str:
    """Return a number of bytes as people say it."""
    for unit in ("bytes", "KB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"


_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class StopRequestedError(BaseException):
    """Somebody has asked for the end; what is half done is taken away on its way up. ``code`` is the exit code."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.code = 128 + number


@contextmanager
def raise_on_stop_signal() -> Iterator[None]:
    """Raise :class:`StopAskedError` at the first signal that asks for the end; a second one ends at once."""
    before = {number: signal.signal(number, _stop) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _stop(number: int, _frame: FrameType | None) -> NoReturn:
    for each in _SIGNALS:
        signal.signal(each, signal.SIG_DFL)
    raise StopRequestedError(number)


class StopFlag:
    """Notes the first signal that asks for the end, for work that ends by itself; a second one ends at once."""

    def __init__(self) -> None:
        self.number = 0
        for number in _SIGNALS:
            signal.signal(number, self._note)

    def is_asked(self) -> bool:
        """Whether the work is to end."""
        return self.number != 0

    def _note(self, number: int, _frame: FrameType | None) -> None:
        self.number = number
        signal.signal(number, signal.SIG_DFL)


#: Objects between two collections; 700 by default, of which one page makes several times as many.
_COLLECT_AFTER = 20_000


def tune_gc() -> None:
    """Let Python's garbage collector look less often, and never at what is imported, which stays."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_COLLECT_AFTER, 20, 20)
