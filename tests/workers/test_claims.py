"""Claims, commits and the pace, as two workers see them."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from caravan_crawler.arguments import CrawlArguments
from caravan_crawler.items import PageWrites
from caravan_crawler.store import crawl_state
from caravan_crawler.store import database as store_database
from caravan_crawler.store.article_store import ArticleStore
from caravan_crawler.store.schema import read_note
from caravan_crawler.store.store import Store, open_store
from caravan_crawler.store.workers import Pace, SharedStore, Workers
from tests.support.postgresql import Cluster


@pytest.fixture
def stores(cluster: Cluster, database: str) -> Iterator[list[SharedStore]]:
    opened = [open_store(cluster.url(database), "", "sample", shared=True) for _ in range(2)]
    assert all(isinstance(store, SharedStore) for store in opened)
    for number, store in enumerate(opened):
        crawl_state.begin(store, f"run-{number}", CrawlArguments.parse({"site": "sample"}), "2026-11-01T00:00:00+00:00")
    yield opened  # type: ignore[misc]
    for store in opened:
        store.close()


def find(store: SharedStore, *keys: str, url: str = "http://h/news/a-%s/", deferred: bool = False) -> None:
    """Store that articles are found."""
    links = [(key, url % key) for key in keys]
    page = PageWrites(deferred=links) if deferred else PageWrites(links=links)
    ArticleStore(store, store.run_id, "").accept_page(page)


def test_a_row_is_claimed_once(stores: list[SharedStore]) -> None:
    first, second = (Workers(store, "", 60) for store in stores)
    find(stores[0], "1", "2", "3")
    claimed = {claim.key for claim in first.claim(2)}
    assert len(claimed) == 2
    assert {claim.key for claim in second.claim(9)} == {"1", "2", "3"} - claimed
    assert not first.claim(9)
    assert second.unread() == 3
    assert second.claim_suspect() is None, "its worker lives and its lease lasts"
    first.release()
    assert {claim.key for claim in second.claim(9)} == claimed, "what was given back is no suspect"


def test_worker_that_is_frozen_within_a_commit_does_not_hold_up_the_others(
    cluster: Cluster, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_database, "_MOST_IDLE", 1)
    url = f"{cluster.url(database)}?options=-c%20lock_timeout%3D5s"
    frozen, other = (open_store(url, "", "sample", shared=True) for _ in range(2))
    transaction = frozen.connection.begin()
    store_database.wait_for_turn(frozen.connection)
    other.note("page", "stored")
    assert read_note(other.rows, "page") == "stored"
    with pytest.raises(DBAPIError):
        transaction.commit()
    for store in (frozen, other):
        store.close()


def test_claim_carries_its_origin(stores: list[SharedStore]) -> None:
    page = PageWrites(links=[("1", "http://h/news/a-1/")], request_meta={"hops": 2})
    ArticleStore(stores[0], "run-0", "").accept_page(page)
    (claim,) = Workers(stores[1], "", 60).claim(9)
    assert claim.reach == {"hops": 2}


def test_page_that_failed_for_another_worker_is_not_requested_again(stores: list[SharedStore]) -> None:
    url = "http://h/news/a-1/"
    ArticleStore(stores[0], "run-0", "").fail(url, "1", "http_404", "404")
    assert Workers(stores[1], "", 60).failed([url, "http://h/"]) == {url}
    assert not Workers(stores[0], "", 60).failed([url])


def test_expired_lease_is_claimed_by_one_worker(stores: list[SharedStore]) -> None:
    first, second = Workers(stores[0], "", 0), Workers(stores[1], "", 60)
    find(stores[0], "1", "2")
    assert len(first.claim(2)) == 2
    suspect = second.claim_suspect()
    assert suspect is not None
    assert suspect.claims == 2


def test_short_links_and_deferred_links_are_read_at_the_end(stores: list[SharedStore]) -> None:
    first, second = (Workers(store, "", 60) for store in stores)
    find(stores[0], "7", url="http://h/?p=%s")
    find(stores[0], "8", deferred=True)
    assert not first.claim(9)
    assert first.unread() == 0
    # A page that names the article's own address makes both like the others.
    find(stores[1], "7", "8")
    find(stores[0], "7", url="http://h/?p=%s")
    find(stores[0], "8", deferred=True)
    assert sorted(claim.url for claim in second.claim(9)) == ["http://h/news/a-7/", "http://h/news/a-8/"]


def test_page_that_raised_an_error_waits_for_the_next_crawl(stores: list[SharedStore]) -> None:
    first, second = (Workers(store, "", 60) for store in stores)
    find(stores[0], "1", "2")
    first.claim(9)
    first.settle({"1"})
    assert [claim.key for claim in second.claim(9)] == ["2"]
    assert second.lead()
    assert [claim.key for claim in second.claim(9)] == ["1"]


def test_commit_with_a_lost_response_is_made_once(stores: list[SharedStore], monkeypatch: pytest.MonkeyPatch) -> None:
    store = stores[0]
    store.patience = 20
    rows = text("SELECT count(*) FROM view_counts")
    insert = text("INSERT INTO view_counts VALUES ('1', :at, 1, 'run')")
    cut = text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = :pid")

    def pid() -> int:
        return int(store.rows(text("SELECT pg_backend_pid()"))[0][0])

    # The connection is lost before the commit, which is made again.
    stores[1].rows(cut, pid=pid())
    store.execute(insert, {"at": "1"})
    assert store.rows(rows)[0][0] == 1
    # It is lost after the commit, before its response: not made again.
    transact = Store._transact

    def answer_is_lost(self: Store, work: Any, *, is_write: bool) -> Any:
        monkeypatch.undo()
        transact(self, work, is_write=is_write)
        stores[1].rows(cut, pid=pid_now)
        return self.connection.execute(rows)

    pid_now = pid()
    monkeypatch.setattr(Store, "_transact", answer_is_lost)
    store.execute(insert, {"at": "2"})
    assert store.rows(rows)[0][0] == 2


def test_leader_reacquires_its_lock(stores: list[SharedStore]) -> None:
    first, second = (Workers(store, "", 60) for store in stores)
    stores[0].patience = 20
    assert first.lead()
    assert not second.lead()
    pid = stores[0].rows(text("SELECT pg_backend_pid()"))[0][0]
    stores[1].rows(text("SELECT pg_terminate_backend(:pid)"), pid=pid)
    assert not second.leader_is_gone(), "it has the time of grace"
    assert stores[0].rows(text("SELECT 1"))
    assert stores[0].leads_scope == ""
    assert not second.lead()


def test_pace_is_shared_by_all_workers(stores: list[SharedStore]) -> None:
    first, second = (Pace(store, "host") for store in stores)
    waits = [pace.reserve(10) or 0 for pace in (first, second, first)]
    assert waits[0] < 1
    assert 9 < waits[1] - waits[0] <= 10
    assert 9 < waits[2] - waits[1] <= 10
    second.block(100)
    assert 99 < (first.blocked() or 0) <= 100
    assert (first.reserve(10) or 0) > 99
    assert (Pace(stores[0], "other").blocked() or 0) <= 0
