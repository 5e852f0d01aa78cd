"""WARC files, one compressed record after another, so that whatever happens all whole records can be read.

ISO 28500, WARC 1.0: https://iipc.github.io/warc-specifications/
"""

import io
import logging
import os
import zlib
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from caravan_crawler import __version__
from caravan_crawler.archive.warc_records import ELSEWHERE, HERE, IN_PROGRESS, READ, RUN, whole_records

logger = logging.getLogger(__name__)

#: The level that warcio itself would take, 9, needs three times as long for 2 % less.
_COMPRESSION = 6
#: Of headers on the way: the body is stored as one piece, as it was taken from them.
_OF_THE_WAY = {"transfer-encoding", "connection", "keep-alive"}

Headers = Iterable[tuple[str, str]]


class WarcWriter:
    """The files of one run in one folder, ``caravan-<run id>-<number>.warc.gz``; the one in progress ends in ``.open``.

    A file that has reached ``most_bytes`` is closed and the next begun. Whatever cannot be written is an
    :class:`OSError`; no half record stays behind it.
    """

    def __init__(self, folder: Path, run_id: str, about: Mapping[str, str], most_bytes: int) -> None:
        """``about`` goes into each file's first record: the site's address, its edition, the run's arguments."""
        self._folder = folder
        self._run_id = run_id
        self._about = about
        self._most_bytes = most_bytes
        self._number = 0
        self._path: Path | None = None
        self._file: io.FileIO | None = None
        self._size = 0

    def write(
        self,
        url: str,
        status: str,
        headers: Headers,
        body: bytes,
        received_at: datetime,
        ip_address: str | None = None,
        *,
        is_read: bool = True,
    ) -> None:
        """Add a response: its ``status`` line behind the protocol, ``200 OK``, and its ``body`` as it was sent.

        One that ``is_read`` not is followed by the page as it was, by :meth:`write_read`.
        """
        self._make_room()
        kept = [(name, value) for name, value in headers if name.lower() not in _OF_THE_WAY]
        fields = {"WARC-Date": warc_date(received_at)}
        if ip_address:
            fields["WARC-IP-Address"] = ip_address
        if not is_read:
            fields[READ] = ELSEWHERE
        self._append(url, "response", body, fields, _AsSent(status, kept, protocol="HTTP/1.1"))

    def write_read(self, url: str, body: bytes, received_at: datetime, told: Mapping[str, str | None]) -> None:
        """Add a page as it was read, a conversion of the response of that moment; ``told`` are headers that hold."""
        self._make_room()
        fields = {"WARC-Date": warc_date(received_at), READ: HERE}
        fields |= {name: value for name, value in told.items() if value is not None}
        self._append(url, "conversion", body, fields)

    def close(self) -> None:
        """Bring the file in progress to the disk and give it its final name; one without a record goes."""
        if self._file is None:
            return
        assert self._path is not None
        file, self._file = self._file, None
        with file:
            os.fsync(file.fileno())
        if self._size:
            self._path.rename(self._path.with_suffix(""))
        else:
            self._path.unlink()

    def _make_room(self) -> None:
        """Begin a file where there is none, or where the one in progress is full."""
        if self._file is not None and self._size >= self._most_bytes:
            self.close()
        if self._file is None:
            self._open()

    def _open(self) -> None:
        self._number += 1
        self._folder.mkdir(parents=True, exist_ok=True)
        self._path = self._folder / f"caravan-{self._run_id}-{self._number:05}.warc.gz{IN_PROGRESS}"
        self._file = io.FileIO(self._path, "x")
        self._size = 0
        info = {"software": f"CaravanCrawler/{__version__}", "format": "WARC File Format 1.0", RUN: self._run_id}
        lines = "".join(f"{name}: {value}\r\n" for name, value in {**info, **self._about}.items())
        name = self._path.with_suffix("").name
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
        """Append a whole record, or leave the file as it was."""
        assert self._file is not None
        try:
            written = self._file.write(record)
            while written < len(record):
                written += self._file.write(record[written:])
        except OSError:
            self._file.truncate(self._size)
            raise
        self._size += len(record)


class _AsSent(StatusAndHeaders):  # type: ignore[misc]
    """Headers whose bytes, read as Latin-1, are written as they were; warcio would make ASCII of them."""

    def to_ascii_bytes(self, filter_func: Any = None) -> bytes:
        """Return the lines."""
        lines: str = self.to_str(filter_func)
        return lines.encode("latin-1", "replace") + b"\r\n"


def warc_date(moment: datetime) -> str:
    """Return a moment as a record has it, to the second, as the records of the store do."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def finish_interrupted(folder: Path, run_ids: Iterable[str]) -> None:
    """Give the files that these runs, which were killed, left in progress their final names, up to the last record."""
    for run_id in run_ids:
        for path in folder.glob(f"caravan-{run_id}-*.warc.gz{IN_PROGRESS}"):
            whole = whole_records(path)
            if whole:
                os.truncate(path, whole)
                path.rename(path.with_suffix(""))
            else:
                path.unlink()
