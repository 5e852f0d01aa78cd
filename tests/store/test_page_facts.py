"""Page facts read again: the same lines are stored as by the crawls, in any order."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from caravan_crawler.items import ExchangeRate, TrendingEntry, Weather
from caravan_crawler.pages.page import ChangeFilter
from caravan_crawler.store.page_facts import TABLES, Line
from caravan_crawler.store.reparse_store import Span, reread
from caravan_crawler.store.store import Store
from tests.store.stores import article_store, open_in, table

Rows = list[dict[str, Any]]


def time_of(run: int, minute: int) -> str:
    return f"2026-01-02T{run:02}:{minute:02}:00+00:00"


def lines_of(value: int, time: str) -> list[Line]:
    """Page facts derived from one number: rates, weather, two trending topics, and the day."""
    day = f"2026-01-{value // 3 + 1:02}"
    raw = f"49{value}.5"
    return [
        ExchangeRate("USD", Decimal(raw), raw, day, time),
        ExchangeRate("EUR", Decimal("560.1"), "560.1", day, time),
        Weather("Алматы" if value % 2 else None, value, day, time),
        TrendingEntry(1, "Пенсия", f"Заголовок {value // 2}", "http://127.0.0.1/news/a-900001/", 900001, day, time),
        TrendingEntry(2, "Жұмыс", "Тақырып", f"http://127.0.0.1/news/a-90000{value}/", 900000 + value, day, time),
    ]


class Shown:
    """A store, and how crawls and archives put lines into it."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def crawl(self, run: int, values: Iterable[int]) -> None:
        one = article_store(self._store, f"run-{run}")
        for line in news(pages_of(run, values)):
            one.add_page_fact(line)

    def replay(self, run: int, values: list[int], since: int = 0) -> None:
        lines = news(pages_of(run, values))
        self.put(
            [line for line in lines if line.observed_at >= time_of(run, since)],
            Span(f"run-{run}", time_of(run, since), time_of(run, 59)),
        )

    def put(self, lines: list[Line], span: Span) -> None:
        self._store.write(reread(self._store, lines, span))

    @property
    def rows(self) -> dict[str, Rows]:
        return {each.name: sorted(map(_plain, table(self._store, each)), key=str) for each in TABLES.values()}


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in ("id", "run_id")}


def pages_of(run: int, values: Iterable[int]) -> list[list[Line]]:
    return [lines_of(value, time_of(run, minute)) for minute, value in enumerate(values)]


def news(pages: list[list[Line]]) -> list[Line]:
    """Lines of a run: each if it differs from the one before it."""
    changes = ChangeFilter()
    return [line for lines in pages for line in lines if changes.is_new(*line.change_key())]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return tmp_path_factory.mktemp("shown")


@contextmanager
def shown(folder: Any) -> Iterator[Shown]:
    store = open_in(folder)
    try:
        for each in TABLES.values():
            store.execute(delete(each))
        yield Shown(store)
    finally:
        store.close()


VALUES = st.lists(st.integers(0, 5), min_size=1, max_size=6)
QUICK = settings(max_examples=12)


@QUICK
@given(runs=st.lists(VALUES, min_size=1, max_size=3), data=st.data())
def test_reparsed_runs_have_the_same_lines(runs: list[list[int]], data: st.DataObject, folder: Any) -> None:
    with shown(folder) as one:
        for number, values in enumerate(runs):
            one.crawl(number, values)
        expected = one.rows
        for number, values in enumerate(runs):
            one.replay(number, values)
        assert one.rows == expected
    with shown(folder) as one:
        for number, values in enumerate(runs):
            one.replay(number, values)
            # Stopped, and taken up where it was.
            one.replay(number, values, since=data.draw(st.integers(0, len(values))))
        assert one.rows == expected


@QUICK
@given(
    runs=st.lists(
        st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=5), min_size=1, max_size=3
    )
)
def test_a_reparse_corrects_wrong_lines(runs: list[list[tuple[int, int]]], folder: Any) -> None:
    with shown(folder) as one:
        for number, values in enumerate(runs):
            one.crawl(number, [right for right, _ in values])
        expected = one.rows
    with shown(folder) as one:
        for number, values in enumerate(runs):
            one.crawl(number, [wrong for _, wrong in values])
        for number, values in enumerate(runs):
            one.replay(number, [right for right, _ in values])
        assert one.rows == expected


@QUICK
@given(values=st.lists(st.integers(0, 5), min_size=1, max_size=6).map(sorted), data=st.data())
def test_pages_of_other_archives_in_any_order(values: list[int], data: st.DataObject, folder: Any) -> None:
    pages = [lines_of(value, time_of(0, minute)) for minute, value in enumerate(values)]
    with shown(folder) as one:
        for lines in pages:
            one.put(lines, Span("archive a", times=(lines[0].observed_at,)))
        expected = one.rows
        assert expected["rates"]
    with shown(folder) as one:
        for lines in data.draw(st.permutations(pages)):
            one.put(lines, Span("archive a", times=(lines[0].observed_at,)))
        assert one.rows == expected


def test_only_rows_of_the_run_and_its_time_are_replaced(folder: Any) -> None:
    with shown(folder) as one:
        one.crawl(0, [0, 1])
        one.crawl(1, [2, 4])
        before = one.rows
        one.put([], Span("run-2", time_of(0, 0), time_of(2, 0)))
        one.put([], Span("run-0", since="1", until="0"))
        one.put([], Span("archive a", times=(time_of(0, 0),)))
        assert one.rows == before
        one.put([], Span("run-1", time_of(1, 1), time_of(1, 59)))
        left = {row["observed_at"] for rows in one.rows.values() for row in rows}
        assert left == {time_of(0, 0), time_of(0, 1), time_of(1, 0)}
