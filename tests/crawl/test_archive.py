"""The archive of a crawl: every response as it was sent, and errors when it is written."""

import gzip
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import brotli
import pytest
from backports import zstd
from warcio.archiveiterator import ArchiveIterator

from caravan_crawler.sample_site import SampleResponse, SampleSite, serve
from tests.reparse.reparsing import assert_equal, dataset, reparse, sound, sqlite
from tests.support.crawling import crawl
from tests.support.disks import SmallDisk
from tests.support.kills import Stored, each_once, gold

CODINGS: dict[str, Any] = {
    "gzip": lambda body: gzip.compress(body, mtime=0),
    "br": brotli.compress,
    "zstd": zstd.compress,
}


class Packed(SampleSite):
    """A site whose pages are compressed in all codings; the first response for some of them is a 500."""

    def __init__(self, articles: int) -> None:
        super().__init__(articles)
        self.sent: list[tuple[str, int, bytes]] = []

    @staticmethod
    def coding(target: str) -> str:
        return [*CODINGS][sum(target.encode()) % len(CODINGS)]

    def respond(self, target: str, base_url: str, headers: Mapping[str, str] | None = None) -> SampleResponse:
        response = super().respond(target, base_url, headers)
        if target.endswith("4/") and target not in [path for path, _, _ in self.sent]:
            response = SampleResponse(500, {"Content-Type": "text/html"}, b"<h1>500</h1>")
        elif response.status == 200 and target != "/robots.txt":
            coding = self.coding(target)
            body = CODINGS[coding](response.body)
            response = SampleResponse(200, {**response.headers, "Content-Encoding": coding}, body)
        self.sent.append((target, response.status, response.body))
        return response


def responses(folder: Path) -> Iterator[Any]:
    """Yield the responses in the archive, each with its digest checked."""
    for path in sorted(folder.glob("warc/*.warc.gz")):
        with path.open("rb") as file:
            for one in ArchiveIterator(file, check_digests="raise"):
                if one.rec_type == "response":
                    yield one


def test_pages_of_every_content_coding_can_be_reparsed(tmp_path: Path) -> None:
    with serve(Packed(16)) as server:
        assert crawl(tmp_path, "-a", f"site={server.url}", "-s", "ARCHIVE=1").code == 0
    sound(reparse(tmp_path / "again", f"{tmp_path / 'warc'}"))
    crawled, again = (sqlite(folder / "caravan.db") for folder in (tmp_path, tmp_path / "again"))
    urls, found = ({row["fetched_url"] for row in store.rows("articles")} for store in (crawled, again))
    assert {Packed.coding(urlsplit(url).path) for url in urls} == set(CODINGS)
    assert {Packed.coding(urlsplit(url).path) for url in urls - found} == set(), "pages of these are lost"
    assert_equal(dataset(again), dataset(crawled))


def test_every_response_is_archived_as_it_was_sent(tmp_path: Path) -> None:
    site = Packed(30)
    with serve(site) as server:
        options = ("-a", f"site={server.url}", "-s", "ARCHIVE=1", "-s", "ARCHIVE_FILE_SIZE=50000")
        for more in ((), ("-a", "refresh_days=20000")):
            result = crawl(tmp_path, *options, *more)
            assert result.code == 0, result.log[-3000:]
        url = server.url.rstrip("/")
    archived = [
        (
            one.rec_headers.get_header("WARC-Target-URI").removeprefix(url),
            int(one.http_headers.get_statuscode()),
            one.raw_stream.read(),
        )
        for one in responses(tmp_path)
    ]
    assert Counter(archived) == Counter(site.sent)
    assert {"/robots.txt"} < {path for path, _, _ in archived}
    assert {status for _, status, _ in archived} >= {200, 301, 304, 404, 500}
    files = sorted((tmp_path / "warc").iterdir())
    runs = sorted(path.name for path in (tmp_path / "runs").iterdir())
    assert {file.name[len("caravan-") : -len("-00001.warc.gz")] for file in files} == set(runs)
    assert len(files) > 3


def test_without_the_library(tmp_path: Path) -> None:
    result = crawl(tmp_path, "-a", "site=sample", "-s", "ARCHIVE=1", module="tests.crawl.without_warcio")
    assert result.code == 2
    assert result.log == "scrapy crawl: ARCHIVE needs warcio: pip install -e '.[archive]'\n"
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("small_disk", [0.3], indirect=True)
def test_a_full_disk_under_the_archive(small_disk: SmallDisk, tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    data_dir.mkdir()
    (data_dir / "warc").symlink_to(small_disk.path)
    with serve(SampleSite(articles=50)) as server:
        options = ("-a", f"site={server.url}", "-s", "ARCHIVE=1")
        for _ in range(2):
            result = crawl(data_dir, *options)
            assert result.code == 1, result.log[-3000:]
            assert "Traceback" not in result.log, result.log[:6000]
            words = "the archive of raw pages cannot be written: No space left on device"
            assert words in result.log.splitlines()[-1]
        archived = {one.rec_headers.get_header("WARC-Target-URI") for one in responses(data_dir)}
        stored = Stored(data_dir).articles
        assert {record["fetched_url"] for record in stored.values()} <= archived
        small_disk.grow(100)
        result = crawl(data_dir, *options)
        assert result.code == 0, result.log[-3000:]
        each_once(Stored(data_dir).articles.values(), gold(server))
    archived = {one.rec_headers.get_header("WARC-Target-URI") for one in responses(data_dir)}
    assert {record["fetched_url"] for record in Stored(data_dir).articles.values()} <= archived
    assert not list(small_disk.path.glob("*.open"))


def test_a_file_in_place_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "warc").write_text("Это файл.", encoding="utf-8")
    with serve(SampleSite(articles=5)) as server:
        result = crawl(tmp_path, "-a", f"site={server.url}", "-s", "ARCHIVE=1")
    assert (result.code, result.log.count("\n")) == (2, 1), result.log
    assert f"{tmp_path}/warc is no folder" in result.log
