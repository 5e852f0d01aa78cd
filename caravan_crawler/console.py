"""For commands: a terminal that may be gone, encodings, formats, signals, garbage collection."""

import codecs
import gc
import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from io import TextIOWrapper
from pathlib import Path
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, Any, NoReturn

from scrapy.settings import BaseSettings

from caravan_crawler.normalise.text import printable

if TYPE_CHECKING:  # only a terminal needs it
    from tqdm import tqdm


def is_terminal() -> bool:
    """Whether a person may be watching stderr."""
    return sys.stderr is not None and sys.stderr.isatty()


def load_tqdm() -> "type[tqdm[Any]]":
    """Return the class of progress bars, which only a terminal needs."""
    from tqdm import tqdm

    tqdm.monitor_interval = 0  # no thread of its own
    tqdm.set_lock(threading.RLock())  # no lock between processes
    return tqdm


def error_line(error: object) -> str:
    """Return the first line of an error's message, or the error's class if it has none."""
    return next(iter(str(error).strip().splitlines()), type(error).__name__)


@contextmanager
def progress_bar(unit: str, total: int | None = None, *, is_scaled: bool = False) -> Iterator["tqdm[Any] | None"]:
    """Yield a progress bar, or None if stderr is no terminal."""
    if not is_terminal():
        yield None
        return
    with load_tqdm()(total=total, unit=unit, unit_scale=is_scaled, dynamic_ncols=True, leave=False) as bar:
        yield bar


def open_closed_streams() -> None:
    """Open standard streams that were closed before the start (``2>&-``) on the null device.

    Otherwise the first files opened, such as the store, get their descriptors and receive the printed output.
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


def escape_unencodable() -> None:
    """Let standard output print JSON escapes for characters that its encoding does not have; ``--json`` stays JSON."""

    def escapes(error: UnicodeError) -> tuple[str, int]:
        assert isinstance(error, UnicodeEncodeError)
        return json.dumps(error.object[error.start : error.end])[1:-1], error.end

    codecs.register_error("json_escapes", escapes)
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="json_escapes")


def print_err(message: str) -> None:
    """Print a line to stderr; ignore a closed pipe, as after Scrapyd has exited."""
    try:
        print(printable(message), file=sys.stderr)
    except OSError:
        sys.stderr = None  # otherwise Python flushes again at exit and changes the exit code


def print_out(lines: Iterable[str]) -> None:
    """Print lines to stdout; ignore a closed pipe, as with ``| head``. End the program if the disk is full."""
    try:
        print("".join(f"{printable(line)}\n" for line in lines), end="", flush=True)
    except OSError as error:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())  # otherwise Python flushes again at exit and changes the exit code
        os.close(nowhere)
        if not isinstance(error, BrokenPipeError):
            sys.exit(f"standard output cannot be written: {error.strerror}")


def print_json(value: Any) -> None:
    """Print a value as JSON; JSON escapes stand for characters that control a terminal."""
    print_out([json.dumps(value, ensure_ascii=False, indent=1, default=str)])


def floors_of(settings: BaseSettings) -> dict[str, float]:
    """Return the setting FLOORS: field to the minimum share of articles in which it must be found."""
    return {name: float(share) for name, share in settings.getdict("FLOORS").items()}


def append_exit_to_log(settings: BaseSettings, code: int, message: str) -> None:
    """Append a run's exit code and reason to its ``LOG_FILE``, if set."""
    if not settings["LOG_FILE"]:
        return
    try:
        with Path(settings["LOG_FILE"]).open("a", encoding="utf-8") as file:
            file.write(f"Exit code {code}: {printable(message)}\n")
    except OSError as error:
        print_err(f"scrapy crawl: the log cannot be written: {error.strerror}")


def format_size(size: float) -> str:
    """Return a number of bytes in a readable unit."""
    for unit in ("bytes", "KB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"


def count(number: int, one: str, more: str | None = None) -> str:
    """Return a number of things: ``1 article``, ``2 articles``."""
    return f"{number:,} {one if number == 1 else more or f'{one}s'}"


def moment(time: str | None) -> str | None:
    """Return a stored time, which is in UTC, to the minute."""
    return time and time[:16].replace("T", " ")


def exit_on_ctrl_c() -> None:
    """Make a KeyboardInterrupt that nothing catches, as while modules are loaded, one line and its exit code."""

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if not issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
            return
        print_err("scrapy: stopped on request")
        raise SystemExit(stop_code(error))

    sys.excepthook = hook


_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class StopRequestedError(KeyboardInterrupt):
    """SIGINT or SIGTERM was received; ``code`` is the exit code."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.code = 128 + number


def stop_code(error: BaseException) -> int:
    """Return the exit code of a KeyboardInterrupt, which is SIGINT's unless it says which signal was received."""
    return error.code if isinstance(error, StopRequestedError) else 128 + signal.SIGINT


def raise_on_sigterm() -> None:
    """Raise :class:`StopRequestedError` at a SIGTERM, until another handler is installed."""
    signal.signal(signal.SIGTERM, _stop)


@contextmanager
def raise_on_stop_signal() -> Iterator[None]:
    """Raise :class:`StopRequestedError` at the first SIGINT or SIGTERM; a second one kills the process."""
    before = {number: signal.signal(number, _stop) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def ignore_late_stops() -> None:
    """Within :func:`raise_on_stop_signal`, ignore further signals: the output is about to replace the earlier one."""
    for number in _SIGNALS:
        if signal.getsignal(number) is _stop:
            signal.signal(number, signal.SIG_IGN)


def _stop(number: int, _frame: FrameType | None) -> NoReturn:
    for each in _SIGNALS:
        signal.signal(each, signal.SIG_DFL)
    raise StopRequestedError(number)


def note_stop_signals(note: Callable[[int], None]) -> None:
    """Call ``note`` with the number of each SIGINT and SIGTERM before the handler that is installed now."""

    def handle(handler: Callable[[int, Any], Any], number: int, frame: FrameType | None) -> None:
        note(number)
        handler(number, frame)

    for number in _SIGNALS:
        if callable(handler := signal.getsignal(number)):
            signal.signal(number, partial(handle, handler))


#: Allocations between two collections. Python's default is 700; one page makes several times as many.
_COLLECT_AFTER = 20_000


def tune_gc() -> None:
    """Run the garbage collector less often, and exclude imported objects from it."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_COLLECT_AFTER, 20, 20)
