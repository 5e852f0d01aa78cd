"""The records of a WARC file that is not compressed: each says how long it is, torn ones are left out."""

import re

from caravan_crawler.archive.walk import MOST_BYTES, Records, TornError

_HEADER_END = re.compile(rb"\r?\n\r?\n")
_LENGTH = re.compile(rb"^content-length:[ \t]*(\d{1,18})[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)
_VERSION = re.compile(rb"WARC/\d\.\d+\r?\n")
_BEGINNING = re.compile(rb"WARC/\d\.\d+\r?\n[\w-]+:")
_MOST_HEADER = 1 << 16
_CHUNK, _OVERLAP = 1 << 20, 100


class PlainRecords(Records):
    """The records of a file that is not compressed."""

    def next(self, offset: int) -> int | None:
        """Return where a line seems to begin a record."""
        while True:
            self._file.seek(offset)
            window = self._file.read(_CHUNK)
            found = _BEGINNING.search(window)
            if found:
                return offset + found.start()
            if len(window) < _CHUNK:
                return None
            offset += _CHUNK - _OVERLAP

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
