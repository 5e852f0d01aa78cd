"""The members of a gzip file, each a WARC record of its own, torn ones left out.

So a file whose writer was killed gives all but its end.
"""

import zlib
from pathlib import Path
from typing import BinaryIO

from caravan_crawler.archive.walk import MOST_BYTES, Records, TornError

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
