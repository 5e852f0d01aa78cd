"""The pages of WARC files: the crawl's own, and others, such as an extract of Common Crawl."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed
from warcio.recordloader import ArcWarcRecord, ArcWarcRecordLoader

from caravan_crawler.archive.errors import ArchiveError
from caravan_crawler.archive.members import Members
from caravan_crawler.archive.names import EDITION, RUN, SITE
from caravan_crawler.archive.saved import SavedPage, Skipped

_OK = "200"
_PAGES = ("text/html", "application/xhtml")


@dataclass(frozen=True)
class About:
    """What the first record of a file says of it; all None where another program wrote it."""

    run_id: str | None = None
    site: str | None = None
    edition: str | None = None

    @property
    def begun_at(self) -> str:
        """When the run began, which its name says."""
        moment = datetime.strptime((self.run_id or "")[:16], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        return moment.isoformat(timespec="seconds")


def about(path: Path) -> About:
    """Read a file's first record; :class:`~.errors.ArchiveError` where the file is no WARC file."""
    try:
        with path.open("rb") as file:
            first = next(iter(ArchiveIterator(file)), None)
            if first is None or first.rec_type != "warcinfo":
                return About()
            lines = first.content_stream().read().decode("utf-8", "replace").splitlines()
    except (ArchiveLoadFailed, EOFError) as error:
        raise ArchiveError(f"{path} is no WARC file: {str(error).strip().splitlines()[0]}") from None
    fields = dict(line.split(": ", 1) for line in lines if ": " in line)
    return About(fields.get(RUN), fields.get(SITE), fields.get(EDITION)) if SITE in fields else About()


def is_compressed(path: Path) -> bool:
    """Whether the file is gzip."""
    with path.open("rb") as file:
        return file.read(2) == b"\x1f\x8b"


def pages(path: Path, start: int, stop: int) -> Iterator[SavedPage | Skipped]:
    """Yield the pages whose records begin from byte ``start`` to before ``stop``, and why others are none."""
    with path.open("rb") as file:
        if not is_compressed(path):
            for record in ArchiveIterator(file):
                yield from _page(record)
            return
        members = Members(file, start, stop)
        loader = ArcWarcRecordLoader()
        for offset, data in members:
            stream = BytesIO(data)
            try:
                record = loader.parse_record_stream(stream, known_format="warc")
                yield from _page(record)
                record.raw_stream.read()  # what was of no interest
            except (ArchiveLoadFailed, EOFError, ValueError):
                yield Skipped("damaged")
                continue
            if stream.read(8).strip():
                raise ArchiveError(
                    f"{path} is not compressed record by record (byte {offset}); `warcio recompress` makes it so"
                )
        for _ in range(members.damaged):
            yield Skipped("damaged")


def _page(record: ArcWarcRecord) -> Iterator[SavedPage | Skipped]:
    if record.rec_type != "response":
        return
    url = record.rec_headers.get_header("WARC-Target-URI", "").strip("<>")
    headers = record.http_headers
    if headers is None or not url.startswith(("http://", "https://")):
        return
    if headers.get_statuscode() != _OK:
        yield Skipped("status")
        return
    content_type = headers.get_header("Content-Type", "").lower()
    if content_type and not content_type.startswith(_PAGES):
        yield Skipped("no_page")
        return
    observed_at = _moment(record.rec_headers.get_header("WARC-Date", ""))
    yield SavedPage(
        url,
        record.content_stream().read(),
        observed_at,
        content_type,
        headers.get_header("ETag"),
        headers.get_header("Last-Modified"),
    )


def _moment(date: str) -> datetime:
    """Return a record's time; WARC 1.1 allows any number of decimals."""
    return datetime.fromisoformat(date.replace("Z", "+00:00")).astimezone(UTC)
