"""Which run continues which."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from caravan_crawler.arguments import CrawlArguments
from caravan_crawler.outcome import AT_LIMIT
from caravan_crawler.store import crawl_state, schema
from caravan_crawler.store.store import Store
from tests.store.stores import open_in, table

ALL = CrawlArguments()
KILLED = None


def day(number: int) -> str:
    return (datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=number - 1)).isoformat()


def report(code: int, new: int = 0) -> dict[str, Any]:
    return {"exit_code": code, "outcome": "x", "reason": "y", "articles": {"new": new}}


def run(
    store: Store,
    number: int,
    code: int | None,
    arguments: CrawlArguments = ALL,
    new: int = 0,
    when: int | None = None,
) -> str | None:
    moment = day(number if when is None else when)
    resumed_since = crawl_state.begin(store, f"run-{number}", arguments, moment)
    if code is not KILLED:
        crawl_state.end(store, f"run-{number}", moment, report(code, new))
    return resumed_since


# exit codes of earlier runs, oldest first, and those which the next one continues
CAMPAIGNS: list[tuple[list[int | None], list[int]]] = [
    ([], []),
    ([0], []),
    ([0, 143], [2]),
    ([143, 0], []),
    ([130, KILLED, 4], [1, 2, 3]),
    ([0, 1], [2]),
    ([143, 3], []),
    ([143, 3, KILLED], [3]),
    ([3, 0, 3], []),
]


@pytest.mark.parametrize(("codes", "continued"), CAMPAIGNS, ids=range(len(CAMPAIGNS)))
@pytest.mark.parametrize("clock", [1, -1])
def test_a_run_continues_those_that_were_stopped(
    codes: list[int | None], continued: list[int], clock: int, tmp_path: Path
) -> None:
    """Their order is that of a count: a clock that runs backwards changes nothing."""
    began = (day(2000 + clock * number) for number in continued)
    assert continued_since(codes, clock, tmp_path) == min(began, default=None)


def test_a_run_continues_one_that_ended_at_its_limit(tmp_path: Path) -> None:
    store = open_in(tmp_path)
    run(store, 1, 143)
    crawl_state.begin(store, "run-2", ALL, day(2))
    crawl_state.end(store, "run-2", day(2), report(0) | {"reason": f"{AT_LIMIT} of 20 articles"})
    assert run(store, 3, 0) == day(1)
    assert run(store, 4, 0) is None
    store.close()


def test_a_run_continues_more_runs_than_a_statement_has_variables(tmp_path: Path) -> None:
    store = open_in(tmp_path)
    run(store, 1, 0)
    run(store, 2, 143)
    stopped = table(store, schema.runs)[1]
    copies = [stopped | {"run_id": f"run-{number}", "number": number} for number in range(3, 1102)]
    store.execute(schema.runs.insert(), copies)
    assert run(store, 9999, 0) == day(2)
    store.close()


def continued_since(codes: list[int | None], clock: int, data_dir: Path) -> str | None:
    """Return when the first of the runs began that the next one continues."""
    store = open_in(data_dir)
    for number, code in enumerate(codes, 1):
        run(store, number, code, when=2000 + clock * number)
    resumed_since = run(store, 9999, 0)
    store.close()
    return resumed_since


def test_a_killed_run_is_recognised(tmp_path: Path) -> None:
    store = open_in(tmp_path)
    run(store, 1, KILLED)
    assert table(store, schema.runs)[0]["ended_at"] is None
    run(store, 2, 0, CrawlArguments(sections=frozenset({"news"})))
    killed, sound = table(store, schema.runs)
    assert (killed["outcome"], killed["exit_code"], killed["ended_at"]) == ("killed", None, day(2))
    assert (sound["outcome"], sound["exit_code"], sound["scope"]) == ("x", 0, "sections=news")
    assert sound["report"] == report(0)
    store.close()


URLS = ("https://www.caravan.kz/news/a-900001/",)
KINDS = [
    CrawlArguments(since=date(2025, 1, 1)),
    CrawlArguments(until=date(2025, 1, 1)),
    CrawlArguments(since=date(2025, 1, 1), until=date(2025, 1, 1)),
    CrawlArguments(sections=frozenset({"news"})),
    CrawlArguments(sections=frozenset({"news", "sport"})),
    CrawlArguments(urls=URLS),
    CrawlArguments(urls=("https://www.caravan.kz/",)),
]
SAME = [
    (ALL, CrawlArguments(site="http://127.0.0.1:8000/", refresh_days=1)),
    (CrawlArguments(sections=frozenset({"a", "b"})), CrawlArguments(sections=frozenset({"b", "a"}))),
    (CrawlArguments(urls=("a", "b")), CrawlArguments(urls=("b", "a"))),
]


def test_scopes_of_runs_differ(tmp_path: Path) -> None:
    assert ALL.scope == ""
    assert len({kind.scope for kind in [ALL, *KINDS]}) == len(KINDS) + 1
    store = open_in(tmp_path)
    for number, kind in enumerate([ALL, *KINDS], 1):
        assert run(store, number, 143, kind) is None
    assert run(store, 20, 143, KINDS[2]) == day(4)
    store.close()


@pytest.mark.parametrize(("one", "other"), SAME)
def test_arguments_that_do_not_change_the_scope(one: CrawlArguments, other: CrawlArguments) -> None:
    assert one.scope == other.scope


def test_the_last_run_that_brought_something(tmp_path: Path) -> None:
    store = open_in(tmp_path)
    assert crawl_state.last_new(store) is None
    for number, new in enumerate([0, 5, 1, 0], 1):
        run(store, number, 0, new=new)
    assert crawl_state.last_new(store) == day(3)
    store.close()
