"""The page in Chromium, from a file, without a network."""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser

from benchmarks.invented import invent
from caravan_crawler.report.page import build_page
from caravan_crawler.store import schema
from caravan_crawler.store.snapshot import Snapshot
from tests.report.browser import chromium, visit
from tests.report.made import article, ended, failure, made, rate, run, seen, topic
from tests.report.reporting import specs
from tests.store.stores import open_in

NOW = "2026-02-06T08:00:00+00:00"
CHARTS = [
    *("coverage-bars", "fields-now", "fields-runs", "views-spread", "views-growth", "trending-bump"),
    *("rates-usd", "rates-eur", "weather", "runs-new", "runs-minutes", "failures-reasons"),
]
#: The number of marks in each chart, by the role that Vega sets.
_MARKS = """() => [...document.querySelectorAll('.chart')].map(
    (chart) => [chart.id, chart.querySelectorAll('svg [role=graphics-symbol]').length])"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a store with rows in all tables."""
    folder = tmp_path_factory.mktemp("report")
    store = open_in(folder)
    invent(store, 600, years=1, runs_a_day=1)
    store.close()
    file = folder / "report.html"
    with Snapshot(None, str(folder)) as snapshot:
        file.write_text(build_page(snapshot, {"headline": 0.95}, NOW), encoding="utf-8")
    return file


@pytest.mark.parametrize(("scheme", "width"), [("light", 1100), ("dark", 1100), ("light", 390), ("dark", 320)])
def test_all_charts_are_drawn_without_requests(
    report: Path, scheme: Literal["light", "dark"], width: int, browser: Browser
) -> None:
    with visit(browser, report, scheme, width=width) as read:
        marks = dict(read.page.evaluate(_MARKS))
        page_width = read.page.evaluate("() => document.documentElement.scrollWidth")
        paper = read.page.evaluate("() => getComputedStyle(document.body).backgroundColor")
        hue = read.page.evaluate("() => document.querySelector('#runs-new .mark-rect path').getAttribute('fill')")
    assert list(marks) == CHARTS
    assert all(marks.values()), marks
    assert page_width == width
    assert (sum(map(int, paper[4:-1].split(","))) < 300) == (scheme == "dark")
    assert hue == {"light": "#2a6f97", "dark": "#6db3dc"}[scheme]
    assert read.complaints == []
    assert read.asked == [report.as_uri()]


def test_charts_follow_a_change_of_theme(report: Path, browser: Browser) -> None:
    with visit(browser, report) as read:
        read.page.emulate_media(color_scheme="dark")
        read.page.wait_for_selector("html[data-drawn=dark]", timeout=60_000)
        assert read.page.locator(".chart svg.marks").count() == len(CHARTS)
    assert read.complaints == []


def test_numbers_and_tables_without_javascript(report: Path, browser: Browser) -> None:
    with visit(browser, report, has_scripts=False) as read:
        assert read.page.get_by_text("The charts need JavaScript.").is_visible()
        assert read.page.locator("table").count() >= 8
        assert read.page.locator("dd").first.inner_text() == "596"


def test_hostile_text_is_escaped(tmp_path: Path, browser: Browser) -> None:
    hostile = "</script><img src=x onerror=alert(1)><b>news</b>"
    rows = {
        schema.articles: [article("1", headline=hostile, section=hostile, views=5)],
        schema.trending: [seen(NOW, rank=1, topic=hostile, headline=hostile, url="http://127.0.0.1/")],
    }
    with made(None, tmp_path, rows) as snapshot:
        page = build_page(snapshot, {}, NOW)
    file = tmp_path / "report.html"
    file.write_text(page, encoding="utf-8")
    with visit(browser, file) as read:
        assert read.page.locator("img, b").count() == 0
        assert read.page.get_by_text(hostile).count() >= 4  # in tables and in legends
    assert len(specs(page)) == 4
    assert read.complaints == []
    assert read.asked == [file.as_uri()]


def test_accessibility(report: Path, browser: Browser) -> None:
    with visit(browser, report) as read:
        page = read.page
        assert page.locator("html").get_attribute("lang") == "en"
        assert page.locator("h1").count() == 1
        assert page.locator("table:not(:has(caption))").count() == 0
        assert page.locator(".chart:not([aria-label])").count() == 0
        assert page.locator("th:not([scope])").count() == 0


#: Stores with charts that may be empty.
STRANGE = {
    "one of each": {
        schema.articles: [article("1", views=5)],
        schema.rates: [rate(NOW, 500.0)],
        schema.weather: [seen(NOW, city="Алматы", temperature_c=-3)],
        schema.trending: [topic(NOW, 1, "Бокс")],
        schema.runs: [ended("run-1", NOW, NOW, new_articles=1)],
        schema.failures: [failure("http://127.0.0.1/", "http_404", 1, NOW)],
    },
    "nothing ended well": {
        schema.articles: [article("1", None)],
        schema.rates: [rate(NOW, None)],
        schema.runs: [run("run-1", NOW, ended_at=NOW, outcome="killed", reason="killed"), run("run-2", NOW)],
    },
    "no views": {schema.articles: [article("1", views=0), article("2", "2020-01-01", views=0)]},
    "views beyond all bins": {schema.articles: [article("1", views=2**31 - 1), article("2", views=1)]},
}


@pytest.mark.parametrize("name", STRANGE)
def test_unusual_stores_draw_without_errors(tmp_path: Path, name: str, browser: Browser) -> None:
    file = tmp_path / "report.html"
    with made(None, tmp_path, STRANGE[name]) as snapshot:
        file.write_text(build_page(snapshot, {}, NOW), encoding="utf-8")
    with visit(browser, file, width=390) as read:
        assert read.page.locator(".chart svg").count() == read.page.locator(".chart").count() > 0
        assert read.page.evaluate("() => document.documentElement.scrollWidth") == 390
    assert read.complaints == []
