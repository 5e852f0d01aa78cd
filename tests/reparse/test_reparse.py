"""``scrapy reparse`` as it is used: errors, messages, and other programs' archives."""

import os
import pty
import select
import shutil
import subprocess
import termios
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from caravan_crawler.archive.warc import EDITION, RUN, SITE
from caravan_crawler.sample_site import SampleSite
from tests.archive.records import BASE, RUN_ID, answer, info, packed, record, write_crawl
from tests.reparse.reparsing import assert_equal, command, dataset, reparse, sound, sqlite
from tests.store.stores import open_in
from tests.support.crawling import ROOT, TIMEOUT
from tests.support.forking import fork

LOCAL = "http://127.0.0.1:8000/"
EXTRACT = packed([info(), record(answer(b"<p>x"))])
KAZAKH = record(
    f"{RUN}: {RUN_ID}\r\n{SITE}: https://kaz.caravan.kz/\r\n{EDITION}: kaz.caravan.kz\r\n".encode(), "warcinfo", ""
)


def articles(number: int, base: str = LOCAL) -> dict[str, bytes]:
    """The URLs of articles of the sample site and their pages."""
    site = SampleSite(articles=number)
    return {record["url"]: site.page(site.article(place), base) for place, record in enumerate(site.gold(base))}


REFUSED: dict[str, tuple[tuple[str, ...], Mapping[str, bytes], str]] = {
    "no path": ((), {}, "it takes WARC files or folders"),
    "no such path": (("nowhere",), {}, "nowhere cannot be read: No such file or directory"),
    "an empty folder": (("in",), {}, "in holds neither WARC files (.warc, .warc.gz) nor saved pages (.html)"),
    "no WARC file": (("in/a.warc",), {"a.warc": b"text"}, "in/a.warc is no WARC file"),
    "packed as a whole": (
        ("in",),
        {"a.warc.gz": packed([info() + record(b"x")])},
        "in/a.warc.gz is not compressed record by record; `warcio recompress` makes it so",
    ),
    "no jobs": (("in", "--jobs", "0"), {"a.warc": EXTRACT}, "--jobs must be 1 or more"),
    "two sites": (("in",), {"a.warc": EXTRACT, "b.warc": KAZAKH}, "these are pages of different sites"),
    "no store": (("in", "-s", "STORE_URL=none"), {"a.warc": EXTRACT}, "STORE_URL=none stores nothing"),
    "no database": (("in", "-s", "STORE_URL=mysql://x/y"), {"a.warc": EXTRACT}, "a store is sqlite or postgresql"),
    "no address": (("in", "--site", "caravan"), {"a.warc": EXTRACT}, "site=caravan"),
    "the sample site": (("in", "--site", "sample"), {"a.warc": EXTRACT}, "the sample site has no address of its own"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_errors_in_one_line_without_a_store(name: str, tmp_path: Path) -> None:
    options, files, words = REFUSED[name]
    (tmp_path / "in").mkdir()
    for file, content in files.items():
        (tmp_path / "in" / file).write_bytes(content)
    paths = [str(tmp_path / option) if option.startswith(("in", "nowhere")) else option for option in options]
    result = reparse(tmp_path / "data", *paths)
    assert result.code == 2, result.log
    assert words in result.words.replace(f"{tmp_path}/", "")
    assert not (tmp_path / "data").exists()


def test_without_the_library(tmp_path: Path) -> None:
    result = reparse(tmp_path / "data", str(tmp_path), module="tests.crawl.without_warcio")
    assert result.code == 2
    assert result.log == "scrapy reparse: it needs warcio: pip install -e '.[archive]'\n"


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("archive")
    write_crawl(folder, articles(20).items(), LOCAL)
    return folder


def test_a_store_that_is_in_use(archive: Path, tmp_path: Path) -> None:
    store = open_in(tmp_path)
    result = reparse(tmp_path, str(archive))
    store.close()
    assert result.code == 5
    assert result.log.startswith(f"scrapy reparse: another run is using {tmp_path / 'caravan.db'}: wait until ")
    assert result.log.count("\n") == 1


def test_a_dry_run_reports_all_and_stores_nothing(archive: Path, tmp_path: Path) -> None:
    result = sound(reparse(tmp_path, str(archive), "--dry-run"))
    assert result.words == ("scrapy reparse: dry run, nothing stored: 20 pages; articles: 20 new")
    store = sqlite(tmp_path / "caravan.db")
    assert sum(store.sizes().values()) == len(store.rows("store_info"))
    assert not [row for row in store.rows("store_info") if row["name"].startswith("reread")]


# Other programs' archives


def test_an_extract_with_all_kinds_of_records(tmp_path: Path) -> None:
    """Like Common Crawl's: other hosts and records, two states of a page, no order of time; and a mirror."""
    pages = articles(12, BASE)
    urls = list(pages)
    records = [info()]
    for number, url in enumerate(urls[:10]):
        # The newer state first.
        for year in (2025, 2024):
            body = pages[url].replace(b"</h1>", b" (%d)</h1>" % year) if number == 0 else pages[url]
            records.append(record(answer(body), url=url, date=f"{year}-02-03T04:05:06.5Z", version="1.1"))
    records += [
        record(answer(pages[urls[0]]), url="https://other.example/news/a-900001/"),
        record(answer(pages[urls[0]]), url="https://[broken/news/a-900001/"),
        record(answer(b"", "304 Not Modified"), "revisit", urls[0]),
        record(b"GET / HTTP/1.1\r\n\r\n", "request", urls[0]),
        record(answer(b"moved", "301 Moved Permanently"), url=urls[0]),
        record(answer("<html><body><p>Ищем".encode()), url=f"{BASE}info/kontakty/"),
    ]
    folder = tmp_path / "in"
    mirror = folder / "www.caravan.kz" / urls[10].removeprefix(BASE)
    mirror.mkdir(parents=True)
    (folder / "extract.warc.gz").write_bytes(packed(records)[:-1] + b"\0torn")
    (mirror / "index.html").write_bytes(pages[urls[10]])
    (folder / "no_address.html").write_bytes(b"<html><body><p>1</p></body></html>")
    result = sound(reparse(tmp_path, str(folder)))
    store = sqlite(tmp_path / "caravan.db")
    assert {row["url"] for row in store.rows("articles")} == set(urls[:11])
    versions = {row["article_key"]: row["observed_at"] for row in store.rows("article_versions")}
    assert {versions[row["key"]] for row in store.rows("articles")} >= {"2024-02-03T04:05:06+00:00"}
    for words in ("2 other site", "1 status", "1 without address"):
        assert words in result.words
    expected = dataset(store)
    assert " unchanged" in sound(reparse(tmp_path, str(folder))).words
    assert_equal(dataset(store), expected)


def test_another_copy_of_the_site_must_be_named(tmp_path: Path) -> None:
    (tmp_path / "a.warc").write_bytes(
        info() + b"".join(record(answer(body), url=url) for url, body in articles(5).items())
    )
    assert "articles: none; others: 5 other site" in sound(reparse(tmp_path, str(tmp_path / "a.warc"))).words
    assert "articles: 5 new" in sound(reparse(tmp_path, str(tmp_path / "a.warc"), "--site", LOCAL.rstrip("/"))).words


def test_a_page_too_bad_to_read_costs_no_other(tmp_path: Path) -> None:
    pages = articles(6)
    bad = dict.fromkeys([*pages][:3], b"")
    bad.update(zip(bad, (b"<div>" * 100_000, bytes(range(256)) * 100, b""), strict=True))
    write_crawl(tmp_path / "warc", (pages | bad).items(), LOCAL)
    result = sound(reparse(tmp_path, str(tmp_path / "warc"), "--jobs", "2"))
    assert "6 pages; articles: 3 new; others: " in result.words


# The progress bar


def test_a_bar_on_a_terminal_and_nowhere_else(archive: Path, tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (50, 120))
    process = fork("scrapy", "reparse", "-s", f"DATA_DIR={tmp_path}", str(archive), "--jobs", "1", stderr=theirs)
    os.close(theirs)
    written = read_all(ours)
    assert process.wait(TIMEOUT) == 0
    assert "0%|" in written
    assert written.rstrip().endswith("scrapy reparse: 20 pages; articles: 20 new")
    result = sound(reparse(tmp_path, str(archive)))
    assert result.log == "scrapy reparse: 20 pages; articles: 20 unchanged\n"


def read_all(descriptor: int) -> str:
    written = b""
    while select.select([descriptor], [], [], TIMEOUT)[0]:
        try:
            written += os.read(descriptor, 65536)
        except OSError:  # the other end is closed
            break
    os.close(descriptor)
    return written.decode("utf-8", "replace")


def test_a_full_disk_under_the_store(archive: Path, tmp_path: Path) -> None:
    import resource

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (250_000, 250_000))

    run: Any = command("-s", f"DATA_DIR={tmp_path}", str(archive), "--jobs", "1")
    done = subprocess.run(run, cwd=ROOT, preexec_fn=limit, capture_output=True, text=True, timeout=TIMEOUT, check=False)
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    assert done.stderr.splitlines()[-1].startswith("scrapy reparse: the store ")
    assert "articles: 20 new" in sound(reparse(tmp_path, str(archive))).words
    shutil.rmtree(tmp_path)
