"""The overview of a store that ``scrapy status`` prints, in SQLite and PostgreSQL."""

from pathlib import Path

from caravan_crawler.store import schema
from caravan_crawler.store.snapshot import Reason, read_overview
from tests.report.made import article, ended, failure, made, run
from tests.store.stored import StoreTables
from tests.store.stores import BASE

MORNING, NOON, NIGHT = (f"2026-01-05T{hour}:00:00+00:00" for hour in ("06", "12", "20"))


def waiting(key: str, *, is_speculative: int = 0) -> dict[str, object]:
    url = f"{BASE}news/{key}/"
    return {"scope": "", "key": key, "url": url, "found_at": NOON, "is_speculative": is_speculative}


def source(path: str, read_at: str, **state: object) -> dict[str, object]:
    return {"scope": "", "path": path, "read_at": read_at, "state": state or None}


def test_an_empty_store(store_tables: StoreTables, tmp_path: Path) -> None:
    with made(store_tables.url, tmp_path, {}) as snapshot:
        overview = read_overview(snapshot, NOON, most_runs=5, most_reasons=3)
    assert (overview.articles, overview.first, overview.last, overview.sections) == (0, None, None, {})
    assert (overview.runs, overview.last_runs, overview.failed, overview.reasons) == (0, [], 0, [])
    assert overview.size > 1000


def test_a_store(store_tables: StoreTables, tmp_path: Path) -> None:
    version = {"version": 1, "observed_at": NOON, "run_id": "run-1"}
    rows = {
        schema.articles: [
            article("1", "2026-01-03", published_in="run-1"),
            article("2", section="sport", language="kk", published_in="run-1"),
            article("3", None),
            article("4", section=None),
        ],
        schema.article_versions: [{"article_key": key, **version} for key in "1234"],
        schema.view_counts: [{"article_key": "1", "observed_at": NOON, "views": 7, "run_id": "run-1"}],
        schema.runs: [
            ended("run-1", MORNING, NOON, exit_code=3, outcome="below_floors", reason="no body", new_articles=4),
            run("run-2", NIGHT),
        ],
        schema.frontier: [waiting("8"), waiting("9"), waiting("7", is_speculative=1)],
        schema.sources: [
            source("/", NOON),
            source("/news/", NOON, top=[1], open=[], hours=1),
            source("/art/", NOON, top=[1], open=[[2, []]], hours=1),
            source("/sport/", "", top=[], open=[], hours=3),
            source("/sitemap1.xml", ""),
        ],
        schema.failures: [
            failure(f"{BASE}a/", "http_404", 1, MORNING),
            failure(f"{BASE}b/", "http_404", 2, NOON),
            failure(f"{BASE}c/", "http_500", 1, NIGHT),
            failure(f"{BASE}d/", "kind_other", 1, MORNING),
        ],
    }
    with made(store_tables.url, tmp_path, rows) as snapshot:
        overview = read_overview(snapshot, NOON, most_runs=1, most_reasons=2)
    assert (overview.articles, overview.first, overview.last) == (4, "2026-01-01", "2026-01-03")
    assert list(overview.sections.items()) == [("news", 2), ("", 1), ("sport", 1)]
    assert overview.languages == {"ru": 3, "kk": 1}
    assert (overview.versions, overview.view_counts, overview.runs) == (4, 1, 2)
    assert [(one.run_id, one.outcome, one.seconds) for one in overview.last_runs] == [("run-2", "no end", None)]
    assert (overview.waiting, overview.deferred, overview.unread_sources, overview.unpublished) == (2, 1, 3, 2)
    assert (overview.failed, overview.due) == (4, 3)
    assert overview.reasons == [
        Reason("http_500", 1, NIGHT, f"{BASE}c/", "http_500"),
        Reason("http_404", 2, NOON, f"{BASE}b/", "http_404"),
    ]
