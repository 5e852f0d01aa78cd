"""WARC records."""

import os
import re
import zlib
from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

#: Behind the name of a file that is being written, or was when its run was killed.
IN_PROGRESS = ".open"

# Fields of a file's first record.
RUN, SITE, EDITION, IDENTITY = "isPartOf", "caravan-site", "caravan-edition", "caravan-identity"

#: Of a page that may be shown in a browser: the response as it was sent is not what was read …
READ = "caravan-read"
ELSEWHERE = "conversion"
#: … but this conversion record for the same moment.
HERE = "this"


#: Unpacked; what is longer is no page, and passed over.
MOST_BYTES = 64 * 1024 * 1024


class TornError(Exception):
    """There is no whole record at a place."""


class Records(ABC):
    """The records of a file from byte ``start``, where one begins, to those that begin before byte ``stop``.

    ``damaged`` counts what was torn, too long, or no record. Behind such a place the next record is looked for.
    ``end`` is where the first one behind them begins, or the file's end; it is known when all were taken.
    """

    def __init__(self, file: BinaryIO, start: int = 0, stop: int | None = None) -> None:
        self.damaged = 0
        self.end = start
        self._file = file
        self._start = start
        self._size = file.seek(0, os.SEEK_END)
        self._stop = self._size if stop is None else min(stop, self._size)

    def __iter__(self) -> Iterator[tuple[int, bytes]]:
        """Yield each record's place in the file and its bytes, unpacked."""
        offset: int | None = self._start
        while offset is not None and offset < self._stop:
            try:
                record, end = self._read(offset)
            except TornError:
                self.damaged += 1
                offset = self.next(offset + 1)
                continue
            if record is None:
                self.damaged += 1
            else:
                yield offset, record
            offset = end
        self.end = self._size if offset is None else offset

    @abstractmethod
    def next(self, offset: int) -> int | None:
        """Return where the first record seems to begin at or behind a place; None where there is none."""

    @abstractmethod
    def _read(self, offset: int) -> tuple[bytes | None, int]:
        """Return the record there and where the next one begins; None for one that is too long."""


#: How every gzip member begins, and every WARC record in it.
_MAGIC = b"\x1f\x8b\x08"
_RECORD = b"WARC/"
_CHUNK = 1 << 15


class Members(Records):
    """The records of a file that is compressed record by record."""

    def next(self, offset: int) -> int | None:
        """Return where bytes seem to begin a member with a record in it."""
        return _next_record(self._file, offset)

    def _read(self, offset: int) -> tuple[bytes | None, int]:
        try:
            return _read(self._file, offset)
        except (zlib.error, EOFError):
            raise TornError from None


def whole_records(path: Path) -> int:
    """Return the length of the file up to the end of its last whole record.

    Behind a torn one nothing is looked for: what is found there may be a part of it.
    """
    end = 0
    with path.open("rb") as file:
        while True:
            try:
                _, end = _read(file, end)
            except (zlib.error, EOFError):
                return end


def _read(file: BinaryIO, offset: int) -> tuple[bytes | None, int]:
    """Return the member there, unpacked, and where it ends; None for one that is too long."""
    file.seek(offset)
    unpacker = zlib.decompressobj(zlib.MAX_WBITS + 16)
    parts: list[bytes] = []
    size = 0
    while not unpacker.eof:
        chunk = file.read(_CHUNK)
        if not chunk:
            raise EOFError
        while chunk and not unpacker.eof:
            part = unpacker.decompress(chunk, MOST_BYTES)
            size += len(part)
            if size <= MOST_BYTES:
                parts.append(part)
            else:
                parts.clear()
            chunk = unpacker.unconsumed_tail
    end = file.tell() - len(unpacker.unused_data)
    return (b"".join(parts) if size <= MOST_BYTES else None), end


def _next_record(file: BinaryIO, offset: int) -> int | None:
    """Return where the first record seems to begin at or behind a place; None where there is none."""
    file.seek(offset)
    window = file.read(_CHUNK)
    while len(window) >= len(_MAGIC):
        at = window.find(_MAGIC)
        while at >= 0:
            if _is_record(window[at:] if len(window) - at >= 512 else _from(file, offset + at)):
                return offset + at
            at = window.find(_MAGIC, at + 1)
        keep = len(_MAGIC) - 1
        offset += len(window) - keep
        file.seek(offset)
        window = file.read(_CHUNK)
        if len(window) <= keep:
            return None
    return None


def _from(file: BinaryIO, offset: int) -> bytes:
    file.seek(offset)
    return file.read(_CHUNK)


def _is_record(packed: bytes) -> bool:
    try:
        return zlib.decompressobj(zlib.MAX_WBITS + 16).decompress(packed[:_CHUNK], len(_RECORD)) == _RECORD
    except zlib.error:
        return False


_HEADER_END = re.compile(rb"\r?\n\r?\n")
_LENGTH = re.compile(rb"^content-length:[ \t]*(\d{1,18})[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)
_VERSION = re.compile(rb"WARC/\d\.\d+\r?\n")
_BEGINNING = re.compile(rb"WARC/\d\.\d+\r?\n[\w-]+:")
_MOST_HEADER = 1 << 16
_PLAIN_CHUNK, _OVERLAP = 1 << 20, 100


class PlainRecords(Records):
    """The records of a file that is not compressed."""

    def next(self, offset: int) -> int | None:
        """Return where a line seems to begin a record."""
        while True:
            self._file.seek(offset)
            window = self._file.read(_PLAIN_CHUNK)
            found = _BEGINNING.search(window)
            if found:
                return offset + found.start()
            if len(window) < _PLAIN_CHUNK:
                return None
            offset += _PLAIN_CHUNK - _OVERLAP

    def _read(self, offset: int) -> tuple[bytes | None, int]:
        length = self._length(offset)
        end = self._behind_blank_lines(offset + length) if length is not None else None
        if length is None or end is None or offset + length > self._size:
            raise TornError
        if length > MOST_BYTES:
            return None, end
        self._file.seek(offset)
        return self._file.read(length), end

    def _length(self, offset: int) -> int | None:
        """Return the length of the record there, or None where there is none."""
        self._file.seek(offset)
        return record_length(self._file.read(_MOST_HEADER))

    def _behind_blank_lines(self, offset: int) -> int | None:
        """Return where the blank lines behind a record end; None where there are none, as it was torn before."""
        self._file.seek(offset)
        after = self._file.read(16)
        blank = len(after) - len(after.lstrip(b"\r\n"))
        return offset + blank if blank or not after else None


def record_length(beginning: bytes) -> int | None:
    """Return the length of the record that begins so, without the blank lines behind it; None if it is none."""
    end = _HEADER_END.search(beginning) if _VERSION.match(beginning) else None
    length = _LENGTH.search(beginning, 0, end.start() + 1) if end else None
    return end.end() + int(length[1]) if end and length else None
