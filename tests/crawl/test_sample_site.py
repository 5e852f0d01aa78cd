"""A crawl of the whole sample site: every article once, every field exact."""

import json
from collections import Counter
from pathlib import Path

import pytest

from caravan_crawler.sample_site import SampleSite, serve
from tests.support.crawling import crawl

#: Each seed has other markup; ``benchmarks/accuracy.py`` tries further ones.
SEEDS = (0, 1, 2)
ARTICLES = 120


@pytest.mark.parametrize("seed", SEEDS)
def test_every_article_once_and_every_field_exact(seed: int, tmp_path: Path) -> None:
    site = SampleSite(articles=ARTICLES, markup_seed=seed)
    with serve(site) as server:
        result = crawl(tmp_path, "-a", f"site={server.url}")
        gold = {record["url"]: record for record in site.gold(server.url)}
        assert result.code == 0, result.log[-2000:]
        assert Counter(record["url"] for record in result.articles) == Counter(gold.keys())
        for record in result.articles:
            comparable = {name: value for name, value in record.items() if name not in ("fetched_url", "observed_at")}
            assert comparable == gold[record["url"]]
        expected = {
            "trending": site.expected_trending(server.url),
            "rates": site.expected_rates(),
            "weather": site.expected_weather(),
        }
        for table, rows in expected.items():
            seen = [
                {name: value for name, value in row.items() if name != "observed_at"} for row in result.tables[table]
            ]
            assert seen == json.loads(json.dumps(rows, default=float))
        assert server.hits <= ARTICLES + 45
        assert max(Counter(server.requests).values()) == 1, "one page, one request"


def test_the_sample_site_starts_and_stops_with_the_crawl(tmp_path: Path) -> None:
    result = crawl(tmp_path, "-a", "site=sample", "-a", "sections=art", "-O", str(tmp_path / "articles.csv"))
    assert result.code == 0, result.log[-2000:]
    assert len(result.articles) == 30
    assert (tmp_path / "articles.csv").exists()
