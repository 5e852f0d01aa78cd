"""WARC files, compressed record by record: after a crash all whole records can be read.

ISO 28500, WARC 1.0: https://iipc.github.io/warc-specifications/
"""

import io
import os
import zlib
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from caravan_crawler import __version__
from caravan_crawler.archive.warc_records import IN_CONVERSION, IN_PROGRESS, IN_THIS, READ, RUN, whole_records

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
        self._open_if_needed()
        self._append(url, "response", body, fields, _RawHeaders(status, headers, protocol="HTTP/1.1"))

    def write_read(self, url: str, body: bytes, received_at: datetime, headers: Mapping[str, str | None]) -> None:
        """Write a page as it was read: a conversion of the response received at that time, with its ``headers``."""
        fields = {"WARC-Date": warc_date(received_at), READ: IN_THIS}
        fields |= {name: value for name, value in headers.items() if value is not None}
        self._open_if_needed()
        self._append(url, "conversion", body, fields)

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

    def _open_if_needed(self) -> None:
        """Open the next file if none is open or the current one is full."""
        if self._file is not None and self._size >= self._most_bytes:
            self.close()
        if self._file is None:
            self._open()

    def _open(self) -> None:
        self._number += 1
        self._folder.mkdir(parents=True, exist_ok=True)
        name = f"caravan-{self._run_id}-{self._number:05}.warc.gz"
        self._file = io.FileIO(self._folder / f"{name}{IN_PROGRESS}", "x")
        self._size = 0
        info = {"software": f"CaravanCrawler/{__version__}", "format": "WARC File Format 1.0", RUN: self._run_id}
        lines = "".join(f"{name}: {value}\r\n" for name, value in {**info, **self._info}.items())
        fields = {"WARC-Date": warc_date(datetime.now(UTC)), "WARC-Filename": name}
        self._append("", "warcinfo", lines.encode(), {**fields, "Content-Type": "application/warc-fields"})

    def _append(
        self, url: str, kind: str, body: bytes, fields: dict[str, str], http_headers: StatusAndHeaders | None = None
    ) -> None:
        plain = io.BytesIO()
        writer = WARCWriter(plain, gzip=False)
        writer.write_record(
            writer.create_warc_record(
                url, kind, io.BytesIO(body), length=len(body), http_headers=http_headers, warc_headers_dict=fields
            )
        )
        compressor = zlib.compressobj(_COMPRESSION, zlib.DEFLATED, zlib.MAX_WBITS + 16)
        self._write(compressor.compress(plain.getbuffer()) + compressor.flush())

    def _write(self, record: bytes) -> None:
        """Append a whole record, or leave the file unchanged."""
        assert self._file is not None
        rest = memoryview(record)
        try:
            while rest:
                rest = rest[self._file.write(rest) :]
        except OSError:
            self._file.truncate(self._size)
            raise
        self._size += len(record)


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
            whole = whole_records(path)
            if whole:
                os.truncate(path, whole)
                path.rename(path.with_suffix(""))
            else:
                path.unlink()
