"""Pages of WARC files."""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from io import BytesIO
from pathlib import Path

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
    IDENTITY,
    IN_CONVERSION,
    IN_THIS,
    READ,
    RUN,
    SITE,
    is_compressed,
    read_records,
    record_length,
)
from caravan_crawler.downloadermiddlewares import Unpacking

#: Codings that warcio decodes; it also accepts a torn body, and a plain one whose header names a coding.
_CODINGS_OF_WARCIO = ("", "gzip", "deflate")
_PAGES = ("text/html", "application/xhtml")
#: Bytes of a decoded page; a crawl does not accept a longer one.
_MOST_BYTES = 16 * 1024 * 1024
#: Bytes that contain a file's first record.
_HEAD = 1 << 16


@dataclass(frozen=True)
class WarcInfo:
    """Fields of a file's first record; all None for a file that another program wrote."""

    run_id: str | None = None
    site: str | None = None
    edition: str | None = None
    identity: str | None = None
    """The name that the site used for itself, or None."""

    @property
    def begun_at(self) -> str:
        """The time at which the run began, from its name."""
        moment = datetime.strptime((self.run_id or "")[:16], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        return moment.isoformat(timespec="seconds")


def read_info(path: Path) -> WarcInfo:
    """Read a file's first record; ArchiveError if it is not a WARC file.

    An empty file is one whose writer was killed.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD)
    compressed = is_compressed(head)
    if compressed:
        try:
            head = zlib.decompressobj(zlib.MAX_WBITS + 16).decompress(head, _HEAD)
        except zlib.error:
            head = b"not gzip"
    if head and not head.startswith(b"WARC/"):
        raise ArchiveError(f"{path} is no WARC file")
    length = record_length(head)
    if compressed and length is not None and head[length:].strip():
        raise _not_by_record(path)
    fields = dict(line.split(": ", 1) for line in head[:length].decode("utf-8", "replace").splitlines() if ": " in line)
    is_own = fields.get("WARC-Type") == "warcinfo" and SITE in fields
    return WarcInfo(fields.get(RUN), fields[SITE], fields.get(EDITION), fields.get(IDENTITY)) if is_own else WarcInfo()


def part_ends(path: Path, start: int, stop: int, size: int) -> Iterator[int]:
    """Yield where parts of about ``size`` bytes end: each at the first record that begins after as many bytes."""
    with path.open("rb") as file:
        for offset, _ in read_records(file, start, stop):
            if offset >= start + size:
                yield offset
                start = offset
    yield stop


def read_pages(path: Path, start: int, stop: int) -> Iterator[ArchivedPage | Skipped]:
    """Yield the pages of the records that begin from byte ``start`` to before ``stop``, or why a record has none."""
    loader = ArcWarcRecordLoader(verify_http=False)  # it does not know HTTP/2
    with path.open("rb") as file:
        for _, data in read_records(file, start, stop):
            if data is None:
                yield Skipped("damaged")
                continue
            stream = BytesIO(data)
            try:
                record = loader.parse_record_stream(stream, known_format="warc")
                page = _page(record)
                record.raw_stream.read()  # moves to the record's end
            except Exception:  # noqa: BLE001 - a bad record must not hide the records after it
                yield Skipped("damaged")
                continue
            if page is not None:
                yield page
            if stream.read(8).strip():
                raise _not_by_record(path)


def _not_by_record(path: Path) -> ArchiveError:
    return ArchiveError(f"{path} is not compressed record by record; `warcio recompress` makes it so")


def _page(record: ArcWarcRecord) -> ArchivedPage | Skipped | None:
    """Return the page of a record; None if the record is not a response, or another record has its page."""
    read = record.rec_headers.get_header(READ)
    if record.rec_type != ("conversion" if read == IN_THIS else "response") or read == IN_CONVERSION:
        return None
    url = (record.rec_headers.get_header("WARC-Target-URI") or "").strip("<>")
    headers = record.rec_headers if read == IN_THIS else record.http_headers
    if headers is None or not url.startswith(("http://", "https://")):
        return None
    if read != IN_THIS and headers.get_statuscode() != "200":
        return Skipped("status")
    content_type = (headers.get_header("Content-Type") or "").lower()
    if content_type and not content_type.startswith(_PAGES):
        return Skipped("no_page")
    observed_at = _time(record.rec_headers.get_header("WARC-Date") or "")
    body = _body(record)
    if isinstance(body, Skipped):
        return body
    etag, last_modified = headers.get_header("ETag"), headers.get_header("Last-Modified")
    return ArchivedPage(url, body, observed_at, content_type, etag, last_modified)


def _body(record: ArcWarcRecord) -> bytes | Skipped:
    """Return a record's body, decoded as a crawl decodes it; a damaged one raises its library's own error."""
    headers = record.http_headers
    coding = (headers.get_header("Content-Encoding") or "").lower() if headers else ""
    if coding in _CODINGS_OF_WARCIO:
        body: bytes = record.content_stream().read(_MOST_BYTES + 1)
        return body if len(body) <= _MOST_BYTES else Skipped("too_long")
    is_chunked = headers.get_header("Transfer-Encoding") == "chunked"
    stream = ChunkedDataReader(record.raw_stream) if is_chunked else record.raw_stream
    limits = {"download_maxsize": _MOST_BYTES, "download_warnsize": _MOST_BYTES}
    request = Request("http://archive.invalid/", meta=limits)
    response = Response(request.url, headers={"Content-Encoding": coding}, body=stream.read(_MOST_BYTES + 1))
    try:
        decoded = _decompression().process_response(request, response)
    except IgnoreRequest:
        return Skipped("too_long")
    assert isinstance(decoded, Response)
    if decoded.headers.get("Content-Encoding"):
        return Skipped("unknown_coding")
    return decoded.body if len(decoded.body) <= _MOST_BYTES else Skipped("too_long")


@cache
def _decompression() -> Unpacking:
    crawler = Crawler(Spider)
    crawler.stats = MemoryStatsCollector(crawler)
    return Unpacking(crawler=crawler)


def _time(date: str) -> datetime:
    """Return a record's time, in whole seconds; WARC 1.1 allows any number of decimals, or a date alone."""
    time = datetime.fromisoformat(date.replace("Z", "+00:00"))
    return time.replace(microsecond=0, tzinfo=time.tzinfo or UTC).astimezone(UTC)
