"""The page in Chromium, from a file, without a network."""

import re
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest

from benchmarks.invented import invent
from caravan_crawler.report.page import build_page
from caravan_crawler.store import schema
from caravan_crawler.store.snapshot import Snapshot
from docs.screenshot import PICTURES
from tests.report.browser import chromium, visit
from tests.report.made import article, ended, failure, fields_of, made, rate, run, seen, topic
from tests.report.reporting import rows, specs
from tests.store.stores import open_in

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

NOW = "2026-02-06T08:00:00+00:00"
DAYS = [f"2026-02-0{day}T08:00:00+00:00" for day in range(1, 6)]
TITLES = [
    *("Coverage", "Fill rates", "Views", "Trending topics", "Exchange rates and weather", "Runs", "Failures"),
]
#: Charts, and the titles of their axes.
CHARTS = {
    "coverage-bars": ["published", "articles per quarter"],
    "fields-runs": ["start of the run (UTC)"],
    "views-spread": ["views (logarithmic scale)", "articles"],
    "views-growth": ["days since publication", "views"],
    "trending-places": ["seen (UTC)"],
    "rates-usd": ["seen (UTC)", "KZT for 1 USD"],
    "rates-eur": ["seen (UTC)", "KZT for 1 EUR"],
    "weather": ["seen (UTC)", "temperature (°C)"],
    "runs-new": ["start of the run (UTC)", "new articles"],
}
#: The number of marks in each chart, by the role that Vega sets.
_MARKS = """() => [...document.querySelectorAll('.chart')].map(
    (chart) => [chart.id, chart.querySelectorAll('svg [role=graphics-symbol]').length])"""
#: The texts of each chart's axes; those that are hidden, as they would overlap, are left out.
_AXES = """(part) => [...document.querySelectorAll('.chart')].map((chart) => [chart.id,
    [...chart.querySelectorAll(`svg .role-axis${part} text`)].filter((text) => text.getAttribute('opacity') !== '0')
    .map((text) => text.textContent)])"""
#: The smallest font on the page in pixels, that of the charts included.
_SMALLEST = """() => Math.min(...[...document.querySelectorAll('main *, header *')]
    .filter((one) => one.checkVisibility() && !one.children.length && one.textContent.trim())
    .map((one) => parseFloat(getComputedStyle(one).fontSize)))"""
#: The tables: whether they are wide, whether their hint is visible, and whether they can be scrolled.
_TABLES = """() => [...document.querySelectorAll('.table')].map((table) => {
    const hint = table.previousElementSibling;
    return [table.classList.contains('wide'), Boolean(hint && hint.matches('.hint') && hint.checkVisibility()),
        table.scrollWidth > table.clientWidth];
})"""


@pytest.fixture(scope="module")
def browser() -> "Iterator[Browser]":
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a store with rows in all tables."""
    folder = tmp_path_factory.mktemp("report")
    store = open_in(folder)
    invent(store, 1200, years=4, runs_a_day=1)
    store.close()
    file = folder / "report.html"
    with Snapshot(None, str(folder)) as snapshot:
        file.write_text(build_page(snapshot, {"headline": 0.95}, NOW), encoding="utf-8")
    return file


def test_page_size_is_limited(report: Path) -> None:
    page = report.read_text(encoding="utf-8")
    assert len(page.encode()) < 1_800_000
    assert max(len(rows(spec)) for spec in specs(page).values()) <= 1500


@pytest.mark.parametrize(
    ("scheme", "width"),
    [*(("light", width) for width, _ in PICTURES.values()), ("dark", 320)],
    ids=lambda value: f"{value}",
)
def test_page(report: Path, scheme: Literal["light", "dark"], width: int, browser: "Browser") -> None:
    with visit(browser, report, scheme, width=width) as read:
        check(read.page, scheme, width)
    assert read.complaints == []
    assert read.asked == [report.as_uri()]


def check(page: "Page", scheme: str, width: int) -> None:
    """Check the drawn page: its charts, sizes and colours, and what a screen reader needs."""
    marks = dict(page.evaluate(_MARKS))
    titles, labels = (dict(page.evaluate(_AXES, part)) for part in ("-title", "-label"))
    assert page.evaluate("() => document.documentElement.scrollWidth") == width
    assert page.evaluate(_SMALLEST) >= 12
    for title in TITLES:
        assert page.get_by_role("heading", name=title, exact=True).is_visible()
    assert all(marks.values()), marks
    assert titles == CHARTS
    assert all(len(set(texts)) >= 4 for texts in labels.values()), labels
    assert not [text for texts in labels.values() for text in texts if re.search(r"\.|\d{5}", text)]
    if width != 320:
        is_phone = width == 390
        tables = page.evaluate(_TABLES)
        assert all((has_hint, scrolls) == (is_wide and is_phone,) * 2 for is_wide, has_hint, scrolls in tables), tables
    paper = page.evaluate("() => getComputedStyle(document.body).backgroundColor")
    hue = page.evaluate("() => document.querySelector('#runs-new .mark-rect path').getAttribute('fill')")
    assert (sum(map(int, paper[4:-1].split(","))) < 300) == (scheme == "dark")
    assert hue == {"light": "#2a6f97", "dark": "#6db3dc"}[scheme]
    assert page.locator("html").get_attribute("lang") == "en"
    assert page.locator("h1").count() == 1
    for unnamed in ("table:not(:has(caption))", ".chart:not([aria-label])", "th:not([scope])"):
        assert page.locator(unnamed).count() == 0, unnamed


#: A store after one small run.
ONE_OF_EACH = {
    schema.articles: [article("1", views=5)],
    schema.rates: [rate(NOW, 500.0)],
    schema.weather: [seen(NOW, city="Алматы", temperature_c=-3)],
    schema.trending: [topic(NOW, 1, "Бокс")],
    schema.runs: [ended("run-1", NOW, NOW, new_articles=1, scope="since=2026-01-01")],
    schema.failures: [failure("http://127.0.0.1/", "http_404", 1, NOW)],
}


@pytest.mark.parametrize("width", [1280, 390])
def test_one_run_is_numbers(tmp_path: Path, browser: "Browser", width: int) -> None:
    file = tmp_path / "report.html"
    with made(None, tmp_path, ONE_OF_EACH) as snapshot:
        file.write_text(build_page(snapshot, {}, NOW), encoding="utf-8")
    with visit(browser, file, width=width, has_scripts=False) as read:
        assert read.page.title() == "Report on a copy of the site"
        assert read.page.locator(".chart, script, .wrong").count() == 0
        assert read.page.locator("main dd:visible").all_inner_texts() == ["500", "-3 °C", "1", "9", "0 s"]
        assert read.page.get_by_text("Only a part of the site has been crawled").is_visible()
    assert read.complaints == []


@pytest.mark.parametrize("picture", PICTURES, ids=lambda picture: str(picture.name))
def test_pictures_have_the_widths_of_a_desk_and_a_phone(picture: Path) -> None:
    width, height = struct.unpack(">II", picture.read_bytes()[16:24])
    assert width == PICTURES[picture][0]
    assert height > width


def test_charts_follow_a_change_of_theme(report: Path, browser: "Browser") -> None:
    with visit(browser, report, width=1100) as read:
        read.page.emulate_media(color_scheme="dark")
        read.page.wait_for_selector("html[data-drawn=dark]", timeout=60_000)
        assert read.page.locator(".chart svg.marks").count() == len(CHARTS)
        check(read.page, "dark", 1100)
    assert read.complaints == []


def test_numbers_and_tables_without_javascript(report: Path, browser: "Browser") -> None:
    with visit(browser, report, has_scripts=False) as read:
        assert read.page.get_by_text("The charts need JavaScript.").is_visible()
        assert read.page.locator("table").count() >= 8
        assert read.page.locator("dd").first.inner_text() == "1,190"


def test_hostile_text_is_escaped(tmp_path: Path, browser: "Browser") -> None:
    hostile = "</script><img src=x onerror=alert(1)><b>news</b>"
    topics = [seen(day, rank=1, topic=hostile, headline=hostile, url="http://127.0.0.1/") for day in DAYS[:3]]
    articles = [article(day, day[:10], headline=hostile, section=hostile, views=5) for day in DAYS[:3]]
    with made(None, tmp_path, {schema.articles: articles, schema.trending: topics}) as snapshot:
        page = build_page(snapshot, {}, NOW)
    file = tmp_path / "report.html"
    file.write_text(page, encoding="utf-8")
    with visit(browser, file) as read:
        assert read.page.locator("img, b").count() == 0
        assert read.page.get_by_text(hostile).count() >= 5  # in tables, in a legend and on an axis
    assert list(specs(page)) == ["coverage-bars", "trending-places"]
    assert read.complaints == []
    assert read.asked == [file.as_uri()]


#: The smallest and the strangest stores with charts, and the charts.
STRANGE = {
    "the fewest of each": (
        {
            schema.articles: [article(f"{day} {number}", day[:10], views=5) for day in DAYS[:3] for number in range(4)],
            schema.rates: [rate(day, 500.0) for day in DAYS[:3]],
            schema.weather: [seen(day, city="Алматы", temperature_c=-3) for day in DAYS[:3]],
            schema.trending: [topic(day, 1, "Бокс") for day in DAYS[:3]],
            schema.runs: [
                ended(f"run-{day}", day, day, new_articles=1, **fields_of(headline=(20, 20))) for day in DAYS
            ],
        },
        ["coverage-bars", "fields-runs", "views-spread", "trending-places", "rates-usd", "weather", "runs-new"],
    ),
    "nothing ended well": (
        {
            schema.articles: [article("1", None)],
            schema.rates: [rate(NOW, None)],
            schema.runs: [run(f"run-{day}", day) for day in DAYS],
        },
        ["runs-new"],
    ),
    "no views": ({schema.articles: [article(f"{number}", views=0) for number in range(20)]}, []),
    "views beyond all bins": (
        {schema.articles: [article(f"{number}", views=2**31 - 1 if number else 1) for number in range(10)]},
        ["views-spread"],
    ),
}


@pytest.mark.parametrize("name", STRANGE)
def test_unusual_stores_draw_without_errors(tmp_path: Path, name: str, browser: "Browser") -> None:
    tables, charts = STRANGE[name]
    file = tmp_path / "report.html"
    with made(None, tmp_path, tables) as snapshot:
        file.write_text(build_page(snapshot, {}, NOW), encoding="utf-8")
    with visit(browser, file, width=390) as read:
        assert [chart.get_attribute("id") for chart in read.page.locator(".chart:has(svg)").all()] == charts
        assert read.page.evaluate("() => document.documentElement.scrollWidth") == 390
    assert read.complaints == []
