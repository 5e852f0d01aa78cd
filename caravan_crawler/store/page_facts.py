"""Trending topics, rates and weather. A line is stored if it differs from the one before it."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Table, select

from caravan_crawler.items import ExchangeRate, TrendingEntry, Weather
from caravan_crawler.store import database
from caravan_crawler.store.schema import rates, trending, weather
from caravan_crawler.store.store import Store

Line = TrendingEntry | ExchangeRate | Weather

TABLES: dict[Any, Table] = {TrendingEntry: trending, ExchangeRate: rates, Weather: weather}


def row_of(line: Line, run_id: str) -> dict[str, Any]:
    """Return the row of a line."""
    row = asdict(line)
    if isinstance(line, ExchangeRate):
        row["rate"] = None if line.rate is None else float(line.rate)
    return row | {"run_id": run_id, "published_in": None}


def meaning(line: Line) -> tuple[Any, Any]:
    """Return the subject of a line and its value with its day; the same on every copy of the site."""
    about, value = line.change_key()
    if isinstance(line, TrendingEntry):
        value = line.topic, line.headline, urlsplit(line.url).path
    return about, (value, line.page_date)


def last_lines(store: Store) -> dict[Any, Any]:
    """Return the last stored value by subject, without times in the future."""
    return dict(map(meaning, newest_lines(store, database.latest())))


def newest_lines(store: Store, until: str = "9") -> Iterator[Line]:
    """Yield the lines stored last, up to a time, oldest first; the last one of each subject is among them."""
    for item_class, table in TABLES.items():
        newest = select(table).where(table.c.observed_at <= until)
        rows = store.rows(newest.order_by(table.c.observed_at.desc(), table.c.id.desc()).limit(50))
        yield from (line_of(item_class, row._mapping) for row in reversed(rows))


def line_of(item_class: Any, row: Any) -> Line:
    """Return the item of a row."""
    line: Line = item_class(**{name: row[name] for name in item_class.__dataclass_fields__})
    return line
