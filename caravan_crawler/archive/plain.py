"""The records of a WARC file that is not compressed: each says how long it is, torn ones are left out."""

import os
import re
from collections.abc import Iterator
from typing import BinaryIO

from caravan_crawler.archive.members import MOST_BYTES

_HEADER_END = re.compile(rb"\r?\n\r?\n")
_LENGTH = re.compile(rb"^content-length:[ \t]*(\d{1,18})[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)
_VERSION = re.compile(rb"WARC/\d\.\d+\r?\n")
_BEGINNING = re.compile(rb"WARC/\d\.\d+\r?\n[\w-]+:")
_MOST_HEADER = 1 << 16
_CHUNK, _OVERLAP = 1 << 20, 100


class PlainRecords:
    """The records from byte ``start``, where one begins, to those that begin before byte ``stop``.

    ``damaged`` counts what was torn, too long, or no record. Behind such a place the next one is looked for.
    """

    def __init__(self, file: BinaryIO, start: int = 0, stop: int | None = None) -> None:
        self.damaged = 0
        self._file = file
        self._start = start
        self._stop = stop

    def __iter__(self) -> Iterator[tuple[int, bytes]]:
        """Yield each record's place in the file and its bytes."""
        size = self._file.seek(0, os.SEEK_END)
        stop = size if self._stop is None else min(self._stop, size)
        offset: int | None = self._start
        while offset is not None and offset < stop:
            length = self._length(offset)
            end = self._behind_blank_lines(offset + length) if length is not None else None
            if length is None or end is None or offset + length > size:
                self.damaged += 1
                offset = self._next(offset + 1)
                continue
            if length > MOST_BYTES:
                self.damaged += 1
            else:
                self._file.seek(offset)
                yield offset, self._file.read(length)
            offset = end

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

    def _next(self, offset: int) -> int | None:
        """Return where the next record seems to begin, or None."""
        while True:
            self._file.seek(offset)
            window = self._file.read(_CHUNK)
            found = _BEGINNING.search(window)
            if found:
                return offset + found.start()
            if len(window) < _CHUNK:
                return None
            offset += _CHUNK - _OVERLAP


def record_length(beginning: bytes) -> int | None:
    """Return the length of the record that begins so, without the blank lines behind it; None if it is none."""
    end = _HEADER_END.search(beginning) if _VERSION.match(beginning) else None
    length = _LENGTH.search(beginning, 0, end.start() + 1) if end else None
    return end.end() + int(length[1]) if end and length else None
