"""The page's text for small and unusual stores."""

from pathlib import Path
from typing import Any

import pytest
from markupsafe import escape

from caravan_crawler.report.coverage import coverage_section
from caravan_crawler.report.page import build_page
from caravan_crawler.store import schema
from caravan_crawler.store.snapshot import Snapshot
from tests.report.made import article, ended, failure, made, rate, run, seen
from tests.report.reporting import specs, words
from tests.store.stores import BASE, open_in

FLOORS = {"headline": 0.95, "body": 0.8}
NOW = "2026-01-09T00:00:00+00:00"
DAYS = [f"2026-01-{day:02}T00:00:00+00:00" for day in range(1, 29)]
HOSTILE = """</script><script>alert(1)</script><!--<script> "'&{{ 7*7 }} \\u003c \u2028"""


def test_empty_store(tmp_path: Path) -> None:
    with made(None, tmp_path, {}) as snapshot:
        page = build_page(snapshot, FLOORS, NOW)
    text = words(page)
    assert "The store has no article yet. Report made 2026-01-09 00:00 UTC." in text
    for sentence in (
        "No article with a date is in the store yet.",
        "No article is in the store yet.",
        "No article with a view count is in the store yet.",
        "No trending topic is in the store yet.",
        "No exchange rate is in the store yet.",
        "No run is in the store yet.",
        "No page waits for another try.",
    ):
        assert sentence in text
    assert not specs(page)
    assert "<script" not in page


@pytest.mark.parametrize(("site", "title"), [("caravan.kz", "caravan.kz"), ("sample", "the sample site")])
def test_title_names_the_site(tmp_path: Path, site: str, title: str) -> None:
    open_in(tmp_path, site).close()
    with Snapshot(None, str(tmp_path)) as snapshot:
        page = build_page(snapshot, FLOORS, NOW)
    assert f"<title>Report on {title}</title>" in page
    assert f"<h1>Report on {title}</h1>" in page


def test_store_with_a_failed_crawl(tmp_path: Path) -> None:
    wrong = {"exit_code": 4, "outcome": "unreachable", "reason": "no page could be read"}
    with made(None, tmp_path, {schema.runs: [ended("run-1", DAYS[0], DAYS[0], **wrong)]}) as snapshot:
        page = build_page(snapshot, FLOORS, NOW)
    assert "The last run did not end well: unreachable, no page could be read." in words(page)
    assert not specs(page)


def test_store_with_one_article(tmp_path: Path) -> None:
    with made(None, tmp_path, {schema.articles: [article("1", views=3)]}) as snapshot:
        page = build_page(snapshot, FLOORS, NOW)
    text = words(page)
    assert "Articles from 2026-01-01 to 2026-01-01." in text
    assert "1 article, published 2026-01-01." in text
    assert not specs(page)


def _run_of(scope: str = "", reason: str = "complete", **changes: Any) -> dict[str, Any]:
    return ended("run-1", DAYS[0], DAYS[0], scope=scope, reason=reason, **changes)


WHOLE = _run_of()
#: Runs, and whether the site has been crawled as a whole.
PARTS = [
    ([_run_of("since=2026-01-01")], False),
    ([_run_of("until=2026-01-31")], False),
    ([_run_of("sections=sport")], False),
    ([_run_of("urls=0123456789abcdef")], False),
    ([_run_of(reason="ended at the limit of 20 articles; the next run continues")], False),
    ([run("run-1", DAYS[0])], False),
    ([_run_of(exit_code=130, outcome="stopped", reason="stopped on request; the same command continues")], False),
    ([_run_of(exit_code=3, outcome="below_floors", reason="photo_credit fell")], True),
    ([WHOLE, ended("run-2", DAYS[1], DAYS[2], scope="sections=sport")], True),
    ([], False),
]
#: Days with articles: most of a month are empty, and a month with two gaps.
SPARSE = [article(f"{number}", "2026-01-01" if number else "2026-01-31") for number in range(40)]
GAPS = [
    article(f"{day}-{each}", f"2026-01-{day:02}") for day in range(1, 29) if day not in (9, 20, 21) for each in "ab"
]


@pytest.mark.parametrize(("runs", "is_whole"), PARTS, ids=[str(number) for number in range(len(PARTS))])
@pytest.mark.parametrize("articles", [SPARSE, GAPS], ids=["sparse", "gaps"])
def test_crawl_of_a_part_is_no_alarm(
    tmp_path: Path, runs: list[dict[str, Any]], articles: list[dict[str, Any]], *, is_whole: bool
) -> None:
    with made(None, tmp_path, {schema.articles: articles, schema.runs: runs}) as snapshot:
        section = coverage_section(snapshot)
    assert bool(section.warnings) == is_whole
    assert ("Only a part of the site has been crawled" in " ".join(section.text)) == (not is_whole)
    assert any("Days without" in table.caption for table in section.tables) == (articles is GAPS)


def test_few_articles_in_many_days_are_no_alarm(tmp_path: Path) -> None:
    rows = {schema.articles: [article("1"), article("2", "2026-01-10")], schema.runs: [WHOLE]}
    with made(None, tmp_path, rows) as snapshot:
        assert not coverage_section(snapshot).warnings


def test_articles_without_values(tmp_path: Path) -> None:
    bare = article("1", None, headline=None, body=None, section=None)
    rows = {schema.articles: [bare], schema.rates: [rate(DAYS[0], None)], schema.weather: [seen(DAYS[0])]}
    with made(None, tmp_path, rows) as snapshot:
        text = words(build_page(snapshot, FLOORS, NOW))
    assert "No article has a date. Report made" in text
    assert "headline is found in 0 % of the articles, below its floor of 95.0 %." in text
    assert "USD: 1 value could not be read." in text


#: Rows and the warning expected.
WRONG = [
    ({schema.articles: SPARSE, schema.runs: [WHOLE]}, "Most days have no article: 29 of 31 days."),
    (
        {schema.articles: GAPS, schema.runs: [WHOLE]},
        "3 of 28 days have no article (10.7 %). The longest gap is 2026-01-20 to 2026-01-21, 2 days.",
    ),
    (
        {schema.rates: [rate(day, 50.0 if day == DAYS[9] else 500.0) for day in DAYS]},
        "USD: 1 value left the band.",
    ),
    (
        {
            schema.runs: [
                run("run-0", DAYS[0], ended_at=DAYS[1], outcome="killed", reason="it ended without a word"),
                run("run-1", DAYS[1], ended_at=DAYS[2], outcome="killed", reason="it ended without a word"),
                ended("run-2", DAYS[2], DAYS[3]),
            ]
        },
        "2 of the last 3 runs did not end well.",
    ),
    (
        {schema.runs: [run("run-0", DAYS[0])]},
        "The last run did not end well: no end, it has not ended yet, or was killed.",
    ),
    (
        {schema.failures: [failure(f"{BASE}{number}", "http_404", 1, DAYS[0]) for number in range(1000)]},
        "Most have one reason, http_404: 1,000 of 1,000.",
    ),
    (
        {
            schema.articles: [article("1", views=5)],
            schema.view_counts: [
                {**seen(day), "article_key": "1", "views": views} for day, views in zip(DAYS, (9, 5), strict=False)
            ],
        },
        "The views of “Headline 1” have gone down at some time.",
    ),
]


@pytest.mark.parametrize(("rows", "sentence"), WRONG, ids=[sentence[:20] for _, sentence in WRONG])
def test_warnings(tmp_path: Path, rows: dict, sentence: str) -> None:  # type: ignore[type-arg]
    with made(None, tmp_path, rows) as snapshot:
        page = build_page(snapshot, FLOORS, NOW)
    assert f'<p class="wrong">{sentence}</p>' in page.replace("\u00a0", " ")


def test_texts_are_escaped(tmp_path: Path) -> None:
    counts = [{**seen(day), "article_key": "1", "views": 9} for day in DAYS[:2]]
    rows = {
        schema.articles: [article("1", headline=HOSTILE, section=HOSTILE, url="javascript:alert(1)", views=9)],
        schema.view_counts: counts,
        schema.trending: [seen(DAYS[0], rank=1, topic=HOSTILE, headline=HOSTILE, url=BASE)],
        schema.rates: [seen(DAYS[0], currency="USD", rate=None, rate_raw=HOSTILE)],
        schema.weather: [seen(DAYS[0], city=HOSTILE, temperature_c=1)],
        schema.runs: [ended("run-1", DAYS[0], DAYS[1], reason=HOSTILE)],
        schema.failures: [failure(f"data:text/html,{HOSTILE}", HOSTILE, 1, DAYS[0])],
    }
    with made(None, tmp_path, rows) as snapshot:
        page = build_page(snapshot, FLOORS, NOW)
    assert page.count("</script>") == len(specs(page)) + 1
    assert page.count("<script>") == page.count("<!--") == 0
    assert "{{ 7*7 }}" in page
    assert 'href="javascript' not in page
    assert 'href="data:text' not in page
    assert page.count(f">{escape(HOSTILE)}<") >= 4
