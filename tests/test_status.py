"""``scrapy status``: one screen, or JSON."""

import json
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from caravan_crawler.sample_site import SampleSite, serve
from caravan_crawler.store import schema
from caravan_crawler.store.store import open_store
from tests.report.made import article, ended, failure, make
from tests.report.made import run as begun
from tests.store.stores import BASE
from tests.support.crawling import TIMEOUT, crawl
from tests.support.forking import run

SCREEN = (24, 80)


def status(data_dir: Path, *options: str) -> "subprocess.CompletedProcess[str]":
    return run("scrapy", "status", "-s", f"DATA_DIR={data_dir}", *options, timeout=TIMEOUT)


def screen(data_dir: Path) -> list[str]:
    done = status(data_dir)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert len(lines) <= SCREEN[0]
    assert max(map(len, lines)) <= SCREEN[1]
    return lines


def test_a_crawl_in_parts(tmp_path: Path) -> None:
    with serve(SampleSite(articles=40)) as server:
        for _ in range(2):
            assert crawl(tmp_path, "-a", f"site={server.url}", "-a", "limit=5").code == 0
    files = {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    lines = screen(tmp_path)
    assert lines[0].startswith("a sample site (seed=0 generation=all articles=40): 10 articles")
    assert lines[1].startswith("  published  2")
    assert lines[7] == "Last runs (UTC)       new  outcome"
    assert [line[18:] for line in lines[8:10]] == ["       5  ended at the limit of 5; the next run continues"] * 2
    assert any(line.startswith("Waiting: ") and line.endswith(" articles found but not read") for line in lines)
    assert lines[-1] == "Failed: 0 pages"
    found = json.loads(status(tmp_path, "--json").stdout)
    assert (found["articles"], sum(found["sections"].values()), len(found["last_runs"])) == (10, 10, 2)
    assert f"Waiting: {found['waiting']} articles" in "\n".join(lines)
    unchanged = {name for name in files if not name.endswith(("-wal", "-shm"))}
    assert {name: (tmp_path / name).stat().st_mtime_ns for name in unchanged} == {
        name: files[name] for name in unchanged
    }


def test_a_large_and_hostile_store_fits_the_screen(tmp_path: Path) -> None:
    long = "x\x1b[31m\n" * 60
    make(
        None,
        tmp_path,
        {
            schema.articles: [article(str(n), section=f"{long}{n}", language=f"l{n}") for n in range(30)],
            schema.runs: [
                ended(f"run-{n}", f"2026-01-0{n}T00:00:00+00:00", "2026-01-09T00:00:00+00:00", reason=long)
                for n in range(1, 9)
            ],
            schema.failures: [failure(f"{BASE}{n}{long}", f"{long}{n}", 1, "2026-01-09") for n in range(30)],
        },
    )
    lines = screen(tmp_path)
    assert "\x1b" not in "".join(lines)
    assert len([line for line in lines if line.startswith("  2026-01-0")]) == 5 + 3


def test_a_run_without_an_end_has_no_number_of_articles(tmp_path: Path) -> None:
    make(None, tmp_path, {schema.runs: [begun("run-1", "2026-01-01T00:00:00+00:00")]})
    assert "  2026-01-01 00:00       -  it has not ended yet, or was killed" in screen(tmp_path)


def test_a_failed_short_link_is_named_with_its_query(tmp_path: Path) -> None:
    make(None, tmp_path, {schema.failures: [failure(f"{BASE}?p=1234", "http_404", 1, "2026-01-09")]})
    assert screen(tmp_path)[-1].endswith("http_404: http_404, as /?p=1234")


def test_a_line_separator_in_a_text_breaks_no_json(tmp_path: Path) -> None:
    make(None, tmp_path, {schema.failures: [failure(f"{BASE}1", "a\u2028b", 1, "2026-01-09")]})
    assert json.loads(status(tmp_path, "--json").stdout)["reasons"][0][0] == "a\u2028b"


def older(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "caravan.db")) as store, store:
        store.execute("UPDATE store_info SET value = '2' WHERE name = 'schema_version'")


REFUSED = [
    (("-s", "DATA_DIR={folder}/none"), "there is no store sqlite:///{folder}/none/caravan.db; a crawl makes one"),
    (("-s", "STORE_URL=none"), "STORE_URL=none stores nothing"),
    (("-s", "STORE_URL=mysql://there"), "a store is sqlite or postgresql"),
    (("{folder}",), "it takes no arguments"),
    ((), "has schema version 2, and this crawler reads "),
]


@pytest.mark.parametrize(("options", "message"), REFUSED)
def test_errors_are_one_line(options: tuple[str, ...], message: str, tmp_path: Path) -> None:
    make(None, tmp_path, {})
    older(tmp_path)
    done = status(tmp_path, *(option.replace("{folder}", str(tmp_path)) for option in options))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("scrapy status: ")
    assert done.stderr.count("\n") == 1
    assert message.replace("{folder}", str(tmp_path)) in done.stderr


def test_it_reads_while_a_run_holds_the_store(tmp_path: Path) -> None:
    make(None, tmp_path, {schema.articles: [article("1")]})
    store = open_store(None, str(tmp_path), BASE)
    try:
        assert screen(tmp_path)[1] == "  published  2026-01-01 to 2026-01-01"
    finally:
        store.close()
