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
#: Paths that the site's robots.txt forbids, and those of its tags, pages about itself and files.
DISALLOWED = ("/search/", "/wp-admin/")
WITHOUT_ARTICLES = ("/tag/", "/info/", "/wp-content/")


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
        assert server.requests[0] == "/robots.txt"
        assert not [target for target in server.requests if target.startswith((*DISALLOWED, *WITHOUT_ARTICLES))]
