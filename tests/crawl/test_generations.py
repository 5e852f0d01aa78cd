"""Crawls of sample sites of one generation: every article once and exact, before and after a move."""

from collections import Counter
from pathlib import Path
from typing import get_args
from urllib.parse import urlsplit

import pytest

from caravan_crawler.sample_site import SampleSite, serve
from caravan_crawler.sample_site.one_generation import OldAddresses
from caravan_crawler.store import schema
from tests.store.stores import open_in, table
from tests.support.crawling import crawl

ARTICLES = 80
SITEMAPS = 40


@pytest.mark.parametrize("generation", [3, 4])
@pytest.mark.parametrize("seed", [0, 1])
def test_every_article_once_and_exact(generation: int, seed: int, tmp_path: Path) -> None:
    site = SampleSite(articles=ARTICLES, generation=generation, seed=seed)
    with serve(site) as server:
        result = crawl(tmp_path, "-a", f"site={server.url}")
        assert result.code == 0, result.log[-2000:]
        gold = {record["url"]: record for record in site.gold(server.url)}
        assert Counter(record["url"] for record in result.articles) == Counter(gold.keys())
        several = [url for number, url in enumerate(gold) if site.article(number).parts > 1]
        for record in result.articles:
            if record["url"] not in several:
                assert {name: record[name] for name in gold[record["url"]]} == gold[record["url"]]
        assert len(server.requests) <= ARTICLES + SITEMAPS + 40
        assert not [target for target in server.requests if "dsc-" in target or "img-" in target]


@pytest.mark.parametrize("old_addresses", get_args(OldAddresses))
def test_a_move_leaves_every_article_stored_once(old_addresses: OldAddresses, tmp_path: Path) -> None:
    site = SampleSite(articles=30, generation=3, old_addresses=old_addresses)
    with serve(site) as server:
        assert crawl(tmp_path, "-a", f"site={server.url}").code == 0
        server.move()
        for _ in range(2):
            result = crawl(tmp_path, "-a", f"site={server.url}", "-a", "refresh_days=0")
            assert result.code == 0, result.log[-2000:]
            assert result.stat("caravan/articles/new") == 0
        moved = {urlsplit(each.new_url).path: each.article_id for each in site.moved_articles(server.url)}
    store = open_in(tmp_path)
    rows = table(store, schema.articles)
    store.close()
    assert {urlsplit(row["url"]).path: row["article_id"] for row in rows} == moved
    assert len(rows) == len(moved)
