"""The dataset exported after a reparse is, byte for byte, the dataset exported after the crawl."""

from pathlib import Path

import pytest

from caravan_crawler.sample_site import SampleSite, serve
from tests.export.exporting import ALL_FORMATS, export, files, succeeded
from tests.reparse.reparsing import reparse, sound
from tests.support.crawling import crawl


def archived(folder: Path, articles: int, module: str = "scrapy") -> Path:
    """Crawl a sample site and return the folder of its store and archive."""
    with serve(SampleSite(articles=articles)) as server:
        sound(crawl(folder, "-a", f"site={server.url}", "-s", "ARCHIVE=1", module=module))
    return folder


def published(data_dir: Path, target: Path) -> dict[str, bytes]:
    succeeded(export(target, data_dir, "--format", ALL_FORMATS))
    return files(target)


def test_a_crawl_and_its_archive(tmp_path: Path) -> None:
    crawled, read = archived(tmp_path / "crawled", 100), tmp_path / "read"
    result = sound(reparse(read, str(crawled / "warc"), "--jobs", "2"))
    assert "articles: 100 new;" in result.words
    assert published(read, tmp_path / "b") == published(crawled, tmp_path / "a")


def test_a_broken_reader_corrected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BREAK", "no lede, a body cut short, no trending")
    broken, whole = archived(tmp_path / "broken", 30, module="tests.reparse.broken_reader"), tmp_path / "whole"
    sound(reparse(whole, str(broken / "warc")))
    expected = published(whole, tmp_path / "a")
    assert published(broken, tmp_path / "b") != expected
    sound(reparse(broken, str(broken / "warc")))
    assert published(broken, tmp_path / "b") == expected
