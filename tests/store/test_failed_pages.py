"""When a page that failed is tried again."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, text, update

from caravan_crawler.items import FORBIDDEN
from caravan_crawler.store import database, schema
from caravan_crawler.store.crawl_state import LOST_FIELDS, forgive, retry_delay
from caravan_crawler.store.store import Store
from tests.store.stores import BASE, article, article_store, keep, open_in, table

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PAGE, KEY = article().url, "900001"

# reason, runs in which it failed, how long it is left alone
SCHEDULE = [
    ("DownloadTimeoutError", 1, timedelta(0)),
    ("DownloadTimeoutError", 2, HOUR),
    ("http_503", 3, 4 * HOUR),
    ("kind_challenge", 4, 16 * HOUR),
    ("http_500", 5, 64 * HOUR),
    ("http_500", 6, 7 * DAY),
    ("http_500", 10_000, 7 * DAY),
    ("http_404", 1, DAY),
    ("http_410", 2, 4 * DAY),
    ("kind_other", 3, 16 * DAY),
    ("http_451", 4, 30 * DAY),
    ("kind_listing", 10_000, 30 * DAY),
    (FORBIDDEN, 1, timedelta(0)),
    (FORBIDDEN, 10_000, DAY),
]


@pytest.mark.parametrize(("reason", "attempts", "delay"), SCHEDULE)
def test_the_schedule(reason: str, attempts: int, delay: timedelta) -> None:
    assert retry_delay(reason, attempts) == delay


def fail(store: Store, run_id: str, reason: str = "http_500", url: str = PAGE, key: str | None = KEY) -> None:
    article_store(store, run_id).fail(url, key, reason, "words")


def is_due(store: Store, scope: str = "") -> bool:
    return PAGE in article_store(store, "next", scope).failing.due


def let_pass(store: Store, hours: int) -> None:
    store.execute(
        text(f"UPDATE failures SET retry_at = strftime('%Y-%m-%dT%H:%M:%S+00:00', retry_at, '-{hours} hours')")
    )


def test_attempts_are_counted_once_a_run(tmp_path: Path) -> None:
    store = open_in(tmp_path)
    one = article_store(store, "run-1")
    for _ in range(3):
        one.fail(PAGE, KEY, "http_500", "words")
    fail(store, "run-2")
    fail(store, "run-3", "http_404")
    (row,) = table(store, schema.failures)
    assert (row["attempts"], row["run_id"], row["reason"], row["article_key"]) == (3, "run-3", "http_404", KEY)
    assert row["first_failed_at"] <= row["last_failed_at"] < row["retry_at"]
    store.close()


def test_attempts_count_from_the_first_request_that_is_allowed(tmp_path: Path) -> None:
    store = open_in(tmp_path)
    for number in range(9):
        fail(store, f"run-{number}", FORBIDDEN)
    fail(store, "run-9", "http_500")
    assert is_due(store)
    assert [row["attempts"] for row in table(store, schema.failures)] == [1]
    store.close()


def test_the_next_run_tries_again_and_then_later_and_later(tmp_path: Path) -> None:
    store = open_in(tmp_path)
    fail(store, "run-1")
    assert is_due(store)
    fail(store, "run-2")
    assert not is_due(store)
    assert not article_store(store, "next").failing.may_be_asked(PAGE)
    let_pass(store, 1)
    assert is_due(store)
    assert article_store(store, "next").failing.may_be_asked(PAGE)
    store.close()


# the run's scope, that of the one in which it failed, whether the page is tried
SCOPES = [("", "", True), ("", "sections=news", True), ("sections=news", "sections=news", True), ("a", "", False)]


@pytest.mark.parametrize(("own", "its", "expected"), SCOPES)
def test_a_partial_run_repeats_only_failures_of_its_scope(own: str, its: str, expected: bool, tmp_path: Path) -> None:
    store = open_in(tmp_path)
    article_store(store, "run-1", its).fail(PAGE, KEY, "http_500", "words")
    assert is_due(store, own) == expected
    store.close()


def test_lists_and_feeds_are_asked_for_anyway(tmp_path: Path) -> None:
    store = open_in(tmp_path)
    fail(store, "run-1", url=f"{BASE}rss/", key=None)
    assert article_store(store, "next").failing.due == []
    store.close()


def test_an_article_read_under_any_address_mends_all(tmp_path: Path) -> None:
    store = open_in(tmp_path)
    fail(store, "run-1")
    fail(store, "run-1", url=f"{BASE}amp/news/a-900001")
    fail(store, "run-1", url=f"{BASE}news/other-2/", key="2")
    keep(store, article())
    assert [row["article_key"] for row in table(store, schema.failures)] == ["2"]
    store.close()


def test_after_an_outage_all_failures_but_missing_pages_are_repeated(tmp_path: Path) -> None:
    store = open_in(tmp_path)
    gone, before = f"{BASE}news/gone-2/", f"{BASE}news/before-3/"
    for run_id in ("run-0", "run-1", "run-2"):
        fail(store, run_id, url=before, key="3")
    for run_id in ("run-1", "run-2", "run-3"):
        fail(store, run_id)
        fail(store, run_id, "http_404", gone, "2")
    forgive(store, "run-3", is_outage=True)
    assert article_store(store, "next").failing.due == [PAGE]
    assert {row["url"]: row["attempts"] for row in table(store, schema.failures)} == {PAGE: 1, gone: 3, before: 3}
    store.close()


#: Reason, hours since the first failure, runs since then, and whether the page is settled.
SETTLED = [
    ("http_500", 7, 3, True),
    ("http_500", 7, 2, False),
    ("http_500", 5, 5, False),
    ("kind_other", 7, 3, True),
    ("kind_error", 30, 2, False),
    ("redirected", 30, 3, True),
    ("http_404", 7, 1, True),
    ("http_404", 5, 1, False),
    (LOST_FIELDS, 99, 9, False),
    (FORBIDDEN, 99, 9, False),
]


@pytest.mark.parametrize(("reason", "hours", "runs", "is_settled"), SETTLED)
def test_a_page_that_nobody_can_read_fails_a_run_for_some_hours(
    reason: str, hours: int, runs: int, is_settled: bool, tmp_path: Path
) -> None:
    store = open_in(tmp_path)
    fail(store, "run-0", reason)
    past = database.after(database.now(), timedelta(hours=-hours))
    store.execute(update(schema.failures).values(first_failed_at=past))
    for number in range(1, runs + 1):
        row = {"run_id": f"run-{number}", "scope": "", "arguments": {}, "version": "1", "new_articles": 0}
        store.execute(insert(schema.runs).values(**row, started_at=database.now(), number=number))
    failing = article_store(store, f"run-{runs}").failing
    assert failing.is_settled(PAGE, is_sure=True) is is_settled
    store.close()
