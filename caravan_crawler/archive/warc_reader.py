"""Pages of WARC files."""

import zlib
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from scrapy import Request, Spider
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from scrapy.statscollectors import MemoryStatsCollector
from warcio.bufferedreaders import ChunkedDataReader
from warcio.recordloader import ArcWarcRecord, ArcWarcRecordLoader

from caravan_crawler.archive.pages import ArchivedPage, ArchiveError, Skipped
from caravan_crawler.archive.warc_records import (
    EDITION,
    ELSEWHERE,
    HERE,
    IDENTITY,
    READ,
    RUN,
    SITE,
    Members,
    PlainRecords,
    record_length,
)
from caravan_crawler.downloadermiddlewares import Unpacking


class UnknownCodingError(Exception):
    """A body is packed in a way that nothing here can unpack."""


class TooLongError(Exception):
    """A body is longer than it may be when it is unpacked."""


def unpacked(body: bytes, content_encoding: str, most_bytes: int) -> bytes:
    """Return a body as a crawl unpacks it: whatever the crawl could read, its archive gives.

    A damaged one raises its library's own error.
    """
    request = Request("http://archive.invalid/", meta={"download_maxsize": most_bytes, "download_warnsize": most_bytes})
    response = Response(request.url, headers={"Content-Encoding": content_encoding}, body=body)
    try:
        response = _middleware().process_response(request, response)  # type: ignore[assignment]
    except IgnoreRequest:
        raise TooLongError from None
    if response.headers.get("Content-Encoding"):
        raise UnknownCodingError(content_encoding)
    return response.body


@cache
def _middleware() -> Unpacking:
    crawler = Crawler(Spider)
    crawler.stats = MemoryStatsCollector(crawler)
    return Unpacking(crawler=crawler)


_OK = "200"
#: These it unpacks even where they are torn, or where the header says so and the body is plain.
_CODINGS_OF_WARCIO = ("", "gzip", "deflate")
_PAGES = ("text/html", "application/xhtml")
#: Of a page, unpacked; a crawl takes none that is longer.
_MOST_BYTES = 16 * 1024 * 1024
#: Enough for the first record of a file, which tells of it.
_HEAD = 1 << 16


@dataclass(frozen=True)
class WarcInfo:
    """What the first record of a file says of it; all None where another program wrote it."""

    run_id: str | None = None
    site: str | None = None
    edition: str | None = None
    identity: str | None = None
    """Who the site said it is; None also where it does not say."""

    @property
    def begun_at(self) -> str:
        """When the run began, which its name says."""
        moment = datetime.strptime((self.run_id or "")[:16], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        return moment.isoformat(timespec="seconds")


def read_info(path: Path) -> WarcInfo:
    """Read a file's first record; :class:`~.errors.ArchiveError` where the file is no WARC file.

    An empty one is: its writer was killed.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD)
    is_packed = _is_packed(head)
    if is_packed:
        try:
            head = zlib.decompressobj(zlib.MAX_WBITS + 16).decompress(head, _HEAD)
        except zlib.error:
            head = b"no gzip"
    if head and not head.startswith(b"WARC/"):
        raise ArchiveError(f"{path} is no WARC file")
    length = record_length(head)
    if is_packed and length is not None and head[length:].strip():
        raise _not_by_record(path)
    fields = dict(line.split(": ", 1) for line in head[:length].decode("utf-8", "replace").splitlines() if ": " in line)
    is_own = fields.get("WARC-Type") == "warcinfo" and SITE in fields
    return WarcInfo(fields.get(RUN), fields[SITE], fields.get(EDITION), fields.get(IDENTITY)) if is_own else WarcInfo()


def next_record(path: Path, offset: int) -> int | None:
    """Return where a record seems to begin at or behind a place; None where there is none.

    A page may hold what looks like one, so only the way to that place, from record to record, tells if it is.
    """
    with path.open("rb") as file:
        return _records(file, offset).next(offset)


def read_pages(path: Path, start: int, stop: int) -> Generator[ArchivedPage | Skipped, None, int]:
    """Yield the pages whose records begin from byte ``start`` to before ``stop``, and why others are none.

    Return where the first record behind them begins, or the file's end.
    """
    with path.open("rb") as file:
        records = _records(file, start, stop)
        loader = ArcWarcRecordLoader(verify_http=False)  # knows no HTTP/2
        for _, data in records:
            stream = BytesIO(data)
            try:
                record = loader.parse_record_stream(stream, known_format="warc")
                yield from _page(record)
                record.raw_stream.read()  # what was of no interest
            except Exception:  # noqa: BLE001 - what may be wrong with a record has no end, and none costs another
                yield Skipped("damaged")
                continue
            if stream.read(8).strip():
                raise _not_by_record(path)
        for _ in range(records.damaged):
            yield Skipped("damaged")
        return records.end


def _records(file: BinaryIO, start: int, stop: int | None = None) -> Members | PlainRecords:
    file.seek(0)
    return (Members if _is_packed(file.read(2)) else PlainRecords)(file, start, stop)


def _is_packed(head: bytes) -> bool:
    return head.startswith(b"\x1f\x8b")


def _not_by_record(path: Path) -> ArchiveError:
    return ArchiveError(f"{path} is not compressed record by record; `warcio recompress` makes it so")


def _page(record: ArcWarcRecord) -> Iterator[ArchivedPage | Skipped]:
    read = record.rec_headers.get_header(READ)
    if record.rec_type != ("conversion" if read == HERE else "response") or read == ELSEWHERE:
        return
    url = (record.rec_headers.get_header("WARC-Target-URI") or "").strip("<>")
    headers = record.rec_headers if read == HERE else record.http_headers
    if headers is None or not url.startswith(("http://", "https://")):
        return
    if read != HERE and headers.get_statuscode() != _OK:
        yield Skipped("status")
        return
    content_type = (headers.get_header("Content-Type") or "").lower()
    if content_type and not content_type.startswith(_PAGES):
        yield Skipped("no_page")
        return
    observed_at = _moment(record.rec_headers.get_header("WARC-Date") or "")
    try:
        body = _body(record)
    except (TooLongError, UnknownCodingError) as error:
        yield Skipped("too_long" if isinstance(error, TooLongError) else "unknown_coding")
        return
    yield ArchivedPage(
        url, body, observed_at, content_type, headers.get_header("ETag"), headers.get_header("Last-Modified")
    )


def _body(record: ArcWarcRecord) -> bytes:
    coding = (record.http_headers.get_header("Content-Encoding") or "").lower() if record.http_headers else ""
    if coding in _CODINGS_OF_WARCIO:
        body: bytes = record.content_stream().read(_MOST_BYTES + 1)
    else:
        packed = ChunkedDataReader(record.raw_stream) if _is_chunked(record) else record.raw_stream
        body = unpacked(packed.read(_MOST_BYTES + 1), coding, _MOST_BYTES)
    if len(body) > _MOST_BYTES:
        raise TooLongError
    return body


def _is_chunked(record: ArcWarcRecord) -> bool:
    return bool(record.http_headers.get_header("Transfer-Encoding") == "chunked")


def _moment(date: str) -> datetime:
    """Return a record's time to the second; WARC 1.1 allows any number of decimals, and none mean the day's begin."""
    moment = datetime.fromisoformat(date.replace("Z", "+00:00"))
    return moment.replace(microsecond=0, tzinfo=moment.tzinfo or UTC).astimezone(UTC)
