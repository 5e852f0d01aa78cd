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
        self.is_ready = False
        """Whether all rows are on disk, ready for :meth:`place` or :meth:`leave`."""
        self._crawler = crawler
        options = feed_options or {}
        self._appending = None if options.get("overwrite", False) else Appending(self.path, options)
        self._part: Path | None = None
        self.is_broken = False
        self._run_id = ""

    def open(self, spider: Any) -> IO[bytes]:
        """Open the partial file; with ``-o`` it begins as a copy of the existing file.

        A device or a pipe is written directly, as it cannot be replaced.
        """
        if not is_replaceable(self.path):
            return _open_stream(self.path, str(self.path), self._crawler)
        self._run_id = spider.run_id
        part = part_path(self.path, self._run_id)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            file = _FeedFile(part, self._fail, syncs=True)
            self._part = part
            if self._appending is not None:
                self._appending.begin(file)
        except OSError as error:
            self._fail(error)
            return io.BytesIO()
        return file

    def store(self, file: IO[bytes]) -> None:
        """Close the partial file; it is published or not when all feeds are complete."""
        file.close()
        self.is_ready = self._part is not None and not self.is_broken
        if self.is_broken and self._part is not None:
            self._part.unlink(missing_ok=True)  # incomplete, and the disk may be full; the store has the rows

    @property
    def move(self) -> tuple[Path, Path]:
        """The partial file and its final path."""
        assert self._part is not None
        return self._part, self.path

    def merge_appended(self) -> None:
        """Copy what other runs have appended since, and lock the file until it is replaced."""
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
        level = logging.DEBUG if part.parent.name == self._run_id else logging.WARNING
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
    """Appending to a file with ``-o``: the partial file is a copy of the existing file, then this run's rows.

    Before it replaces the existing file, rows appended meanwhile are copied too. This happens under a lock,
    ``.<name>.lock``: if two runs end at the same time, the second one includes the first one's rows.
    """

    def __init__(self, path: Path, options: Mapping[str, Any]) -> None:
        self._path = path
        self._has_lines = options.get("format") in _LINES and not options.get("postprocessing")
        self._is_csv = self._has_lines and options.get("format") == "csv"
        self._lock = FileLock(path.with_name(f".{path.name}.lock"), timeout=_WAIT)
        self._seen: tuple[int, ...] | None = None
        self._rows_at = 0

    def begin(self, part: IO[bytes]) -> None:
        """Copy the existing file to the partial file."""
        self._seen = self._state()
        self._rows_at = self._copy_to(part)

    def merge_appended(self, part: Path) -> None:
        """Lock the file; if it has changed since, copy it again and append this run's rows.

        Raise :class:`AppendError` if that fails; the lock is held until :meth:`release` in any case.
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
                shutil.copyfileobj(rows, file, CHUNK)
                file.flush()
                os.fsync(file.fileno())
            newer.replace(part)
        finally:
            newer.unlink(missing_ok=True)

    def release(self) -> None:
        """Release the lock."""
        self._lock.release()

    def _state(self) -> tuple[int, ...] | None:
        try:
            now = self._path.stat()
        except FileNotFoundError:
            return None
        return now.st_ino, now.st_size, now.st_mtime_ns

    def _copy_to(self, file: IO[bytes]) -> int:
        """Copy the existing file, and end its last line; return the number of bytes."""
        size, last = 0, b""
        if self._path.exists():
            with self._path.open("rb") as earlier:
                while chunk := earlier.read(CHUNK):
                    file.write(chunk)
                    size += len(chunk)
                    last = chunk[-1:]
        if size and self._has_lines and last != b"\n":
            end = b"\r\n" if self._is_csv else b"\n"
            file.write(end)
            size += len(end)
        return size

    def _skip_header(self, rows: IO[bytes]) -> None:
        """Skip this run's own header, as another run has created the file meanwhile."""
        if self._is_csv:
            header = rows.readline().removeprefix(b"\xef\xbb\xbf").rstrip(b"\r\n")
            if first_line(self._path) != header:
                raise AppendError("another program has begun it with other columns")
        elif not self._has_lines:
            raise AppendError("another run has written it meanwhile")


def first_line(path: Path) -> bytes:
    """Return a file's first line without its end and without a byte order mark."""
    with path.open("rb") as file:
        return file.readline(_LONGEST_LINE).removeprefix(b"\xef\xbb\xbf").rstrip(b"\r\n")


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
