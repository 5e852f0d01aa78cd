"""Crawls of sample sites of one generation: every article once and exact."""

from collections import Counter
from pathlib import Path

import pytest

from caravan_crawler.sample_site import SampleSite, serve
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
