"""Sources that a run requests by itself."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from caravan_crawler.frontier.list_walk import ListState, PageRange
from caravan_crawler.frontier.schedule import SourceSchedule
from caravan_crawler.store import database
from caravan_crawler.store.crawl_state import Source

NEWS = "/news/"
WALKED = ListState(["1", "2"]).to_json()
OPEN = ListState(["1", "2"], [PageRange(5)]).to_json()


def ago(**delta: float) -> str:
    return database.stamp(datetime.now(UTC) - timedelta(**delta))


def schedule(own: dict[str, Source] | None = None, full: dict[str, Source] | None = None) -> SourceSchedule:
    return SourceSchedule(own or {}, full or {})


# time since a list was read (None: never; "": unknown), its interval in hours, whether it is due
LISTS = [
    (None, 1, True),
    ("", 6, True),
    ({"minutes": 40}, 1, False),
    ({"minutes": 55}, 1, True),
    ({"hours": 5}, 6, False),
    ({"hours": 5, "minutes": 55}, 6, True),
]


@pytest.mark.parametrize(("read_at", "hours", "expected"), LISTS, ids=range(len(LISTS)))
def test_lists_that_are_due(read_at: dict[str, float] | str | None, hours: int, expected: bool) -> None:
    read_at = ago(**read_at) if isinstance(read_at, dict) else read_at
    own = {} if read_at is None else {NEWS: Source(read_at, None, ListState(["1"], [], hours).to_json())}
    assert schedule(own).is_list_due(NEWS) is expected


def test_sitemaps_named_and_not_read() -> None:
    own = {
        "/a.xml": Source("", "x"),
        "/b.xml": Source(ago(), "x"),
        NEWS: Source("", None, WALKED),
        "/rss/": Source(ago()),
    }
    assert schedule(own).pending_sitemaps == [("/a.xml", "x")]
    assert schedule(own).known_lists == [NEWS]


def source(row: dict[str, Any]) -> dict[str, Source]:
    return {row["path"]: Source(row["read_at"], row["stamp"], row["state"])}


def test_source_recorded_as_new_is_due_in_the_next_run() -> None:
    (row,) = schedule({NEWS: Source(ago(), None, WALKED)}).new_lists([NEWS, "/sport/", "/sport/"])
    after = schedule(source(row))
    assert after.known_lists == ["/sport/"]
    assert after.is_list_due("/sport/")
    assert schedule(source(SourceSchedule.new_sitemap("/s.xml", "x"))).pending_sitemaps == [("/s.xml", "x")]


def test_source_recorded_as_read_is_not_due() -> None:
    after = schedule(source(SourceSchedule.read_now("/s.xml", stamp="x")))
    assert after.pending_sitemaps == []
    assert (after.source("/s.xml").stamp, bool(after.source("/s.xml").read_at)) == ("x", True)
    after = schedule(source(SourceSchedule.read_now(NEWS, state=WALKED)))
    assert not after.is_list_due(NEWS)
    assert after.list_state(NEWS).to_json() == WALKED


def test_forced_listing_retains_its_walk_state() -> None:
    (row,) = schedule({NEWS: Source(ago(), None, OPEN)}).due_lists([NEWS])
    after = schedule(source(row))
    assert after.is_list_due(NEWS)
    assert after.list_state(NEWS).to_json() == OPEN


# a listing's state from runs of this kind, from full runs, and the initial state of this run
STATES: list[tuple[dict[str, Any] | None, dict[str, Any] | None, dict[str, Any]]] = [
    (None, None, ListState().to_json()),
    (OPEN, WALKED, OPEN),
    (None, WALKED, WALKED),
    (None, OPEN, ListState().to_json()),
]


@pytest.mark.parametrize(("own", "full", "expected"), STATES)
def test_run_of_a_part_skips_what_a_full_run_has_walked(
    own: dict[str, Any] | None, full: dict[str, Any] | None, expected: dict[str, Any]
) -> None:
    its, alls = ({NEWS: Source(ago(), None, state)} if state else {} for state in (own, full))
    assert schedule(its, alls).list_state(NEWS).to_json() == expected
