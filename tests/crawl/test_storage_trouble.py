"""A full disk, a locked or broken database, a read-only folder: one clear line, no loss, and the next run continues."""

import errno
import os
import sqlite3
import threading
from pathlib import Path
from typing import Any

import pytest

from caravan_crawler.sample_site import SampleSite, serve
from tests.store.stores import open_in
from tests.support.crawling import TIMEOUT, Crawl, crawl, start
from tests.support.disks import SmallDisk
from tests.support.kills import Stored, after_requests, each_once, gold, read_articles


def failed_in_one_line(result: Crawl, words: str) -> None:
    assert result.code == 1, result.log[-3000:]
    assert "Traceback" not in result.log, result.log[-3000:]
    assert words in result.log.splitlines()[-1]


# A full disk


@pytest.mark.parametrize("small_disk", [1.0], indirect=True)
def test_a_full_disk_under_the_data(small_disk: SmallDisk, tmp_path: Path) -> None:
    earlier, data_dir = tmp_path / "articles.csv", small_disk.path / "data"
    earlier.write_text("the last good dataset", encoding="utf-8")
    with serve(SampleSite(articles=60)) as server:
        options = ("-a", f"site={server.url}", "-O", str(earlier))
        for _ in range(2):
            result = crawl(data_dir, *options)
            assert result.code == 1, result.log[-3000:]
            assert "Traceback" not in result.log, result.log[-3000:]
            assert "disk is full" in result.log.splitlines()[-1] or "No space left" in result.log.splitlines()[-1]
            assert earlier.read_text(encoding="utf-8") == "the last good dataset"
            assert not list(data_dir.glob("runs/*/*.csv"))
        stored = Stored(data_dir).articles
        small_disk.grow(100)
        before = server.hits
        result = crawl(data_dir, *options)
        assert result.code == 0, result.log[-3000:]
        assert server.hits - before < 60 - len(stored) + 30
        each_once(Stored(data_dir).articles.values(), gold(server))
        each_once(read_articles(earlier), gold(server))


def test_full_disk_under_the_output_file(small_disk: SmallDisk, tmp_path: Path) -> None:
    other, wanted = tmp_path / "articles.jsonl", small_disk.path / "articles.jsonl"
    other.write_text("", encoding="utf-8")
    wanted.write_text("", encoding="utf-8")
    with serve(SampleSite(articles=60)) as server:
        small_disk.grow(0.1)
        options = ("-a", f"site={server.url}", "-o", str(other), "-o", str(wanted))
        failed_in_one_line(crawl(tmp_path / "data", *options), f"{wanted} cannot be written: No space left on device")
        assert not other.read_bytes() + wanted.read_bytes(), "all files or none"
        small_disk.grow(100)
        result = crawl(tmp_path / "data", *options)
        assert result.code == 0, result.log[-3000:]
        each_once(Stored(tmp_path / "data").articles.values(), gold(server))
        for file in (other, wanted):
            each_once(read_articles(file), gold(server))


def test_a_file_that_may_not_grow(tmp_path: Path) -> None:
    """The same for those who are not root."""

    with serve(SampleSite(articles=60)) as server:
        options = ("-a", f"site={server.url}", "-O", str(tmp_path / "articles.jsonl"))
        limited = crawl(tmp_path, *options, module="tests.crawl.small_files")
        assert limited.code == 1, limited.log[-3000:]
        assert "Traceback" not in limited.log
        assert not (tmp_path / "articles.jsonl").exists()
        result = crawl(tmp_path, *options)
        assert result.code == 0, result.log[-3000:]
        each_once(read_articles(tmp_path / "articles.jsonl"), gold(server))


# The database


def lock(database: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(database, isolation_level=None, check_same_thread=False)
    connection.execute("BEGIN EXCLUSIVE")
    return connection


def test_a_store_locked_for_a_moment_is_waited_for(tmp_path: Path) -> None:
    with serve(SampleSite(articles=30)) as server:
        process = start(tmp_path, "-a", f"site={server.url}")
        after_requests(server, 16)(process)
        holder = lock(tmp_path / "caravan.db")
        release = threading.Timer(1, holder.close)
        release.start()
        _, log = process.communicate(timeout=TIMEOUT)
        release.join()
        assert process.returncode == 0, log[-3000:]
        each_once(Stored(tmp_path).articles.values(), gold(server))


def test_a_store_that_is_removed_during_the_run(tmp_path: Path) -> None:
    with serve(SampleSite(articles=30)) as server:
        process = start(tmp_path, "-a", f"site={server.url}")
        after_requests(server, 16)(process)
        for file in tmp_path.glob("caravan.db*"):
            file.unlink()
        _, log = process.communicate(timeout=TIMEOUT)
        assert (process.returncode, log.count("Traceback")) == (1, 0)
        assert "another program has removed or replaced the store" in log.splitlines()[-1]
        assert not list(tmp_path.glob("runs/*/articles.*"))
        assert crawl(tmp_path, "-a", f"site={server.url}").code == 0
        each_once(Stored(tmp_path).articles.values(), gold(server))


@pytest.mark.parametrize("small_disk", [0.004], indirect=True)
def test_a_full_disk_under_the_log(small_disk: SmallDisk, tmp_path: Path) -> None:
    """The run in which the disk fills succeeds; the next one is refused, in one line."""
    with serve(SampleSite(articles=20)) as server:
        options = ("-a", f"site={server.url}", "-s", f"LOG_FILE={small_disk.path}/crawl.log", "-L", "DEBUG")
        first, second = crawl(tmp_path, *options), crawl(tmp_path, *options)
    assert (first.code, second.code) == (0, 2)
    for done in (first, second):
        assert "Traceback" not in done.log
        assert f"cannot be written: {os.strerror(errno.ENOSPC)}" in done.log
    assert len(first.articles) == 20


@pytest.mark.parametrize("requests", [0, 16])
def test_a_store_that_stays_locked(requests: int, tmp_path: Path) -> None:
    database = tmp_path / "caravan.db"
    with serve(SampleSite(articles=30)) as server:
        options = ("-a", f"site={server.url}", "-s", f"STORE_URL=sqlite:///{database}?timeout=0.5")
        open_in(tmp_path, "copy").close()
        holder = lock(database) if not requests else None
        process = start(tmp_path, *options)
        if holder is None:
            after_requests(server, requests)(process)
            holder = lock(database)
        _, log = process.communicate(timeout=TIMEOUT)
        holder.close()
        failed_in_one_line(Crawl(process.returncode, log, tmp_path), "database is locked")
        assert crawl(tmp_path, *options).code == 0
        each_once(Stored(tmp_path).articles.values(), gold(server))


def no_database(path: Path) -> None:
    path.write_text("This is a text, and no database at all. " * 50, encoding="utf-8")


def torn_database(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE runs (a)")
        connection.executemany("INSERT INTO runs VALUES (?)", [("x" * 500,)] * 100)
    connection.close()
    content = path.read_bytes()
    path.write_bytes(content[:100] + b"\xff" * (len(content) - 100))


def foreign_database(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE articles (a)")
    connection.close()


BROKEN = [
    (no_database, 1, "cannot be opened: file is not a database"),
    (torn_database, 1, "cannot be opened: database disk image is malformed"),
    (foreign_database, 2, "the database is no store of this crawler, but has a table articles"),
    (Path.mkdir, 1, "cannot be opened: unable to open database file"),
]


@pytest.mark.parametrize(("make", "code", "words"), BROKEN, ids=[words for _, _, words in BROKEN])
def test_file_that_is_no_store(make: Any, code: int, words: str, tmp_path: Path) -> None:
    make(tmp_path / "caravan.db")
    before = (tmp_path / "caravan.db").stat().st_size
    with serve(SampleSite(articles=1)) as server:
        result = crawl(tmp_path, "-a", f"site={server.url}")
        assert server.hits == 0
    assert result.code == code, result.log
    assert "Traceback" not in result.log
    assert words in result.log.splitlines()[-1]
    assert (tmp_path / "caravan.db").stat().st_size == before


def test_a_folder_that_may_not_be_written(closed_folder: Path) -> None:
    result = crawl(closed_folder, "-a", "site=sample")
    assert result.code == 2, result.log[-2000:]
    assert result.log.count("\n") == 1
    assert "cannot be written" in result.log
