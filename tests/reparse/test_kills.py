"""A killed reparse resumes; a killed crawl's archive contains all that it stored."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
from warcio.archiveiterator import ArchiveIterator

from caravan_crawler.archive.warc import whole_records
from caravan_crawler.sample_site import SampleSite, serve
from tests.archive.records import write_crawl
from tests.reparse.reparsing import assert_equal, crawl_archived, dataset, end, reparse, sound, sqlite, start
from tests.store.stored import StoreTables
from tests.support.crawling import TIMEOUT
from tests.support.crawling import start as start_crawl
from tests.support.kills import after_requests, dice

#: More than twenty-five with the kills of other tests.
KILLS_OF_A_CRAWL, KILLS_OF_A_REPARSE = 6, 5
#: Enough to keep a reparse at work until the signal.
ARTICLES = 120
BASE = "http://127.0.0.1:8000/"


def write_archive(folder: Path, articles: int, most_bytes: int = 25_000) -> str:
    """The archive of a crawl with this number of articles, in many small files."""
    site = SampleSite(articles=articles)
    pages = ((record["url"], site.page(site.article(number), BASE)) for number, record in enumerate(site.gold(BASE)))
    write_crawl(folder, pages, BASE, most_bytes)
    return str(folder)


# A crawl


def test_a_crawl_killed_often_archives_every_page_of_its_store(tmp_path: Path) -> None:
    chance = dice("archive")
    store = sqlite(tmp_path / "caravan.db")
    warcs = tmp_path / "warc"
    with serve(SampleSite(articles=50)) as server:
        options = ("-a", f"site={server.url}", "-s", "ARCHIVE=1", "-s", "ARCHIVE_FILE_SIZE=30000")
        for _ in range(KILLS_OF_A_CRAWL):
            process = start_crawl(tmp_path, *options)
            after_requests(server, chance.randint(1, 10))(process)
            process.kill()
            process.communicate(timeout=TIMEOUT)
            for file in warcs.glob("*.open"):
                assert whole_records(file) <= file.stat().st_size
        sound(crawl_archived(store, tmp_path, server.url))
    files = sorted(warcs.iterdir())
    assert all(file.name.endswith(".warc.gz") for file in files)
    check = [str(Path(sys.executable).with_name("warcio")), "check", *map(str, files)]
    assert subprocess.run(check, capture_output=True, timeout=TIMEOUT, check=False).returncode == 0
    archived = {one.rec_headers.get_header("WARC-Target-URI") for file in files for one in records_of(file)}
    assert {row["fetched_url"] for row in store.rows("articles")} <= archived
    # A page can be in the archive and not in the store, so the times of articles may be earlier.
    read = sqlite(tmp_path / "read.db")
    sound(reparse(read, str(warcs)))
    assert contents(read) == contents(store)
    assert sound(reparse(store, str(warcs)))
    assert_equal(dataset(store), dataset(read))


def records_of(file: Path) -> ArchiveIterator:
    with file.open("rb") as opened:
        yield from ArchiveIterator(opened)


def contents(store: StoreTables) -> list[dict[str, object]]:
    """The articles without the times at which they were read."""
    left_out = {"observed_at", "first_seen_at", "changed_at", "checked_at", "run_id", "published_in"}
    left_out |= {"etag", "last_modified"}
    rows = store.rows("articles", order_by="key")
    return [{name: value for name, value in row.items() if name not in left_out} for row in rows]


# A reparse


@pytest.mark.parametrize("is_broken", [False, True], ids=["into an empty store", "over a broken one"])
def test_a_reparse_killed_often(is_broken: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chance = dice(f"reading {is_broken}")
    store, whole = sqlite(tmp_path / "store.db"), sqlite(tmp_path / "whole.db")
    if is_broken:
        monkeypatch.setenv("BREAK", "no lede, no views, a body cut short, nothing shown")
        with serve(SampleSite(articles=40)) as server:
            size = ("-s", "ARCHIVE_FILE_SIZE=16000")
            crawl_archived(store, tmp_path, server.url, *size, module="tests.reparse.broken_reader")
        archive = str(tmp_path / "warc")
    else:
        archive = write_archive(tmp_path / "archive", 40, 16_000)
    files = len(list(Path(archive).iterdir()))
    sound(reparse(whole, archive))
    expected, kills = dataset(whole), 0
    for number in range(KILLS_OF_A_REPARSE):
        event, most = chance.choice([("sql", 40), ("commit", files // 3), ("commit", 4)])
        monkeypatch.setenv("KILL_AT", f"{event} {chance.randint(1, most)}")
        jobs = ("--jobs", str(number % 2 + 1))
        process = start(store, archive, *jobs, module="tests.crawl.killed")
        _, log = process.communicate(timeout=TIMEOUT)
        assert process.returncode in (0, -signal.SIGKILL), log[-3000:]
        assert "Traceback" not in log
        kills += process.returncode != 0
    sound(reparse(store, archive))
    assert_equal(dataset(store), expected)
    assert kills >= KILLS_OF_A_REPARSE // 2
    assert not [row for row in store.rows("store_info") if row["name"].startswith("reread")]


def children(parent: int) -> set[int]:
    """The child processes of a process."""
    found = set()
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            if path.read_text().rpartition(")")[2].split()[1] == str(parent):
                found.add(int(path.parent.name))
        except OSError:
            continue  # the process has ended
    return found


def open_files(pid: int) -> set[str]:
    """The paths of the files that a process has open."""
    found = set()
    for each in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # closed since
            found.add(f"{each.readlink()}")
    return found


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> str:
    return write_archive(tmp_path_factory.mktemp("archive"), ARTICLES)


def test_the_pool_ends_with_its_parent_and_has_no_file_of_the_store_open(archive: str, tmp_path: Path) -> None:
    store = sqlite(tmp_path / "store.db")
    process = start(store, archive, "--jobs", "2")
    store.wait_for_articles(1, process)
    begun = children(process.pid)
    assert len(begun) == 2
    assert f"{tmp_path / 'store.db'}.lock" in open_files(process.pid)
    assert not [path for pid in begun for path in open_files(pid) if path.startswith(f"{tmp_path}")]
    process.kill()
    process.communicate(timeout=TIMEOUT)
    give_up = time.monotonic() + TIMEOUT
    while any(map(is_alive, begun)) and time.monotonic() < give_up:
        time.sleep(0.02)
    assert not [pid for pid in begun if is_alive(pid)]


@pytest.mark.parametrize(("number", "jobs"), [(signal.SIGINT, "1"), (signal.SIGINT, "2"), (signal.SIGTERM, "2")])
def test_a_signal_to_all_processes(number: signal.Signals, jobs: str, archive: str, tmp_path: Path) -> None:
    """Ctrl-C and systemd send it so."""
    store = sqlite(tmp_path / "store.db")
    process = start(store, archive, "--jobs", jobs, new_session=True)
    store.wait_for_articles(1, process)
    os.killpg(process.pid, number)
    result = end(process, may_be_opening=True)
    assert result.code == 128 + number, result.log
    assert result.words.startswith("scrapy reparse: stopped; the same command continues: ")
    stored = store.sizes()["articles"]
    assert 0 < stored < ARTICLES
    result = sound(reparse(store, archive))
    assert f"articles: {ARTICLES - stored} new" in result.words
    assert store.sizes()["articles"] == ARTICLES
