"""Records of a WARC file, compressed one by one or not; reading continues after a torn record."""

import os
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

#: Suffix of a file that is being written, or whose run was killed.
IN_PROGRESS = ".open"

# Fields of a file's first record.
RUN, SITE, EDITION, IDENTITY = "isPartOf", "caravan-site", "caravan-edition", "caravan-identity"

#: Field of the records of a page that may be rendered: the response as it was sent is not the page that was read …
READ = "caravan-read"
IN_CONVERSION = "conversion"
#: … but the conversion record with the same URL and time is.
IN_THIS = "this"

#: Bytes of a decompressed record; a longer one is skipped.
MOST_BYTES = 64 * 1024 * 1024

_GZIP = zlib.MAX_WBITS + 16
_CHUNK = 1 << 15
_MOST_HEADER = 1 << 16
_VERSION = re.compile(rb"WARC/\d\.\d+\r?\n")
_HEADER_END = re.compile(rb"\r?\n\r?\n")
_LENGTH = re.compile(rb"^content-length:[ \t]*(\d{1,18})[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)

#: A record's first bytes, compressed and not. After a torn record the file is searched for them.
_MAGIC = re.compile(rb"\x1f\x8b\x08")
_BEGINNING = re.compile(rb"WARC/\d\.\d+\r?\n[\w-]+:")
_WINDOW, _OVERLAP = 1 << 20, 100


class TornError(Exception):
    """No whole record begins at an offset."""


def is_compressed(head: bytes) -> bool:
    """Whether a file that begins with ``head`` is compressed."""
    return head.startswith(b"\x1f\x8b")


def read_records(file: BinaryIO, start: int = 0, stop: int | None = None) -> Iterator[tuple[int, bytes | None]]:
    """Yield offset and content of the records that begin from byte ``start``, where one begins, to before ``stop``.

    The content is decompressed; it is None if bytes are damaged or a record is longer than ``MOST_BYTES``.
    """
    file.seek(0)
    read, find = (_read_member, _find_member) if is_compressed(file.read(2)) else (_read_plain, _find_plain)
    size = file.seek(0, os.SEEK_END)
    stop = size if stop is None else min(stop, size)
    offset: int | None = start
    while offset is not None and offset < stop:
        place = offset
        try:
            record, offset = read(file, place)
        except TornError:
            record, offset = None, find(file, place + 1)
        yield place, record


def whole_records(path: Path) -> int:
    """Return the length of a compressed file up to its first torn record, or its size."""
    end = 0
    with path.open("rb") as file:
        while True:
            try:
                _, end = _read_member(file, end)
            except TornError:
                return end


def record_length(beginning: bytes) -> int | None:
    """Return the length of the record that begins so, without the blank lines after it; None if it is no record."""
    end = _HEADER_END.search(beginning) if _VERSION.match(beginning) else None
    length = _LENGTH.search(beginning, 0, end.start() + 1) if end else None
    return end.end() + int(length[1]) if end and length else None


def _read_member(file: BinaryIO, offset: int) -> tuple[bytes | None, int]:
    """Decompress the gzip member at an offset, and return it with its end; None for a member that is too long."""
    file.seek(offset)
    decompressor = zlib.decompressobj(_GZIP)
    parts: list[bytes] = []
    size = 0
    try:
        while not decompressor.eof:
            chunk = decompressor.unconsumed_tail or file.read(_CHUNK)
            if not chunk:
                raise TornError
            part = decompressor.decompress(chunk, MOST_BYTES)
            size += len(part)
            if size <= MOST_BYTES:
                parts.append(part)
            else:
                parts.clear()
    except zlib.error:
        raise TornError from None
    end = file.tell() - len(decompressor.unused_data)
    return (b"".join(parts) if size <= MOST_BYTES else None), end


def _read_plain(file: BinaryIO, offset: int) -> tuple[bytes | None, int]:
    """Return the record at an offset, which is not compressed, and the next one's offset; None if it is too long."""
    file.seek(offset)
    length = record_length(file.read(_MOST_HEADER))
    if length is None or offset + length > file.seek(0, os.SEEK_END):
        raise TornError
    file.seek(offset + length)
    after = file.read(16)
    blank = len(after) - len(after.lstrip(b"\r\n"))
    if after and not blank:  # a torn record, with others in the place of its missing bytes
        raise TornError
    file.seek(offset)
    return (file.read(length) if length <= MOST_BYTES else None), offset + length + blank


def _find_member(file: BinaryIO, offset: int) -> int | None:
    """Return the offset of the next gzip member that contains a WARC record."""
    for place in _matches(file, _MAGIC, offset):
        file.seek(place)
        try:
            if zlib.decompressobj(_GZIP).decompress(file.read(1024), 5) == b"WARC/":
                return place
        except zlib.error:
            continue
    return None


def _find_plain(file: BinaryIO, offset: int) -> int | None:
    """Return the offset of the next record that is not compressed."""
    return next(_matches(file, _BEGINNING, offset), None)


def _matches(file: BinaryIO, pattern: re.Pattern[bytes], offset: int) -> Iterator[int]:
    """Yield the offsets at which a short pattern is found; one may be repeated."""
    while True:
        file.seek(offset)
        window = file.read(_WINDOW)
        yield from (offset + match.start() for match in pattern.finditer(window))
        if len(window) < _WINDOW:
            return
        offset += _WINDOW - _OVERLAP
