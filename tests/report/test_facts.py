"""The report's queries on small stores, in SQLite and PostgreSQL."""

from pathlib import Path
from typing import Any

from caravan_crawler.report.articles import Bin, fields_section, read_tally, views_section
from caravan_crawler.report.coverage import coverage_section
from caravan_crawler.report.elements import Link, Share
from caravan_crawler.report.page import failures_section, read_head
from caravan_crawler.report.page_facts import Warmth, read_rates, read_weather, trending_section
from caravan_crawler.store import schema
from caravan_crawler.store.snapshot import last_runs
from tests.report.made import article, ended, failure, fields_of, made, rate, run, seen, topic
from tests.report.reporting import rows as data_of
from tests.store.stored import StoreTables

MORNING, NOON, NIGHT = (f"2026-01-05T{hour}:00:00+00:00" for hour in ("06", "12", "20"))


def test_head(store_tables: StoreTables, tmp_path: Path) -> None:
    version = {"version": 1, "observed_at": NOON, "run_id": "run-1"}
    rows = {
        schema.articles: [article("1", "2026-01-03", views=7), article("2", views=5), article("3")],
        schema.article_versions: [{"article_key": key, **version} for key in "123"],
        schema.runs: [ended("run-1", MORNING, NOON), run("run-2", NIGHT)],
    }
    with made(store_tables.url, tmp_path, rows) as snapshot:
        head = read_head(snapshot, read_tally(snapshot))
    assert head.detail == "127.0.0.1:8000"
    assert (head.site, head.first, head.last) == ("a copy of the site", "2026-01-01", "2026-01-03")
    assert [each.text for each in head.numbers] == ["3", "3", "12", "no end"]
    assert (head.numbers[-1].label, head.numbers[-1].kind, head.runs) == ("last run, 2026-01-05 20:00 UTC", "bad", 2)


def test_coverage(store_tables: StoreTables, tmp_path: Path) -> None:
    days = ("2026-01-01", "2026-01-01", "2026-01-03", "2026-01-07", None)
    articles = [article(str(number), day) for number, day in enumerate(days)]
    articles.append(article("sport", "2026-01-07", section="sport"))
    articles.append(article("none", "2026-01-07", section=None))
    with made(store_tables.url, tmp_path, {schema.articles: articles}) as snapshot:
        section = coverage_section(snapshot)
    assert section.text[:2] == [
        "6 articles, published 2026-01-01 to 2026-01-07.",
        "1 article without a date: not in the chart.",
    ]
    (chart,), (sections,) = section.charts, section.tables
    assert [(bar["start"], bar["end"], bar["section"], bar["articles"]) for bar in data_of(chart.spec)] == [
        ("2026-01-01", "2026-01-02", "news", 2),
        ("2026-01-03", "2026-01-04", "news", 1),
        ("2026-01-07", "2026-01-08", "news", 1),
        ("2026-01-07", "2026-01-08", "no section", 1),
        ("2026-01-07", "2026-01-08", "sport", 1),
    ]
    assert [list(row[:2]) for row in sections.rows] == [["news", 5], ["no section", 1], ["sport", 1]]


def test_gaps(store_tables: StoreTables, tmp_path: Path) -> None:
    days = ("2026-01-01", "2026-01-03", "2026-01-06", "2026-01-07", "2026-01-08", "2026-01-09")
    rows = {schema.articles: [article(str(number), day) for number, day in enumerate(days)]}
    with made(store_tables.url, tmp_path, rows) as snapshot:
        gaps, _ = coverage_section(snapshot).tables
    assert gaps.rows == [["2026-01-04", "2026-01-05", 2], ["2026-01-02", "2026-01-02", 1]]


def test_many_years_and_many_sections(store_tables: StoreTables, tmp_path: Path) -> None:
    articles = [article(str(number), f"{2001 + number}-11-30", section=f"s{number}") for number in range(25)]
    articles += [article(f"more {number}", "2026-02-01", section=f"s{number}") for number in range(6)]
    with made(store_tables.url, tmp_path, {schema.articles: articles}) as snapshot:
        section = coverage_section(snapshot)
    (chart,), (sections,) = section.charts, section.tables
    assert chart.caption.startswith("Articles per year")
    bars = {(bar["start"], bar["section"]): bar["articles"] for bar in data_of(chart.spec)}
    assert {name for _, name in bars} == {"s0", "s1", "s2", "s3", "s4", "s5", "others"}
    assert bars["2001-01-01", "s0"] == bars["2025-01-01", "others"] == 1
    assert len(sections.rows) == 25


def test_fields(store_tables: StoreTables, tmp_path: Path) -> None:
    read = [
        *(fields_of(headline=(20, 25), source=(10, 25), rates=(1, 2)) for _ in range(4)),
        fields_of(headline=(30, 40)),
        fields_of(headline=(9, 10)),  # too few articles
        {},
    ]
    rows = {
        schema.articles: [article("1", lede="Lede", tags=["Спорт"]), article("2", None)],
        schema.runs: [
            *(ended(f"run-{day}", f"2026-01-0{day}T00:00:00+00:00", NIGHT, **its) for day, its in enumerate(read, 1)),
            run("run-8", NIGHT),
        ],
    }
    with made(store_tables.url, tmp_path, rows) as snapshot:
        section = fields_section(snapshot, read_tally(snapshot), {"lede": 0.5})
    (table,), (chart,) = section.tables, section.charts
    found = {str(name): number for name, number, _ in table.rows}
    assert found["headline"] == found["body"] == 2
    assert found["lede"] == found["tags"] == found["date_published"] == 1
    assert found["views"] == found["images"] == 0
    assert ["lede", 1, Share(0.5, 0.5)] in table.rows
    drawn = [(one["run"], one["field"], one["share"], one["articles"]) for one in data_of(chart.spec)]
    assert drawn[:2] == [("000 1 Jan", "headline", 0.8, 25), ("000 1 Jan", "source", 0.4, 25)]
    assert drawn[8:] == [("004 5 Jan", "headline", 0.75, 40)]


def test_views(store_tables: StoreTables, tmp_path: Path) -> None:
    numbers = {"a": 0, "b": 1, "c": 9, "d": 10, "e": 499, "f": 500, "g": None}
    counts = [
        seen("2026-01-01T01:00:00+00:00", article_key="f", views=100),
        seen("2026-01-02T19:00:00+00:00", article_key="f", views=500),
        seen("2026-01-02T19:00:00+00:00", article_key="e", views=499),
    ]
    rows = {
        schema.articles: [article(key, views=views) for key, views in numbers.items()],
        schema.view_counts: counts,
    }
    with made(store_tables.url, tmp_path, rows) as snapshot:
        tally = read_tally(snapshot)
        section = views_section(snapshot, tally)
    assert [bin_ for bin_ in tally.bins if bin_.articles] == [
        Bin(0, 1, 1),
        Bin(1, 2, 1),
        Bin(5, 10, 1),
        Bin(10, 20, 1),
        Bin(200, 500, 1),
        Bin(500, 1000, 1),
    ]
    assert section.text == ["1 article with 0 views: not in the chart.", "1 article without a view count."]
    assert [views for _, _, views in section.tables[0].rows] == [500, 499, 10, 9, 1, 0]
    # The day begins in Almaty, five hours before it does in UTC.
    (growth,) = section.charts
    assert [(one["days"], one["views"]) for one in data_of(growth.spec)] == [(0.25, 100), (2.0, 500)]


def test_trending(store_tables: StoreTables, tmp_path: Path) -> None:
    topics = [
        topic("2025-01-01T00:00:00+00:00", 1, "Long ago"),
        topic("2025-01-02T00:00:00+00:00", 2, "Steady"),
        topic(MORNING, 1, "Rising"),
        topic(NOON, 1, "Steady"),
        topic(NOON, 2, "Rising"),
        topic(NIGHT, 2, "New"),
    ]
    with made(store_tables.url, tmp_path, {schema.trending: topics}) as snapshot:
        section = trending_section(snapshot)
    assert section.text[0].startswith("The topics that were in the block longest, 2026-01-05 06:00 to 2026-01-05 20:00")
    assert section.text[1] == "The store has earlier ones too; these are of the last 60 days."
    assert section.tables[0].rows == [
        ["Steady", Share(1.0), 1],
        ["Rising", Share(2 / 3), 1],
        ["New", Share(1 / 3), 2],
    ]
    drawn = [one for one in data_of(section.charts[0].spec) if one["topic"] == "Rising"]
    assert [(one["start"], one["end"], one["place"]) for one in drawn] == [(MORNING, NOON, 1), (NOON, NIGHT, 2)]


def test_rates(store_tables: StoreTables, tmp_path: Path) -> None:
    values: list[float | None] = [500.0 + number for number in range(20)]
    values[10] = 51.0
    values[5] = None
    times = [f"2026-01-{day:02}T00:00:00+00:00" for day in range(1, 21)]
    rates = [rate(time, value) for time, value in zip(times, values, strict=True)]
    rates.append(rate(times[0], 580.25, "EUR"))
    with made(store_tables.url, tmp_path, {schema.rates: rates}) as snapshot:
        dollar, euro = read_rates(snapshot)
    assert (dollar.code, len(dollar.rates), euro.code, len(euro.rates)) == ("USD", 19, "EUR", 1)
    assert [(found.time, found.rate) for found in dollar.suspicious] == [(times[10], 51.0)]
    assert [time for time, _ in dollar.unread] == [times[5]]
    assert not euro.suspicious
    assert euro.rates[0].rate == 580.25


def test_weather(store_tables: StoreTables, tmp_path: Path) -> None:
    weather = [
        seen(time, city=city, temperature_c=degrees)
        for time, city, degrees in (
            (MORNING, "Алматы", -10),
            (NOON, "Алматы", 1),
            (NIGHT, "Астана", -30),
            (NIGHT, "Алматы", None),
        )
    ]
    with made(store_tables.url, tmp_path, {schema.weather: weather}) as snapshot:
        found = read_weather(snapshot)
    assert (found.city, found.step, found.warmth) == ("Алматы", "day", [Warmth("2026-01-05", -10, -4.5, 1)])


def test_runs(store_tables: StoreTables, tmp_path: Path) -> None:
    killed: dict[str, Any] = {"ended_at": NIGHT, "outcome": "killed", "reason": "it ended without a word"}
    runs = [ended("run-1", MORNING, NOON, new_articles=4), run("run-2", NOON, **killed), run("run-3", NIGHT)]
    with made(store_tables.url, tmp_path, {schema.runs: runs}) as snapshot:
        found = last_runs(snapshot, 2)
        (first,) = [one for one in last_runs(snapshot, 9) if one.run_id == "run-1"]
    assert [(one.run_id, one.outcome, one.seconds, one.new_articles, one.requests) for one in found] == [
        ("run-3", "no end", None, None, None),
        ("run-2", "killed", None, None, None),  # ended when the next run noticed it
    ]
    assert (first.is_sound, first.seconds, first.new_articles, first.requests) == (True, 6 * 3600, 4, 9)


def test_failures(store_tables: StoreTables, tmp_path: Path) -> None:
    rows = [
        failure("http://a/", "http_404", 2, NOON),
        failure("http://b/", "http_404", 2, MORNING),
        failure("http://c/", "TimeoutError", 5, NIGHT),
    ]
    with made(store_tables.url, tmp_path, {schema.failures: rows}) as snapshot:
        reasons, worst = failures_section(snapshot).tables
    assert [row[:2] for row in reasons.rows] == [["http_404", 2], ["TimeoutError", 1]]
    assert [page.url for page, *_ in worst.rows if isinstance(page, Link)] == ["http://c/", "http://b/", "http://a/"]


def test_empty_store(store_tables: StoreTables, tmp_path: Path) -> None:
    with made(store_tables.url, tmp_path, {}) as snapshot:
        tally = read_tally(snapshot)
        assert [each.text for each in read_head(snapshot, tally).numbers] == ["0"] * 3
        assert coverage_section(snapshot).is_empty
        assert fields_section(snapshot, tally, {}).is_empty
        assert views_section(snapshot, tally).is_empty
        assert trending_section(snapshot).is_empty
        assert read_rates(snapshot) == []
        assert read_weather(snapshot).city is None
        assert failures_section(snapshot).is_empty
