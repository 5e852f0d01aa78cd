"""Pages that are requested, and those that never are."""

from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from caravan_crawler.sample_site import SampleResponse, SampleServer, SampleSite, serve
from tests.support.crawling import crawl


def gold_of(site: SampleSite, server: SampleServer) -> list[dict[str, Any]]:
    return list(site.gold(server.url))


def test_a_period_brings_its_articles_and_ends_the_paging(tmp_path: Path) -> None:
    site = SampleSite(articles=160)
    with serve(site) as server:
        result = crawl(tmp_path, "-a", f"site={server.url}", "-a", "since=2025-01-01")
        expected = {
            record["url"] for record in gold_of(site, server) if (record["date_published"] or "") >= "2025-01-01"
        }
        assert result.code == 0
        found = {record["url"] for record in result.articles}
        # An article found only in the sitemap has no date before it is read; its stamp decides.
        assert found == expected
        assert "/news/page/2/" in server.requests
        assert "/news/page/4/" not in server.requests, "the lists' older pages were not walked"


def test_an_inner_period(tmp_path: Path) -> None:
    site = SampleSite(articles=80)
    with serve(site) as server:
        result = crawl(tmp_path, "-a", f"site={server.url}", "-a", "since=2019-01-01", "-a", "until=2019-12-31")
        expected = {record["url"] for record in gold_of(site, server) if (record["date_published"] or "")[:4] == "2019"}
    assert expected
    assert {record["url"] for record in result.articles} == expected


def test_sections(tmp_path: Path) -> None:
    site = SampleSite(articles=60)
    with serve(site) as server:
        result = crawl(tmp_path, "-a", f"site={server.url}", "-a", "sections=sport,art")
        wanted = {record["url"] for record in gold_of(site, server) if record["section"] in ("sport", "art")}
        paths = [urlsplit(target).path for target in server.requests]
    assert {record["url"] for record in result.articles} == wanted
    # Where a short link leads can be known only by following it.
    others = [path for path in paths if path.startswith(("/news/", "/gazeta/"))]
    assert len(others) <= sum(target.startswith("/?p=") for target in server.requests)
    assert "/news/" not in others


def test_only_the_pages_named(tmp_path: Path) -> None:
    site = SampleSite(articles=50)
    with serve(site) as server:
        records = [record for record in gold_of(site, server) if record["article_id"]][:3]
        named = tmp_path / "urls.txt"
        lines = [
            "# three forms of address",
            records[0]["url"],
            f"?p={records[1]['article_id']}",
            records[2]["url"] + "?utm=x",
        ]
        named.write_text("\n".join(lines), encoding="utf-8")
        result = crawl(tmp_path, "-a", f"site={server.url}", "-a", f"urls=@{named}")
        asked = [target for target in server.requests if target != "/robots.txt"]
    assert result.code == 0, result.log[-2000:]
    assert {record["article_id"] for record in result.articles} == {record["article_id"] for record in records}
    assert len(asked) <= 4  # one of them may be a redirect


class Newsroom(SampleSite):
    """Publishes 22 articles, more than a page, before each of the first two later pages of /news/ is sent."""

    published = 0

    def respond(self, target: str, base_url: str, headers: Any = None) -> SampleResponse:
        if "/news/page/" in target and self.published < 44:
            self.publish(22)
            self.published += 22
        return super().respond(target, base_url, headers or {})


def test_lists_that_shift_while_they_are_read(tmp_path: Path) -> None:
    site = Newsroom(articles=90)
    with serve(site) as server:
        result = crawl(tmp_path, "-a", f"site={server.url}")
        gold = {record["url"] for record in gold_of(site, server)}
    assert site.published == 44
    assert Counter(record["url"] for record in result.articles) == Counter(gold)


class FailingList(SampleSite):
    """The second page of /news/ is always broken."""

    def respond(self, target: str, base_url: str, headers: Any = None) -> SampleResponse:
        if target == "/news/page/2/":
            return SampleResponse(500, {"Content-Type": "text/html"}, b"<html><body>500</body></html>")
        return super().respond(target, base_url, headers or {})


def test_failing_listing_page_loses_only_its_own_articles(tmp_path: Path) -> None:
    with serve(FailingList(articles=110)) as server:
        result = crawl(tmp_path, "-a", f"site={server.url}")
        paths = {urlsplit(target).path for target in server.requests}
    assert "/news/page/3/" in paths
    assert result.stat("caravan/failed/http_500") == 1
    assert len(result.articles) >= 99
