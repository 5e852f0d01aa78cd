"""Rows written while the clock was ahead do not delay later runs."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from caravan_crawler.frontier.list_walk import ListState
from caravan_crawler.store import crawl_state, database, page_facts, schema
from caravan_crawler.store.crawl_state import FailedPages, load_sources
from caravan_crawler.store.store import Store
from tests.store.stores import article, keep, open_in, table

WALKED = ListState(["1", "2"]).to_json()


def after(**delta: float) -> str:
    return database.stamp(datetime.now(UTC) + timedelta(**delta))


def add(store: Store, which: Any, *rows: dict[str, Any]) -> None:
    store.execute(insert(which), list(rows))


def source(path: str, read_at: str, **values: Any) -> dict[str, Any]:
    return {"scope": "", "path": path, "read_at": read_at, "stamp": None, "state": None} | values


def failure(number: int, failed_at: str, retry_at: str) -> dict[str, Any]:
    url = f"http://127.0.0.1:8000/news/delo-{number}/"
    times = {"first_failed_at": failed_at, "last_failed_at": failed_at, "retry_at": retry_at}
    texts = {"reason": "http_500", "words": "x", "attempts": 3, "run_id": "run-1", "scope": ""}
    return {"url": url, "article_key": str(number)} | times | texts


def test_sources_read_in_the_future_are_not_read(tmp_path: Path) -> None:
    store = open_in(tmp_path)
    rows = (
        source("/", after(days=400)),
        source("/news/", after(days=400), state=WALKED),
        source("/sport/", after(hours=-1), state=WALKED),
        source("/sitemap202611.xml", after(days=400), stamp="2026-11-20"),
        source("/sitemap202610.xml", after(hours=-1), stamp="2026-10-20"),
        source("/near/", after(minutes=2), state=WALKED),
    )
    add(store, schema.sources, *rows)
    assert crawl_state.correct_future_times(store) == 3
    left = load_sources(store, "")
    assert left.keys() == {"/news/", "/sport/", "/sitemap202610.xml", "/near/"}
    assert (left["/news/"].read_at, left["/news/"].state) == ("", WALKED)
    assert crawl_state.correct_future_times(store) == 0
    store.close()


# when a page last failed, when it may be tried, and whether it is due
FAILURES = [
    (after(days=400), after(days=401), True),
    (after(days=-1), after(days=400), True),
    (after(days=-1), after(days=20), False),
    (after(days=-1), after(hours=-1), True),
]


def test_failures_of_the_future_are_due(tmp_path: Path) -> None:
    store = open_in(tmp_path)
    add(store, schema.failures, *(failure(number, *row[:2]) for number, row in enumerate(FAILURES, 900001)))
    crawl_state.correct_future_times(store)
    failing = FailedPages(store, "run-2", "")
    known = store.known([row["article_key"] for row in table(store, schema.failures)], database.now())
    for number, (_, _, is_due) in enumerate(FAILURES, 900001):
        url = f"http://127.0.0.1:8000/news/delo-{number}/"
        assert (url in failing.due, failing.may_be_asked(url)) == (is_due, is_due)
        assert (str(number) in known) != is_due
    store.close()


def test_pages_without_article_are_asked_for_again_in_time(tmp_path: Path) -> None:
    store = open_in(tmp_path)
    row = {"key": "/info/x/", "url": "http://127.0.0.1:8000/info/x/", "kind": "other", "seen_at": after(days=400)}
    add(store, schema.other_pages, row)
    crawl_state.correct_future_times(store)
    assert store.known(["/info/x/"], after(days=29))
    assert not store.known(["/info/x/"], after(days=31))
    store.close()


def test_an_article_checked_in_the_future_is_due_for_refresh(tmp_path: Path) -> None:
    store = open_in(tmp_path)
    now = after(seconds=0)
    day = now[:10]
    for number, checked in ((900001, after(days=400)), (900002, after(days=-1)), (900003, now)):
        page = article(article_id=number, url=f"http://127.0.0.1:8000/news/delo-{number}/", date_published=day)
        page.observed_at = checked
        keep(store, page)
    due = crawl_state.due_for_refresh(store, "2026-01-01", now)
    assert {row.key for row in due} == {"900001", "900002"}
    keys = ["900001", "900002", "900003"]
    assert crawl_state.read_since(store, keys, now) == {"900003"}
    store.close()


def test_lines_of_the_future_are_not_the_last_ones(tmp_path: Path) -> None:
    store = open_in(tmp_path)
    line = {"currency": "USD", "rate_raw": "500", "page_date": None, "run_id": "run-1"}
    times = ((500.0, after(days=-1)), (600.0, after(days=400)))
    add(store, schema.rates, *(line | {"rate": rate, "observed_at": time} for rate, time in times))
    (value,) = page_facts.last_lines(store).values()
    assert "500" in str(value)
    store.close()


def test_runs_of_the_future_are_over(tmp_path: Path) -> None:
    store = open_in(tmp_path)
    row = {"scope": "", "arguments": {}, "version": "1", "new_articles": 0, "number": 1}
    add(store, schema.runs, row | {"run_id": "run-1", "started_at": after(days=400), "ended_at": after(days=401)})
    crawl_state.correct_future_times(store)
    (run,) = table(store, schema.runs)
    assert run["started_at"] <= after(seconds=1)
    assert run["ended_at"] <= after(seconds=1)
    store.close()
