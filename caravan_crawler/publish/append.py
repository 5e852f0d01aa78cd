"""Rows for the end of a file that others append to as well: none of theirs is lost, and no line is torn."""

import csv
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from filelock import FileLock, Timeout

#: Formats of one record a line; to others nothing can be appended but whole blocks.
_LINES = ("csv", "jsonl", "jsonlines", "jl")
#: Seconds in which another run has put its rows in place, however many they are.
_WAIT = 120.0
_CHUNK = 1 << 20


class AppendError(OSError):
    """The rows cannot be appended; ``strerror`` says why."""

    def __init__(self, words: str) -> None:
        super().__init__(0, words)


class Appending:
    """What ``-o`` does to a file: a run's rows wait in a file beside it, behind a copy of what was there.

    Whoever has appended in the meantime is caught up with before the file beside takes the place of the earlier one,
    under a lock, ``.<name>.lock``, so that of two runs that end at once the second one sees the first one's rows.
    """

    def __init__(self, path: Path, options: Mapping[str, Any]) -> None:
        self._path = path
        self._has_lines = options.get("format") in _LINES and not options.get("postprocessing")
        self._is_csv = self._has_lines and options.get("format") == "csv"
        self._lock = FileLock(path.with_name(f".{path.name}.lock"), timeout=_WAIT)
        self._seen: tuple[int, ...] | None = None
        self._rows_at = 0

    def begin(self, part: IO[bytes]) -> None:
        """Copy what is there to the file beside."""
        self._seen = self._state()
        self._rows_at = self._copy_to(part)

    def catch_up(self, part: Path) -> None:
        """Lock the file; where it has changed since, copy it again and put this run's rows behind it.

        :class:`AppendError` where that cannot be done; the lock is held until :meth:`release` in any case.
        """
        try:
            self._lock.acquire()
        except Timeout:
            raise AppendError(f"another run has been appending to it for {_WAIT:.0f} s") from None
        if self._state() == self._seen:
            return
        newer = part.with_name(f"{part.name}.new")
        try:
            with newer.open("wb") as file, part.open("rb") as rows:
                end = self._copy_to(file)
                rows.seek(self._rows_at)
                if end and not self._rows_at:
                    self._skip_header(rows)
                shutil.copyfileobj(rows, file, _CHUNK)
                file.flush()
                os.fsync(file.fileno())
            newer.replace(part)
        finally:
            newer.unlink(missing_ok=True)

    def release(self) -> None:
        """Let others append."""
        self._lock.release()

    def _state(self) -> tuple[int, ...] | None:
        try:
            now = self._path.stat()
        except FileNotFoundError:
            return None
        return now.st_ino, now.st_size, now.st_mtime_ns

    def _copy_to(self, file: IO[bytes]) -> int:
        """Copy what is there, and end its last line; return how many bytes that makes."""
        size, last = 0, b""
        if self._path.exists():
            with self._path.open("rb") as earlier:
                while chunk := earlier.read(_CHUNK):
                    file.write(chunk)
                    size += len(chunk)
                    last = chunk[-1:]
        if size and self._has_lines and last != b"\n":
            end = b"\r\n" if self._is_csv else b"\n"
            file.write(end)
            size += len(end)
        return size

    def _skip_header(self, rows: IO[bytes]) -> None:
        """Pass over this run's own header, as another run has begun the file meanwhile."""
        if self._is_csv:
            header = rows.readline().removeprefix(b"\xef\xbb\xbf").rstrip(b"\r\n")
            if first_line(self._path) != header:
                raise AppendError("another program has begun it with other columns")
        elif not self._has_lines:
            raise AppendError("another run has written it meanwhile")


def first_line(path: Path) -> bytes:
    """Return a file's first line without its end and without a byte order mark."""
    with path.open("rb") as file:
        return file.readline(_CHUNK).removeprefix(b"\xef\xbb\xbf").rstrip(b"\r\n")


def header_problem(path: Path, columns: list[str]) -> str | None:
    """Return why rows of these columns cannot be appended to a CSV, in words, or None."""
    if not path.is_file() or not path.stat().st_size:
        return None
    try:
        header = next(csv.reader([first_line(path).decode("utf-8", "replace")]), [])
    except csv.Error:
        header = []
    if header == columns:
        return None
    missing = next((name for name in columns if name not in header), None)
    told = f"lacks the column {missing}" if missing else "has other columns, or in another order"
    return f"cannot be appended to: its header {told}"
