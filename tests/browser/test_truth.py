"""Values that a crawl with the browser reads, and the requests that it sends."""

import json
from pathlib import Path
from typing import Any

import pytest

from caravan_crawler.sample_site import SampleResponse, SampleSite, frame, serve
from tests.browser.scripted import HTML, PAGES_OF_SHORT_LIVED, Noting, assert_true, browse, named_articles
from tests.reparse.reparsing import assert_equal, dataset, reparse, sound, sqlite
from tests.support.crawling import crawl
from tests.support.kills import without_reading

#: Enough for a listing of two pages of CARDS.
MOST, CARDS = 10, 3


def test_auto_reads_and_archives_values_added_by_scripts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frame, "CARDS_BY_SCRIPT", CARDS)
    site = Noting(MOST)
    store_tables = sqlite(tmp_path / "crawled.db")
    with serve(site) as server:
        done = browse(tmp_path, server, *store_tables.options, "-s", "ARCHIVE=1")
        assert done.code == 0, done.log[-3000:]
        assert_true(done, server)
    pages = [target for _, target in site.pages]
    assert len(pages) == len(set(pages)), "a page is asked for once, though it is shown in the browser"
    assert len(site.targets("/parts/fill.js")) == 1
    assert site.targets("/parts/cards/news/2"), "the button was not pressed"
    assert not site.targets("/wp-content/")
    told = json.loads(next(tmp_path.glob("runs/*/run.json")).read_text(encoding="utf-8"))["browser"]
    assert told["helped/article/views"] > 0.9 * MOST - 1
    # Parsing its archive again, without a browser, returns the same values.
    again = sqlite(tmp_path / "again.db")
    result = sound(reparse(again, str(tmp_path / "warc"), "--jobs", "2"))
    assert f"articles: {MOST} new" in result.words
    assert_equal(dataset(again), dataset(store_tables))


def test_off_reads_all_but_that(tmp_path: Path) -> None:
    site = Noting()
    with serve(site) as server:
        gold = {record["url"]: without_reading(record) for record in site.gold(server.url)}
        done = crawl(tmp_path, "-a", f"site={server.url}")
    assert done.code == 0, done.log[-3000:]
    assert not site.targets("/parts/")
    assert not done.tables.get("rates")
    for record in done.articles:
        differs = {name for name, value in gold[record["url"]].items() if record[name] != value}
        assert differs <= {"views", "views_raw"}, (record["url"], differs)
    assert sum(record["views"] is not None for record in done.articles) < 3


class Viewless(Noting):
    """A site whose script adds no values."""

    def respond(self, target: str, base_url: str, headers: Any = None) -> SampleResponse:
        response = super().respond(target, base_url, headers)
        return SampleResponse(404, HTML) if target.startswith("/parts/") and target != "/parts/fill.js" else response


def test_where_it_does_not_help_the_browser_is_left(tmp_path: Path) -> None:
    site = Viewless(12)
    with serve(site) as server:
        options = ("-s", "BROWSER_WAIT=0.3", "-s", "CONCURRENT_REQUESTS=1")
        done = browse(tmp_path, server, *named_articles(server), *options)
    assert done.code == 0, done.log[-3000:]
    shown = len(site.targets("/parts/views/"))
    assert 3 <= shown < 6, "three pages in vain, and those under way with them"
    assert "'caravan/browser/helped/article/views'" not in done.log
    assert done.stat("caravan/browser/in_vain/article/views") > 0
    assert done.stat("caravan/browser/given_up/article/views") == 1


SHELL = b"""<!DOCTYPE html><html><head><meta charset=utf-8></head><body><div id=app></div><script>
const there = location.href + (location.search ? '&' : '?') + 'inner=1';
fetch(there).then(answer => answer.text()).then(page => { document.documentElement.innerHTML = page; });
</script></body></html>"""


class AllScript(SampleSite):
    """A site whose pages are scripts that request the page's content."""

    def respond(self, target: str, base_url: str, headers: Any = None) -> SampleResponse:
        inner = target.removesuffix("?inner=1").removesuffix("&inner=1")
        response = super().respond(inner, base_url, headers)
        is_page = response.headers.get("Content-Type", "").startswith("text/html") and response.status == 200
        return SampleResponse(200, HTML, SHELL) if is_page and inner == target else response


def test_always_reads_a_site_that_is_all_script_with_one_browser_after_another(tmp_path: Path) -> None:
    with serve(AllScript(articles=2)) as server:
        done = browse(tmp_path, server, mode="always", module="tests.browser.short_lived")
        assert done.code == 0, done.log[-3000:]
        assert_true(done, server)
    pages = done.stat("caravan/browser/pages")
    assert pages > 2 * PAGES_OF_SHORT_LIVED
    assert done.stat("caravan/browser/renewed") == pages // PAGES_OF_SHORT_LIVED
    assert "'caravan/browser/restarts'" not in done.log
