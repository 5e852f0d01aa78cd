"""Stores filled row by row for tests of the report."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Table, insert

from caravan_crawler.store import schema
from caravan_crawler.store.snapshot import Snapshot
from caravan_crawler.store.store import open_store
from tests.store.stores import BASE, SEEN


@contextmanager
def made(url: str | None, folder: Path, rows: dict[Table, list[dict[str, Any]]]) -> Iterator[Snapshot]:
    """Yield a snapshot of a new store with these rows."""
    make(url, folder, rows)
    with Snapshot(url, str(folder)) as snapshot:
        yield snapshot


def make(url: str | None, folder: Path, rows: dict[Table, list[dict[str, Any]]]) -> None:
    store = open_store(url, str(folder), BASE)
    for table, these in rows.items():
        for row in these:
            store.execute(insert(table).values(row))
    store.close()


def article(key: str, date_published: str | None = "2026-01-01", **changes: Any) -> dict[str, Any]:
    return {
        **dict.fromkeys(schema.articles.columns.keys()),
        "key": key,
        "url": f"{BASE}news/{key}/",
        "fetched_url": f"{BASE}news/{key}/",
        "section": "news",
        "language": "ru",
        "headline": f"Headline {key}",
        "body": "Body",
        "date_published": date_published,
        **{name: [] for name in ("authors", "tags", "images", "links")},
        **dict.fromkeys(("observed_at", "first_seen_at", "changed_at", "checked_at"), SEEN),
        "version": 1,
        "found_by": {},
        "run_id": "run-1",
        **changes,
    }


def seen(observed_at: str, **values: Any) -> dict[str, Any]:
    """Return a row observed at a time."""
    return {"observed_at": observed_at, "run_id": "run-1", **values}


def topic(observed_at: str, rank: int, name: str) -> dict[str, Any]:
    return seen(observed_at, rank=rank, topic=name, headline="Headline", url=BASE)


def rate(observed_at: str, value: float | None, currency: str = "USD") -> dict[str, Any]:
    return seen(observed_at, currency=currency, rate=value, rate_raw="—" if value is None else str(value))


def run(run_id: str, started_at: str, **changes: Any) -> dict[str, Any]:
    return {
        "run_id": run_id,
        "scope": "",
        "arguments": {},
        "version": "0.1.0",
        "started_at": started_at,
        "new_articles": 0,
        **changes,
    }


def ended(run_id: str, started_at: str, ended_at: str, **changes: Any) -> dict[str, Any]:
    """Return a successful run."""
    end = {"ended_at": ended_at, "exit_code": 0, "outcome": "sound", "reason": "complete", "report": {"requests": 9}}
    return run(run_id, started_at, **end | changes)


def failure(url: str, reason: str, attempts: int, since: str) -> dict[str, Any]:
    return {
        "url": url,
        "scope": "",
        "reason": reason,
        "words": reason,
        "attempts": attempts,
        "first_failed_at": since,
        "last_failed_at": since,
        "retry_at": since,
        "run_id": "run-1",
    }


def fields_of(**found_of: tuple[int, int]) -> dict[str, Any]:
    """Return a run's report with the articles in which each field was found, and of how many."""
    counts = {name: {"found": found, "of": of} for name, (found, of) in found_of.items()}
    return {"report": {"requests": 9, "fields": counts}}
