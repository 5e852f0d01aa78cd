"""An archive reparsed into an empty store results in the store of the crawls that wrote it, and in its dataset."""

from pathlib import Path

import pytest

from caravan_crawler.sample_site import SampleSite, serve
from tests.reparse.changing import Changing
from tests.reparse.conftest import MakeStore
from tests.reparse.reparsing import assert_equal, crawl_archived, dataset, exported, reparse, sound, sqlite


def test_one_crawl(tmp_path: Path) -> None:
    crawled, read = sqlite(tmp_path / "crawled.db"), sqlite(tmp_path / "read.db")
    with serve(SampleSite(articles=40)) as server:
        sound(crawl_archived(crawled, tmp_path, server.url))
    result = sound(reparse(read, str(tmp_path / "warc"), "--jobs", "2"))
    assert "articles: 40 new;" in result.words
    assert_equal(dataset(read), dataset(crawled))
    assert exported(read, tmp_path / "b") == exported(crawled, tmp_path / "a"), "byte for byte"
    before = crawled.sizes()
    result = sound(reparse(crawled, str(tmp_path / "warc")))
    assert "articles: 40 unchanged;" in result.words
    assert not result.out
    assert crawled.sizes() == before
    assert_equal(dataset(read), dataset(crawled))


@pytest.mark.parametrize("make_store", ["postgresql"], indirect=True)  # the crawl above uses SQLite
def test_three_crawls_of_a_changing_site(make_store: MakeStore, tmp_path: Path) -> None:
    crawled, read = make_store(), make_store()
    site = Changing(articles=40)
    with serve(site) as server:
        for day in range(3):
            site.day = day
            sound(crawl_archived(crawled, tmp_path, server.url, "-a", "refresh_days=5000"))
            server.publish(5)
    expected = dataset(crawled)
    assert len(expected["article_versions"]) > len(expected["articles"]) + 10
    assert len(expected["view_counts"]) > len(expected["articles"]) + 3
    sound(reparse(read, str(tmp_path / "warc"), "--jobs", "2"))
    assert_equal(dataset(read), expected)
    sound(reparse(crawled, str(tmp_path / "warc")))
    assert_equal(dataset(crawled), expected)
