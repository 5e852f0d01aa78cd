"""What a command says: to whoever started it, and its last words to the log it was told to write.

Scrapyd keeps a job's log and tells no exit code, so the code stands there before the words.
"""

import os
import sys
from collections.abc import Iterable
from pathlib import Path

from scrapy.settings import BaseSettings

from caravan_crawler.normalise.text import printable


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


def tell(words: str) -> None:
    """Print a line on standard error, and go on where nobody reads that any more: Scrapyd may be gone."""
    try:
        print(printable(words), file=sys.stderr)
    except OSError:
        sys.stderr = None  # else Python tries again at its end, and changes the exit code


def show(lines: Iterable[str]) -> None:
    """Print on standard output, and go on where nobody reads to the end, as behind ``| head``."""
    try:
        print("".join(f"{printable(line)}\n" for line in lines), end="", flush=True)
    except BrokenPipeError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())  # else Python tries again at its end, and changes the exit code
        os.close(nowhere)


def note_end(settings: BaseSettings, code: int, words: str) -> None:
    """Write how a run ended into its ``LOG_FILE``, where it has one that can be written."""
    if not settings["LOG_FILE"]:
        return
    try:
        with Path(settings["LOG_FILE"]).open("a", encoding="utf-8") as file:
            file.write(f"Exit code {code}: {printable(words)}\n")
    except OSError as error:
        tell(f"scrapy crawl: the log cannot be written: {error.strerror}")


def shown_size(size: float) -> str:
    """Return a number of bytes as people say it."""
    for unit in ("bytes", "KB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"
