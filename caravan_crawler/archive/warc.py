"""Records of WARC files: read, also behind a torn one, and written whole.

ISO 28500, WARC 1.0: https://iipc.github.io/warc-specifications/
"""

import gzip
import io
import os
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from caravan_crawler import __version__

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


def read_records(file: BinaryIO, start: int, stop: int) -> Iterator[tuple[int, bytes | None]]:
    """Yield offset and content of the records that begin from byte ``start``, where one begins, to before ``stop``.

    The content is decompressed; it is None if bytes are damaged or a record is longer than ``MOST_BYTES``.
    """
    file.seek(0)
    read, find = (_read_member, _find_member) if is_compressed(file.read(2)) else (_read_plain, _find_plain)
    stop = min(stop, file.seek(0, os.SEEK_END))
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


#: Level 9, warcio's own, takes three times as long and saves 2 %.
_COMPRESSION = 6
#: Headers that describe the connection; they do not fit the body, which is stored in one piece.
_HOP_BY_HOP = {"transfer-encoding", "connection", "keep-alive"}


class WarcWriter:
    """Writes the files of one run, ``caravan-<run id>-<number>.warc.gz``; a file in progress ends in ``.open``.

    A file that has reached ``most_bytes`` is closed, and the next one opened. If a record cannot be written OSError
    is raised, and no part of the record stays in the file.
    """

    def __init__(self, folder: Path, run_id: str, info: Mapping[str, str], most_bytes: int) -> None:
        """``info`` are fields of each file's first record: the site's address and edition, the run's arguments."""
        self._folder = folder
        self._run_id = run_id
        self._info = info
        self._most_bytes = most_bytes
        self._number = 0
        self._file: io.FileIO | None = None
        self._size = 0

    def write(
        self,
        url: str,
        status: str,
        headers: Iterable[tuple[str, str]],
        body: bytes,
        received_at: datetime,
        ip_address: str | None = None,
        *,
        is_read: bool = True,
    ) -> None:
        """Write a response: ``status`` such as ``200 OK``, and the ``body`` as it was sent.

        If not ``is_read``, :meth:`write_read` writes the page that is read.
        """
        headers = [(name, value) for name, value in headers if name.lower() not in _HOP_BY_HOP]
        fields = {"WARC-Date": warc_date(received_at)}
        if ip_address:
            fields["WARC-IP-Address"] = ip_address
        if not is_read:
            fields[READ] = IN_CONVERSION
        self._append(_record(url, "response", body, fields, _RawHeaders(status, headers, protocol="HTTP/1.1")))

    def write_read(self, url: str, body: bytes, received_at: datetime, headers: Mapping[str, str | None]) -> None:
        """Write a page as it was read: a conversion of the response received at that time, with its ``headers``."""
        fields = {"WARC-Date": warc_date(received_at), READ: IN_THIS}
        fields |= {name: value for name, value in headers.items() if value is not None}
        self._append(_record(url, "conversion", body, fields))

    def close(self) -> None:
        """Sync the file in progress to disk and give it its final name, or delete it if it is empty."""
        if self._file is None:
            return
        file, self._file = self._file, None
        with file:
            os.fsync(file.fileno())
        path = Path(file.name)
        if self._size:
            path.rename(path.with_suffix(""))
        else:
            path.unlink()

    def _append(self, record: bytes) -> None:
        """Append a record to the current file, or to the next one if it is full."""
        if self._file is not None and self._size >= self._most_bytes:
            self.close()
        self._write(self._file or self._open(), record)

    def _open(self) -> io.FileIO:
        self._number += 1
        self._folder.mkdir(parents=True, exist_ok=True)
        name = f"caravan-{self._run_id}-{self._number:05}.warc.gz"
        self._file = io.FileIO(self._folder / f"{name}{IN_PROGRESS}", "x")
        self._size = 0
        info = {"software": f"CaravanCrawler/{__version__}", "format": "WARC File Format 1.0", RUN: self._run_id}
        lines = "".join(f"{name}: {value}\r\n" for name, value in {**info, **self._info}.items())
        fields = {"WARC-Date": warc_date(datetime.now(UTC)), "WARC-Filename": name}
        fields["Content-Type"] = "application/warc-fields"
        self._write(self._file, _record("", "warcinfo", lines.encode(), fields))
        return self._file

    def _write(self, file: io.FileIO, record: bytes) -> None:
        """Append a whole record, or leave the file unchanged."""
        rest = memoryview(record)
        try:
            while rest:
                rest = rest[file.write(rest) :]
        except OSError:
            file.truncate(self._size)
            raise
        self._size += len(record)


def _record(
    url: str, kind: str, body: bytes, fields: dict[str, str], http_headers: StatusAndHeaders | None = None
) -> bytes:
    plain = io.BytesIO()
    writer = WARCWriter(plain, gzip=False)
    record = writer.create_warc_record(
        url, kind, io.BytesIO(body), length=len(body), http_headers=http_headers, warc_headers_dict=fields
    )
    writer.write_record(record)
    return gzip.compress(plain.getbuffer(), _COMPRESSION, mtime=0)


class _RawHeaders(StatusAndHeaders):  # type: ignore[misc]
    """Headers written as Latin-1, which they were decoded from; warcio would percent-encode bytes outside ASCII."""

    def to_ascii_bytes(self, filter_func: Any = None) -> bytes:
        """Return status line and headers."""
        lines: str = self.to_str(filter_func)
        return lines.encode("latin-1", "replace") + b"\r\n"


def warc_date(moment: datetime) -> str:
    """Return a time as a WARC date, in whole seconds like the times in the store."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def finish_interrupted(folder: Path, run_ids: Iterable[str]) -> None:
    """Truncate the files of killed runs to their whole records, and give them their final names."""
    for run_id in run_ids:
        for path in folder.glob(f"caravan-{run_id}-*.warc.gz{IN_PROGRESS}"):
            with suppress(FileNotFoundError):  # another worker on this machine has finished it
                if whole := whole_records(path):
                    os.truncate(path, whole)
                    path.rename(path.with_suffix(""))
                else:
                    path.unlink()
