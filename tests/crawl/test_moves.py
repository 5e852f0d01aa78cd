"""Crawls of a sample site of one generation that moves to the next: every article is stored once."""

from pathlib import Path
from typing import get_args
from urllib.parse import urlsplit

import pytest

from caravan_crawler.sample_site import SampleSite, serve
from caravan_crawler.sample_site.one_generation import OldAddresses
from caravan_crawler.store import schema
from tests.store.stores import open_in, table
from tests.support.crawling import crawl


@pytest.mark.parametrize("old_addresses", get_args(OldAddresses))
def test_a_move_leaves_every_article_stored_once(old_addresses: OldAddresses, tmp_path: Path) -> None:
    site = SampleSite(articles=30, generation=3, old_addresses=old_addresses)
    with serve(site) as server:
        assert crawl(tmp_path, "-a", f"site={server.url}").code == 0
        server.move()
        result = crawl(tmp_path, "-a", f"site={server.url}", "-a", "refresh_days=0")
        assert result.code == 0, result.log[-2000:]
        assert result.stat("caravan/articles/new") == 0
        moved = {urlsplit(each.new_url).path: each.article_id for each in site.moved_articles(server.url)}
    store = open_in(tmp_path)
    rows = table(store, schema.articles)
    store.close()
    assert {urlsplit(row["url"]).path: row["article_id"] for row in rows} == moved
    assert len(rows) == len(moved)
