"""Crawls of a sample site of one generation that moves to the next: every article is stored once."""

from pathlib import Path
from typing import Any, get_args
from urllib.parse import urlsplit

import pytest

from caravan_crawler.sample_site import SampleResponse, SampleSite, serve
from caravan_crawler.sample_site.one_generation import OldAddresses
from caravan_crawler.store import schema
from tests.sample_site.moved import moved_articles
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
        moved = {urlsplit(each.new_url).path: each.article_id for each in moved_articles(site, server.url)}
    store = open_in(tmp_path)
    rows = table(store, schema.articles)
    store.close()
    assert {urlsplit(row["url"]).path: row["article_id"] for row in rows} == moved
    assert len(rows) == len(moved)


class OnBareHost(SampleSite):
    """Redirects each page from its ``www.`` name to the same page of the name without, and counts that."""

    redirects = 0

    def respond(self, target: str, base_url: str, headers: Any = None) -> SampleResponse:
        host = (headers or {}).get("host", "")
        if host.startswith("www."):
            self.redirects += 1
            return SampleResponse(301, {"Location": f"http://{host.removeprefix('www.')}{target}"}, b"")
        return super().respond(target, base_url, headers)


def test_redirects_of_all_pages_to_another_name_are_learned(tmp_path: Path) -> None:
    site = OnBareHost(articles=20)
    with serve(site) as server:
        base = f"http://www.localhost:{server.port}/"
        # A name other than loopback: the delay would be that of the real site, a second.
        options = ("-a", f"site={base}", "-a", "refresh_days=9000", "-s", "DOWNLOAD_DELAY=0.05")
        done = crawl(tmp_path, *options, module="tests.crawl.www_names")
        assert done.code == 0, done.log[-2000:]
        assert sorted(row["url"] for row in done.articles) == sorted(row["url"] for row in site.gold(base))
        assert site.redirects == 2, "robots.txt, and the page that waited for it"
        again = crawl(tmp_path, *options, module="tests.crawl.www_names")
    assert again.code == 0, again.log[-2000:]
    assert again.stat("caravan/articles/not_modified") > 5
    assert site.redirects == 4
    store = open_in(tmp_path)
    assert not table(store, schema.failures)
    store.close()
