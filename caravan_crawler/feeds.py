"""Feeds: files replaced atomically at the end of a run, appended to, or streams; CSV without formulas."""

import codecs
import errno
import io
import json
import logging
import os
import re
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any

from filelock import FileLock, Timeout
from scrapy import Spider
from scrapy.crawler import Crawler
from scrapy.exporters import CsvItemExporter
from scrapy.utils.serialize import ScrapyJSONEncoder

from caravan_crawler.addons import CrawlerComponent
from caravan_crawler.atomic import is_replaceable, local_path, part_path, replace_file
from caravan_crawler.outcome import FEED_STAT, STREAM_STAT

logger = logging.getLogger(__name__)


class WholeFileStorage(CrawlerComponent):
    """Scrapy's feed storage for local files; spiders of others have Scrapy's own."""

    def __init__(self, crawler: Crawler, uri: str, *, feed_options: dict[str, Any] | None = None) -> None:
        self.path = local_path(uri)
        self._crawler = crawler
        options = feed_options or {}
        self._appending = None if options.get("overwrite", False) else Appending(self.path, options)
        self._part: Path | None = None
        self.is_broken = False

    def open(self, spider: Any) -> IO[bytes]:
        """Open the partial file. A device or a pipe is written directly, as it cannot be replaced."""
        if not is_replaceable(self.path):
            return _open_stream(self.path, str(self.path), self._crawler)
        part = part_path(self.path, spider.run_id)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            file = _FeedFile(part, self._fail, syncs=True)
        except OSError as error:
            self._fail(error)
            return io.BytesIO()
        self._part = part
        return file

    def store(self, file: IO[bytes]) -> None:
        """Close the partial file; it is published or not when all feeds are complete."""
        file.close()
        if self.is_broken and self._part is not None:
            self._part.unlink(missing_ok=True)  # incomplete, and the disk may be full; the store has the rows

    @property
    def is_ready(self) -> bool:
        """Whether all rows are on disk after :meth:`store`, for :meth:`publish` or :meth:`keep_partial`."""
        return self._part is not None and not self.is_broken

    @property
    def move(self) -> tuple[Path, Path]:
        """The partial file and its final path."""
        assert self._part is not None
        return self._part, self.path

    @property
    def noted(self) -> dict[str, Any]:
        """The next run needs this to publish the file if this run is killed before that; JSON."""
        return {"seen": _state_of(self.path)} if self._appending is None else self._appending.noted

    def merge_appended(self) -> None:
        """Let the partial file begin with a copy of the existing one, and lock that until it is replaced."""
        if self._appending is not None:
            try:
                self._appending.merge_appended(self.move[0])
            except OSError as error:
                self._fail(error)

    def publish(self) -> None:
        """Publish the file."""
        part, path = self.move
        try:
            replace_file(part, path)
            # Remove partial files of stopped runs; the store has their records and publishes them.
            for run_id in self._crawler.spider.continues:  # type: ignore[union-attr]
                left = part_path(path, run_id)
                left.unlink(missing_ok=True)
                other_part(left).unlink(missing_ok=True)
                (path.parent.parent / run_id / left.name).unlink(missing_ok=True)
        except OSError as error:
            self._fail(error)
        finally:
            if self._appending is not None:
                self._appending.release()

    def keep_partial(self) -> None:
        """Leave the earlier file unchanged, and log the path of the partial file."""
        part, _ = self.move
        try:
            if part.stat().st_size == 0:
                part.unlink()
                return
        except FileNotFoundError:  # a run that took this one for killed has published its records
            logger.info("%s is not written; another program has removed %s", self.path, part)
            return
        # No warning for the run's own folder: nobody has read its files yet.
        is_own = part.parent.name == self._crawler.spider.run_id  # type: ignore[union-attr]
        level = logging.DEBUG if is_own else logging.WARNING
        logger.log(level, "%s is not written; what this run read is in %s", self.path, part)

    def _fail(self, error: OSError) -> None:
        self.is_broken = True
        message = f"{self.path} cannot be written: {error.strerror}"
        logger.error("%s", message)
        self._crawler.stats.set_value(FEED_STAT, message)


class _FeedFile(io.BufferedWriter):
    """A file that reports its first error and ignores later writes, which would fail for each further record."""

    def __init__(self, target: Path | int, on_error: Callable[[OSError], None], *, syncs: bool = False) -> None:
        super().__init__(io.FileIO(target, "w", closefd=not isinstance(target, int), opener=_open_at_once))
        self._on_error = on_error
        self._syncs = syncs
        self._is_broken = False

    def write(self, data: Any) -> int:
        self._try(lambda: super(_FeedFile, self).write(data))
        return len(data)

    def flush(self) -> None:
        self._try(super().flush)

    def close(self) -> None:
        if not self.closed:
            self.flush()
            if self._syncs:
                self._try(lambda: os.fsync(self.fileno()))
            self.raw.close()

    def _try(self, act: Callable[[], object]) -> None:
        if self._is_broken:
            return
        try:
            act()
        except OSError as error:
            self._is_broken = True
            self._on_error(error)


def _open_at_once(path: str, flags: int) -> int:
    """Open a file without waiting for the reader of a named pipe: while Python waits, no signal ends the run."""
    descriptor = os.open(path, flags | os.O_NONBLOCK, 0o666)
    os.set_blocking(descriptor, True)
    return descriptor


def _open_stream(target: Path | int, name: str, crawler: Crawler) -> IO[bytes]:
    """Open a device, a pipe or standard output; the run continues for its other feeds if it has no reader."""

    def note_gone(error: OSError) -> None:
        message = f"{name} could not be written to its end: {error.strerror}"
        logger.warning("%s", message)
        crawler.stats.set_value(STREAM_STAT, message)

    try:
        return _FeedFile(target, note_gone)
    except OSError as error:
        note_gone(OSError(error.errno, "no program reads it") if error.errno == errno.ENXIO else error)
        return io.BytesIO()


#: Formats with one record per line, to which records can be appended.
JSON_LINES = ("jsonl", "jsonlines", "jl")
_LINES = ("csv", *JSON_LINES)
#: Formats to which nothing can be appended.
DOCUMENTS = ("json", "xml")
#: Seconds to wait for another run's lock; enough to append any number of rows.
_WAIT = 120.0
CHUNK = 1 << 20
#: Longer than the record of the largest page.
_LONGEST_LINE = 64 << 20


class AppendError(OSError):
    """The rows cannot be appended; ``strerror`` says why."""

    def __init__(self, message: str) -> None:
        super().__init__(0, message)


class Appending:
    """Appending to a file with ``-o``: this run's rows, behind a copy of the existing file, replace that.

    This happens under a lock, ``.<name>.lock``: if two runs end at the same time, the second one includes the first
    one's rows. ``options`` are those of the feed, or what :attr:`noted` was in a killed run.
    """

    def __init__(self, path: Path, options: Mapping[str, Any]) -> None:
        self._path = path
        self._format = None if options.get("postprocessing") else options.get("format")
        self._has_lines = self._format in _LINES
        self._is_csv = self._format == "csv"
        self._lock = FileLock(path.with_name(f".{path.name}.lock"), timeout=_WAIT)
        self._seen: list[int] | None = options.get("seen")
        self._rows_at: int = options.get("rows_at", 0)

    @property
    def noted(self) -> dict[str, Any]:
        """The state of the file that the partial file continues, and where this run's rows begin in that."""
        return {"format": self._format, "seen": self._seen, "rows_at": self._rows_at}

    def merge_appended(self, part: Path) -> None:
        """Lock the file, and let ``part`` begin with a copy of it.

        Raise :class:`AppendError` if that fails; the lock is held until :meth:`release` in any case.
        """
        self.lock()
        newer = other_part(part)
        self.join(part, newer)
        newer.replace(part)

    def lock(self) -> None:
        """Lock the file until :meth:`release`."""
        try:
            self._lock.acquire()
        except Timeout:
            raise AppendError(f"another run has been appending to it for {_WAIT:.0f} s") from None

    def release(self) -> None:
        """Release the lock."""
        self._lock.release()

    def has_changed(self) -> bool:
        """Whether the file is another one than the partial file continues."""
        return _state_of(self._path) != self._seen

    def join(self, part: Path, newer: Path) -> None:
        """Write the file as it is now and this run's rows in ``part`` to ``newer``."""
        try:
            with newer.open("wb") as file, part.open("rb") as rows:
                seen = _state_of(self._path)
                header = rows.readline() if self._is_csv else b""
                if not self._copy_to(file):
                    file.write(header)
                elif self._is_csv and first_line(self._path) != _bare(header):
                    raise AppendError("another program has begun it with other columns")
                elif self._format in DOCUMENTS:
                    raise AppendError("another run has written it meanwhile")
                rows.seek(max(self._rows_at, len(header)))
                rows_at = file.tell()
                shutil.copyfileobj(rows, file, CHUNK)
                file.flush()
                os.fsync(file.fileno())
        except OSError:
            newer.unlink(missing_ok=True)
            raise
        self._seen, self._rows_at = seen, rows_at

    def _copy_to(self, file: IO[bytes]) -> int:
        """Copy the existing file, and end its last line; return the number of bytes."""
        if self._path.exists():
            with self._path.open("rb") as earlier:
                shutil.copyfileobj(earlier, file, CHUNK)
                if file.tell() and self._has_lines:
                    earlier.seek(-1, os.SEEK_END)
                    if earlier.read() != b"\n":
                        file.write(b"\r\n" if self._is_csv else b"\n")
        return file.tell()


def other_part(part: Path) -> Path:
    """Return the second partial file of a run, and the first one for the second."""
    return part.with_name(f"{part.name}.new") if part.suffix == ".part" else part.with_suffix("")


def _state_of(path: Path) -> list[int] | None:
    """Return what changes when a file is written, not when its folder is moved; None if there is no file."""
    try:
        now = path.stat()
    except OSError:
        return None
    return [now.st_size, now.st_mtime_ns]


def first_line(path: Path) -> bytes:
    """Return a file's first line without its end and without a byte order mark."""
    with path.open("rb") as file:
        return _bare(file.readline(_LONGEST_LINE))


def _bare(line: bytes) -> bytes:
    return line.removeprefix(b"\xef\xbb\xbf").rstrip(b"\r\n")


_STDOUT = 1


class StdoutStorage(CrawlerComponent):
    """Scrapy's feed storage for ``-o -``."""

    def __init__(self, crawler: Crawler, uri: str, *, feed_options: dict[str, Any] | None = None) -> None:
        self._crawler = crawler

    def open(self, spider: Spider) -> IO[bytes]:
        """Return standard output as a file."""
        return _open_stream(_STDOUT, "standard output", self._crawler)

    def store(self, file: IO[bytes]) -> None:
        """Flush the last rows."""
        file.close()


#: First characters of a formula; with an apostrophe before them, the cell is text. East Asian editions of Excel treat
#: the wide signs like the narrow ones.
_FORMULA_STARTS = tuple("=+-@\t\r\n＝＋－＠﹦﹢﹣﹫")
# Where a semicolon separates cells, as in Russian and Kazakh editions of Excel, quotation marks within a line are
# ignored: text after a semicolon or a line break is a cell of its own. Direct speech begins with a hyphen, so
# a formula after a hyphen must call a function or a program.
_INNER_FORMULA = re.compile(r"[;\n\r](?=\"*(?:[=+@＝＋＠﹦﹢﹫\t]|[-－﹣](?=[^;\n\r]*(?:\w\(|\|))))")


def safe_cell(text: str) -> str:
    """Return ``text`` with an apostrophe before each possible formula, so that no spreadsheet runs it.

    A formula may begin at the start of the cell, or after a semicolon or a line break.
    """
    if ";" in text or "\n" in text or "\r" in text:
        text = _INNER_FORMULA.sub(r"\g<0>'", text)
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


class SpreadsheetCsvExporter(CsvItemExporter):
    """One header, lists as JSON in a cell, texts guarded against formulas; numbers stay numbers.

    A file that already has rows gets no second header; a feed without items still gets its header.
    """

    def __init__(self, file: Any, *, byte_order_mark: bool = False, **kwargs: Any) -> None:
        is_new = not file.seekable() or file.tell() == 0
        if is_new and byte_order_mark:
            file.write(codecs.BOM_UTF8)
        super().__init__(file, include_headers_line=is_new, **kwargs)

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> "SpreadsheetCsvExporter":
        """Scrapy's constructor; the setting ``CSV_BOM`` is for Excel, which misreads plain UTF-8."""
        return cls(*args, byte_order_mark=crawler.settings.getbool("CSV_BOM"), **kwargs)

    def start_exporting(self) -> None:
        """Write the header, so that a feed without items still names its columns."""
        if self._headers_not_written and self.fields_to_export:
            self._headers_not_written = False
            self._write_headers_and_set_fields_to_export(None)

    def serialize_field(self, field: Any, name: str, value: Any) -> Any:
        """Return the cell's value."""
        if isinstance(value, list):
            return safe_cell(json.dumps(value, cls=ScrapyJSONEncoder, ensure_ascii=False))
        value = super().serialize_field(field, name, value)
        return safe_cell(value) if isinstance(value, str) else value
