"""The files that a user's paths name, the parts in which they are read, and their pages."""

import os
import re
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
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

from caravan_crawler import settings
from caravan_crawler.archive import warc
from caravan_crawler.downloadermiddlewares import HttpCompressionMiddleware
from caravan_crawler.pages.article import named_url
from caravan_crawler.pages.document import parse_document
from caravan_crawler.urls import Site

_PAGES = ("text/html", "application/xhtml")
#: Bytes of a decoded page, as in a crawl.
_MOST_BYTES = settings.DOWNLOAD_MAXSIZE
#: Bytes that contain a file's first record.
_HEAD = 1 << 16


@dataclass(frozen=True, slots=True)
class ArchivedPage:
    """A page as it was fetched from ``url`` at ``observed_at``, in UTC; validators are None if the server sent none."""

    url: str
    body: bytes
    observed_at: datetime
    content_type: str = ""
    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True)
class Skipped:
    """A record or file that is not a page; the reason is a key of the summary."""

    reason: str


class ArchiveError(Exception):
    """A path cannot be read as an archive; the message is one line for the user."""


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
    compressed = warc.is_compressed(head)
    if compressed:
        try:
            head = zlib.decompressobj(zlib.MAX_WBITS + 16).decompress(head, _HEAD)
        except zlib.error:
            head = b"not gzip"
    if head and not head.startswith(b"WARC/"):
        raise ArchiveError(f"{path} is no WARC file")
    length = warc.record_length(head)
    if compressed and length is not None and head[length:].strip():
        raise _not_by_record(path)
    fields = dict(line.split(": ", 1) for line in head[:length].decode("utf-8", "replace").splitlines() if ": " in line)
    if fields.get("WARC-Type") != "warcinfo" or warc.SITE not in fields:
        return WarcInfo()
    return WarcInfo(*(fields.get(name) for name in (warc.RUN, warc.SITE, warc.EDITION, warc.IDENTITY)))


def part_ends(path: Path, start: int, stop: int, size: int) -> Iterator[int]:
    """Yield where parts of about ``size`` bytes end: each at the first record that begins after as many bytes."""
    with path.open("rb") as file:
        for offset, _ in warc.read_records(file, start, stop):
            if offset >= start + size:
                yield offset
                start = offset
    yield stop


def read_pages(path: Path, start: int, stop: int) -> Iterator[ArchivedPage | Skipped]:
    """Yield the pages of the records that begin from byte ``start`` to before ``stop``, or why a record has none."""
    loader = ArcWarcRecordLoader(verify_http=False)  # it does not know HTTP/2
    with path.open("rb") as file:
        for _, data in warc.read_records(file, start, stop):
            if data is None:
                yield Skipped("damaged")
                continue
            stream = BytesIO(data)
            try:
                record = loader.parse_record_stream(stream, known_format="warc", check_digests=True)
                page = _page(record)
                record.raw_stream.read()  # moves to the record's end
                # Not the payload's digest: programs differ in whether chunks belong to the payload.
                if any(problem.startswith("block digest failed") for problem in record.digest_checker.problems):
                    page = Skipped("damaged")
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
    read = record.rec_headers.get_header(warc.READ)
    if record.rec_type != ("conversion" if read == warc.IN_THIS else "response") or read == warc.IN_CONVERSION:
        return None
    url = (record.rec_headers.get_header("WARC-Target-URI") or "").strip("<>")
    headers = record.rec_headers if read == warc.IN_THIS else record.http_headers
    if headers is None or not url.startswith(("http://", "https://")):
        return None
    if read != warc.IN_THIS and headers.get_statuscode() != "200":
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
    coding, transfer = ((headers and headers.get_header(f"{name}-Encoding")) or "" for name in ("Content", "Transfer"))
    stream = ChunkedDataReader(record.raw_stream) if transfer == "chunked" else record.raw_stream
    limits = {"download_maxsize": _MOST_BYTES, "download_warnsize": _MOST_BYTES}
    request = Request("http://archive.invalid/", meta=limits)
    coded = {"Content-Encoding": coding} if coding else {}
    response = Response(request.url, headers=coded, body=stream.read(_MOST_BYTES + 1))
    try:
        decoded = _decompression().process_response(request, response)
    except IgnoreRequest:
        return Skipped("too_long")
    assert isinstance(decoded, Response)
    if decoded.headers.get("Content-Encoding"):
        return Skipped("unknown_coding")
    return decoded.body if len(decoded.body) <= _MOST_BYTES else Skipped("too_long")


@cache
def _decompression() -> HttpCompressionMiddleware:
    crawler = Crawler(Spider)
    crawler.stats = MemoryStatsCollector(crawler)
    return HttpCompressionMiddleware(crawler=crawler)


def _time(date: str) -> datetime:
    """Return a record's time, in whole seconds; WARC 1.1 allows any number of decimals, or a date alone."""
    time = datetime.fromisoformat(date)
    return time.replace(microsecond=0, tzinfo=time.tzinfo or UTC).astimezone(UTC)


#: Names of a folder's own page.
_INDEX = ("", "index", "index.html", "index.htm")
_END_OF_HEAD = re.compile(rb"</head|<body", re.IGNORECASE)


def read_html_files(files: Iterable[Path], base: str) -> Iterator[ArchivedPage | Skipped]:
    """Yield the pages whose URL on the site at ``base`` is known, or why a file is skipped.

    The modification time of a file is the time at which its page was observed.
    """
    site = Site(base)
    for path in files:
        try:
            body = path.read_bytes()
            modified_at = datetime.fromtimestamp(int(path.stat().st_mtime), UTC)
        except (OSError, OverflowError, ValueError):
            yield Skipped("unreadable")
            continue
        head = _END_OF_HEAD.split(body, 1)[0]  # it names the page's address
        url = named_url(parse_document(head, base, site)) or _address_from_path(path, site)
        if url is None:
            yield Skipped("without_address")
        else:
            yield ArchivedPage(url, body, modified_at)


def _address_from_path(path: Path, site: Site) -> str | None:
    """Return the URL of a file in a mirror, whose folders are named after the site's host and paths; or None."""
    parts = path.parts
    host = next((index for index, part in enumerate(parts) if site.is_host(part)), None)
    if host is None:
        return None
    *folders, name = ["", *parts[host + 1 :]]
    # wget saves a page of the root with a query as index.html?p=1, and with -E as index.html?p=1.html
    name, _, query = name.removesuffix(".html").partition("?")
    own = [*folders, *([name] if name not in _INDEX else []), ""]
    address = site.address("/".join(own) + (f"?{query}" if query else ""))
    return site.canonical(address) if address else None


_WARC = (".warc", ".warc.gz", f".warc{warc.IN_PROGRESS}", f".warc.gz{warc.IN_PROGRESS}")
_HTML = (".html", ".htm", ".xhtml")
#: Size of a part: bytes of a WARC file, some ninety compressed pages; or files of a folder.
_PART_BYTES, _PART_FILES = 1 << 20, 100


@dataclass(frozen=True)
class Source:
    """A WARC file, or the saved pages of a folder (``files``); ``size`` in bytes, for a folder in files."""

    path: Path
    size: int
    files: tuple[Path, ...] = ()
    about: WarcInfo = field(default_factory=WarcInfo)

    @property
    def name(self) -> str:
        """The path as valid text: the bytes of a file name need not be UTF-8."""
        return _as_text(str(self.path))

    @property
    def run_id(self) -> str:
        """The run that archived these pages; for other archives, a name made from the path."""
        return self.about.run_id or f"archive {_as_text(self.path.name)}"

    def parts(self, start: int = 0) -> Iterator["Part"]:
        """Yield the parts from ``start`` on. A WARC file's records are read to find where each part ends."""
        if start >= self.size:
            return
        ends: Iterable[int] = [*range(start + _PART_FILES, self.size, _PART_FILES), self.size]
        if not self.files:
            ends = part_ends(self.path, start, self.size, _PART_BYTES)
        try:
            for stop in ends:
                yield Part(self, start, stop)
                start = stop
        except OSError as error:
            raise _unreadable(self.path, error) from None


@dataclass(frozen=True)
class Part:
    """A unit of work: a source from ``start`` to before ``stop``, in the unit of its size. One part is one commit."""

    source: Source
    start: int
    stop: int

    def pages(self, base: str) -> Iterator[ArchivedPage | Skipped]:
        """Yield the part's pages in order; ``base`` is the address of the site that saved pages belong to."""
        source = self.source
        if source.files:
            yield from read_html_files(source.files[self.start : self.stop], base)
            return
        try:
            yield from read_pages(source.path, self.start, self.stop)
        except OSError as error:
            raise _unreadable(source.path, error) from None


def find_sources(paths: list[Path]) -> list[Source]:
    """Return the sources in files and folders, sorted by name, which is by time for the files of crawls.

    ArchiveError if there is nothing to read.
    """
    found: list[Source] = []
    for path in paths:
        try:
            inside = sorted(_files_below(path)) if path.is_dir() else [path]
            if path.exists() and not path.is_dir() and not path.is_file():
                raise ArchiveError(f"{path} is neither a file nor a folder")
            begins_as_warc = path.is_file() and _head(path).startswith((b"WARC/", b"\x1f\x8b"))
            warcs = [each for each in inside if each.name.endswith(_WARC) or (each == path and begins_as_warc)]
            known = set(warcs)
            pages = [each for each in inside if each not in known and _is_page(each, is_named=each == path)]
            found += [Source(each.resolve(), each.stat().st_size, about=read_info(each)) for each in warcs]
        except OSError as error:
            raise _unreadable(path, error) from None
        if pages:
            found.append(Source(path.resolve(), len(pages), tuple(pages)))
        if not warcs and not pages:
            raise ArchiveError(f"{path} holds neither WARC files (.warc, .warc.gz) nor saved pages (.html)")
    unique = {source.path: source for source in found}  # a file may be named twice
    return sorted(unique.values(), key=lambda source: source.path.name)


def most_parts(source: Source) -> int:
    """Return an upper bound of the number of parts."""
    return -(-source.size // (_PART_FILES if source.files else _PART_BYTES))


def _files_below(folder: Path) -> Iterator[Path]:
    """Yield the files in a folder and its subfolders; OSError if one cannot be listed."""

    def fail(error: OSError) -> None:
        raise error

    for parent, _, names in os.walk(folder, onerror=fail):
        yield from (path for name in names if (path := Path(parent, name)).is_file())


def _unreadable(path: Path, error: OSError) -> ArchiveError:
    return ArchiveError(f"{_as_text(str(error.filename or path))} cannot be read: {error.strerror}")


def _as_text(name: str) -> str:
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _is_page(path: Path, *, is_named: bool) -> bool:
    """Whether a file is a saved page: by its name, or, if the user named the file, because it contains tags."""
    if path.suffix.lower() in _HTML:
        return True
    head = _head(path) if is_named else b""
    return b"<" in head and b"\0" not in head


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(4096)
