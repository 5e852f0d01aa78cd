"""Pages of WARC files of other programs, in all their forms, and of damaged files."""

import gzip
import io
import zlib
from collections import Counter
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import brotli
import pytest
from backports import zstd

from caravan_crawler.archive import sources
from caravan_crawler.archive.sources import ArchivedPage, ArchiveError, Skipped
from tests.archive.records import BASE, RUN_ID, answer, info, packed, record

HTML = "<h1>Снег сошёл</h1>".encode()
PAGE = record(answer(HTML))
CHUNKED = b"5\r\n" + HTML[:5] + b"\r\n%x\r\n" % (len(HTML) - 5) + HTML[5:] + b"\r\n0\r\n\r\n"
PACKED_CHUNKS = b"".join(b"1\r\n%c\r\n" % byte for byte in gzip.compress(HTML)) + b"0\r\n\r\n"


def read(path: Path, content: bytes) -> list[ArchivedPage | Skipped]:
    """Read a file with this content in parts of 700 bytes."""
    path.write_bytes(content)
    ends = list(sources.part_ends(path, 0, len(content), 700))
    return [page for start, stop in pairwise([0, *ends]) for page in sources.read_pages(path, start, stop)]


FORMS = {
    "plain": PAGE,
    "gzip": record(answer(gzip.compress(HTML), Content_Encoding="gzip")),
    "GZIP": record(answer(gzip.compress(HTML), Content_Encoding="GZIP")),
    "deflate": record(answer(zlib.compress(HTML), Content_Encoding="deflate")),
    "chunked": record(answer(CHUNKED, Transfer_Encoding="chunked")),
    "digest without chunks": record(
        answer(CHUNKED, Transfer_Encoding="chunked"), **{"WARC-Payload-Digest": f"sha1:{'A' * 32}"}
    ),
    "chunked and gzip": record(answer(PACKED_CHUNKS, Transfer_Encoding="chunked", Content_Encoding="gzip")),
    "said to be chunked": record(answer(HTML, Transfer_Encoding="chunked")),
    "said to be gzip": record(answer(HTML, Content_Encoding="gzip")),
    "HTTP/2": record(answer(HTML).replace(b"HTTP/1.1", b"HTTP/2")),
    "no content type": record(answer(HTML, content_type="")),
    "xhtml": record(answer(HTML, content_type="application/xhtml+xml; charset=utf-8")),
    "address in brackets": record(answer(HTML), url=f"<{BASE}news/a-900001/>"),
    "WARC/1.1": record(answer(HTML), date="2020-02-03T04:05:06.987654321Z", version="1.1"),
    "another zone": record(answer(HTML), date="2020-02-03T10:05:06+06:00"),
}


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize("is_packed", [True, False])
def test_a_page(name: str, is_packed: bool, tmp_path: Path) -> None:
    records = [info(), FORMS[name]]
    (page,) = read(tmp_path / "a.warc", packed(records) if is_packed else b"".join(records))
    assert isinstance(page, ArchivedPage)
    assert page.body == HTML
    assert page.url == f"{BASE}news/a-900001/"
    assert page.observed_at == datetime(2020, 2, 3, 4, 5, 6, tzinfo=UTC)


def test_headers_of_the_answer(tmp_path: Path) -> None:
    headers = {"ETag": 'W/"1"', "Last_Modified": "Mon, 03 Feb 2020 00:00:00 GMT"}
    page = record(answer(HTML, content_type="text/html; charset=windows-1251", **headers))
    (found,) = read(tmp_path / "a.warc", page)
    assert isinstance(found, ArchivedPage)
    assert (found.content_type, found.etag, found.last_modified) == (
        "text/html; charset=windows-1251",
        'W/"1"',
        "Mon, 03 Feb 2020 00:00:00 GMT",
    )


BOMB = gzip.compress(bytes(40_000_000), 1)
SKIPPED = {
    "status": record(answer(HTML, "404 Not Found")),
    "no_page": record(answer(b"%PDF", content_type="application/pdf")),
    "too_long": record(answer(BOMB, Content_Encoding="gzip")),
    "damaged": record(answer(HTML), date="yesterday"),
    "damaged without date": record(answer(HTML), date=""),
    "damaged by a date before all dates": record(answer(HTML), date="0001-01-01T00:00:00+14:00"),
    "damaged in its block": record(answer(HTML), **{"WARC-Block-Digest": f"sha1:{'A' * 32}"}),
    "damaged without address": record(answer(HTML), url=""),
    "damaged brotli": record(answer(b"no brotli", Content_Encoding="br")),
    "damaged zstd": record(answer(b"no zstd", Content_Encoding="zstd")),
    "unknown_coding": record(answer(HTML, Content_Encoding="dcb")),
    "too_long brotli": record(answer(brotli.compress(bytes(40_000_000), quality=1), Content_Encoding="br")),
    "status of no HTTP": record(b"no http at all"),
}
CODINGS = {
    "br": brotli.compress,
    "zstd": zstd.compress,
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "x-gzip": gzip.compress,
    "gzip, br": lambda body: brotli.compress(gzip.compress(body)),
    "BR": brotli.compress,
}


def in_chunks(body: bytes) -> bytes:
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (body[:7], body[7:], b""))


@pytest.mark.parametrize("coding", CODINGS)
@pytest.mark.parametrize("is_chunked", [True, False])
def test_every_coding_of_a_crawl_is_decoded(coding: str, is_chunked: bool, tmp_path: Path) -> None:
    body = CODINGS[coding](HTML)
    more = {"Transfer_Encoding": "chunked"} if is_chunked else {}
    (page,) = read(
        tmp_path / "a.warc", record(answer(in_chunks(body) if is_chunked else body, Content_Encoding=coding, **more))
    )
    assert isinstance(page, ArchivedPage), page
    assert page.body == HTML


NOT_COUNTED = {
    "no answer": record(b""),
    "request": record(b"GET / HTTP/1.1\r\nHost: www.caravan.kz\r\n\r\n", "request"),
    "metadata": record(b"fetchTimeMs: 5\r\n", "metadata"),
    "conversion": record("Только текст".encode(), "conversion"),
    "resource": record(HTML, "resource"),
    "revisit": record(answer(b""), "revisit"),
    "dns": record(
        b"20200203040506\r\nwww.caravan.kz. 1 IN A 192.0.2.1", url="dns:www.caravan.kz", **{"Content-Type": "text/dns"}
    ),
    "unknown type": record(b"x", "future"),
}


@pytest.mark.parametrize("name", [*SKIPPED, *NOT_COUNTED])
@pytest.mark.parametrize("is_packed", [True, False])
def test_a_record_that_is_no_page_costs_no_other(name: str, is_packed: bool, tmp_path: Path) -> None:
    records = [info(), PAGE, (SKIPPED | NOT_COUNTED)[name], PAGE]
    found = read(tmp_path / "a.warc", packed(records) if is_packed else b"".join(records))
    reasons = [page.reason for page in found if isinstance(page, Skipped)]
    assert reasons == ([name.split()[0]] if name in SKIPPED else [])
    assert len(found) - len(reasons) == 2


DAMAGES = {
    "garbage at the end": (packed([PAGE, PAGE]) + b"garbage", 2),
    "garbage in the middle": (packed([PAGE]) + b"garbage" + packed([PAGE]), 2),
    "a torn record at the end": (packed([PAGE]) + packed([PAGE])[:-9], 1),
    "a torn record in the middle": (packed([PAGE]) + packed([PAGE])[:-9] + packed([PAGE]), 2),
    "only a torn record": (packed([PAGE])[:-9], 0),
    "plain, garbage in the middle": (PAGE + b"garbage\r\n" + PAGE, 2),
    "plain, torn in the middle": (PAGE + PAGE[:-40] + PAGE, 2),
    "plain, torn at the end": (PAGE + PAGE[:-40], 1),
    "plain, torn in its header": (PAGE + PAGE[:40], 1),
    "plain, a length that is no number": (PAGE + PAGE.replace(b"Content-Length: ", b"Content-Length: x") + PAGE, 2),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_damage_is_counted(name: str, tmp_path: Path) -> None:
    content, number = DAMAGES[name]
    found = Counter(
        "page" if isinstance(page, ArchivedPage) else page.reason for page in read(tmp_path / "a.warc", content)
    )
    assert found == Counter({"page": number, "damaged": 1}) - Counter()


def test_an_empty_file_has_no_pages(tmp_path: Path) -> None:
    assert read(tmp_path / "a.warc.gz", b"") == []
    assert sources.read_info(tmp_path / "a.warc.gz") == sources.WarcInfo()


NO_ARCHIVES = {
    "html": HTML,
    "a packed page": gzip.compress(HTML),
    "gzip's first bytes": b"\x1f\x8b\x08 and no more of it",
    "ARC": b"filedesc://a.arc 0.0.0.0 20200203040506 text/plain 76\n1 0 x\n",
}


@pytest.mark.parametrize("name", NO_ARCHIVES)
def test_a_file_of_another_format_is_refused(name: str, tmp_path: Path) -> None:
    path = tmp_path / "a.warc.gz"
    path.write_bytes(NO_ARCHIVES[name])
    with pytest.raises(ArchiveError, match="is no WARC file"):
        sources.read_info(path)


def test_a_file_compressed_as_a_whole_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.warc.gz"
    path.write_bytes(gzip.compress(info() + PAGE + PAGE))
    with pytest.raises(ArchiveError, match="not compressed record by record; `warcio recompress` makes it so"):
        sources.read_info(path)
    with pytest.raises(ArchiveError, match="not compressed record by record"):
        list(sources.read_pages(path, 0, path.stat().st_size))
    # If the first record is longer than the head that is checked, the error comes when the file is read.
    path.write_bytes(gzip.compress(record(answer(bytes(range(256)) * 1000)) + PAGE))
    assert sources.read_info(path) == sources.WarcInfo()
    with pytest.raises(ArchiveError, match="not compressed record by record"):
        list(sources.read_pages(path, 0, path.stat().st_size))


@pytest.mark.parametrize("content", [info(RUN_ID), packed([info(RUN_ID), PAGE])])
def test_the_run_and_site_of_a_file(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.warc"
    path.write_bytes(content)
    assert sources.read_info(path) == sources.WarcInfo(RUN_ID, BASE, None)
    path.write_bytes(info() + PAGE)
    assert sources.read_info(path) == sources.WarcInfo()


def test_warcio_reads_the_records_of_these_tests() -> None:
    from warcio.archiveiterator import ArchiveIterator

    content = packed([info(), *FORMS.values()])
    assert len([one.content_stream().read() for one in ArchiveIterator(io.BytesIO(content))]) == len(FORMS) + 1
