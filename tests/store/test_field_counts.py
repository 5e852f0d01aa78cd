"""Which runs are the history of a run: those that had ended when it began."""

from pathlib import Path

import pytest

from caravan_crawler.arguments import CrawlArguments
from caravan_crawler.store import crawl_state, database, field_counts
from caravan_crawler.store.field_counts import Cell, FieldCounts
from caravan_crawler.store.store import Store, open_store

CELL = Cell("news", "2026", "tags", "tags_printed")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(None, str(tmp_path), "sample")


def begin(store: Store, run_id: str) -> None:
    crawl_state.begin(store, run_id, CrawlArguments.parse({}), database.now())


def end(store: Store, run_id: str, articles: int) -> None:
    counts = FieldCounts()
    counts.cells[CELL] = articles
    counts.save(store, run_id)
    report = {"exit_code": 0, "outcome": "complete", "reason": "", "articles": {"new": articles}}
    crawl_state.end(store, run_id, database.now(), report)


def test_workers_of_one_crawl_are_no_history_for_each_other(store: Store) -> None:
    begin(store, "before")
    end(store, "before", 100)
    begin(store, "one")
    begin(store, "two")
    end(store, "one", 30)
    begin(store, "after")
    for run_id, articles in (("two", 100), ("after", 130)):
        assert field_counts.history(store, "", run_id) == {CELL: articles}
        assert sum(counts[CELL] for _, counts in field_counts.recent(store, "", run_id)) == articles
    store.close()
