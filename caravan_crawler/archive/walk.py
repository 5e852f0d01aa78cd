"""The way through a WARC file, from record to record: whatever kind of file it is, one torn record costs no other."""

import os
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import BinaryIO

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
