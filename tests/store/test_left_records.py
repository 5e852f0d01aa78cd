"""Records that earlier runs stored and did not publish: which of them a run publishes."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from caravan_crawler.store import schema
from caravan_crawler.store.crawl_state import LOST_FIELDS
from caravan_crawler.store.publication import LeftRecords
from caravan_crawler.store.store import Store
from tests.store.stores import LATER, article, article_store, keep, open_in, table

PAGE, KEY = article().url, "900001"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_in(tmp_path)
    yield opened
    opened.close()


def left(store: Store, run_id: str) -> list[str | None]:
    """Days of publication of the articles that this run publishes for earlier ones."""
    records = LeftRecords(store, run_id, lambda row: True).take()
    return [vars(record)["date_published"] for record in records]


def hold(store: Store) -> None:
    """Store an article without a date in a run below the floors."""
    keep(store, article(date_published=None, date_published_raw=None), "run-1")
    article_store(store, "run-1").undo_losses()


def test_an_incomplete_article_is_left_until_it_is_read_completely(store: Store) -> None:
    hold(store)
    assert left(store, "run-2") == []
    keep(store, article(observed_at=LATER), "run-3")
    assert table(store, schema.failures) == []
    assert left(store, "run-4") == ["2025-05-12"]


@pytest.mark.parametrize("reason", ["http_304", "http_404", "http_500", "kind_other"])
def test_an_incomplete_article_that_fails_is_published_by_that_run_only(reason: str, store: Store) -> None:
    """If that run is killed or below the floors, the next one tries again: the page may have what is missing."""
    hold(store)
    article_store(store, "run-2").fail(PAGE, KEY, reason, "words")
    (failure,) = table(store, schema.failures)
    assert (failure["reason"], failure["attempts"], failure["run_id"]) == (LOST_FIELDS, 2, "run-2")
    assert failure["words"] == "words; before, it came without a required field"
    assert left(store, "run-3") == []
    assert left(store, "run-2") == [None]


def test_an_article_that_is_incomplete_again_is_published_by_that_run_only(store: Store) -> None:
    hold(store)
    keep(store, article(date_published=None, date_published_raw=None, observed_at=LATER), "run-2")
    (failure,) = table(store, schema.failures)
    assert (failure["reason"], failure["attempts"], failure["run_id"]) == (LOST_FIELDS, 2, "run-2")
    assert failure["words"] == "it came without date_published"
    assert left(store, "run-3") == []
    assert left(store, "run-2") == [None]
