"""``scrapy inspect``: the tool for the day the markup turns out to be different."""

import os
import subprocess
from pathlib import Path

import pytest

from caravan_crawler.sample_site import SampleSite, serve
from tests.crawling import ROOT, TIMEOUT
from tests.forking import fork, run
from tests.parts import need

SAVED = ROOT / "tests" / "pages" / "saved"
ADDRESS = "http://127.0.0.1:8000/news/x-900001/"


def inspect(*options: str) -> "subprocess.CompletedProcess[str]":
    return run("scrapy", "inspect", *options, timeout=TIMEOUT)


@pytest.mark.parametrize("kind", ["pipe", "device", "log"])
def test_what_is_no_page_file_is_refused_in_one_line(kind: str, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    options = {
        "pipe": (str(pipe),),
        "device": ("/dev/zero",),
        "log": ("/dev/null", "-s", f"LOG_FILE={tmp_path}/none/x.log"),
    }[kind]
    done = inspect(*options)
    assert (done.returncode, done.stderr.count("\n"), done.stdout) == (2, 1, "")
    assert ("cannot be written" if kind == "log" else "is a pipe or a device, not a file") in done.stderr


def test_a_page_of_the_site() -> None:
    with serve(SampleSite(articles=40)) as server:
        records = server.site.gold(server.url)
        record = next(
            record for record in records if record["section"] == "news" and record["source"] and record["views"]
        )
        done = inspect(record["url"], "--full")
    assert done.returncode == 0, done.stderr
    for value in (
        record["headline"],
        record["body"],
        record["date_published_raw"],
        record["source"],
        str(record["views"]),
    ):
        assert value in done.stdout
    assert "by headline_printed" in done.stdout
    assert "kind: article" in done.stdout
    assert "ExchangeRate: currency=USD, rate=495.1" in done.stdout
    assert "missing:" in done.stdout


def test_a_page_in_the_browser() -> None:
    need("chromium")
    with serve(SampleSite(articles=40, scripted=True)) as server:
        record = next(record for record in server.site.gold(server.url) if record["views"])
        plain, shown = (inspect(record["url"], "-s", f"BROWSER={mode}") for mode in ("off", "auto"))
        broken = inspect(record["url"], "-s", "BROWSER=auto", "-s", "BROWSER_PATH=/bin/false")
    assert [done.returncode for done in (plain, shown, broken)] == [0, 0, 0]
    views = f"views           {record['views']}\n"
    assert [views in done.stdout for done in (plain, shown, broken)] == [False, True, False]
    assert [done.stderr for done in (plain, shown)] == ["", ""]
    assert broken.stderr == "scrapy inspect: the browser could not show the page; this is how it came\n"


def test_a_saved_page_with_and_without_its_address() -> None:
    page = str(SAVED / "layout_01_article.html")
    named = inspect(page, "--url", ADDRESS)
    assert "kind: article" in named.stdout
    assert "article_id      900001" in named.stdout
    unnamed = inspect(str(SAVED / "metadata_07_canonical_home.html"))
    assert "does not name its own address" in unnamed.stderr
    assert "kind: article" in unnamed.stdout, "a canonical that points to the home page is no address"


BAD = [
    ((), "takes one URL or one file"),
    (("/no/such/file.html",), "cannot be read: No such file or directory"),
    (("http://127.0.0.1:9/",), "was not read: robots.txt could not be read (Connection was refused"),
    (("http://[::1",), "is no address of a page"),
    (("ftp://127.0.0.1/",), "is no address of a page"),
    (("README.md", "--url", "foo"), "is no address of a page"),
    (("http://127.0.0.1:9/", "-s", "BROWSER=maybe"), "BROWSER=maybe is none of off, auto, always"),
]


@pytest.mark.parametrize(("options", "message"), BAD)
def test_bad_use_is_one_line(options: tuple[str, ...], message: str) -> None:
    done = inspect(*options)
    assert done.returncode != 0
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_nobody_has_to_read_to_the_end() -> None:
    reads, writes = os.pipe()
    os.close(reads)
    process = fork("scrapy", "inspect", str(SAVED / "layout_01_article.html"), "--url", ADDRESS, stdout=writes)
    os.close(writes)
    assert process.communicate(timeout=TIMEOUT) == ("", "")
    assert process.returncode == 0
