"""Trending topics, rates and weather. A line is stored if it differs from the one before it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import ColumnElement, Table, select

from caravan_crawler.items import ExchangeRate, TrendingEntry, Weather, as_row
from caravan_crawler.store import database
from caravan_crawler.store.schema import rates, trending, weather
from caravan_crawler.store.statements import Writes
from caravan_crawler.store.store import Store

Line = TrendingEntry | ExchangeRate | Weather

TABLES: dict[Any, Table] = {TrendingEntry: trending, ExchangeRate: rates, Weather: weather}
#: The column with the subject of a line.
_ABOUT = {trending: trending.c.rank, rates: rates.c.currency, weather: weather.c.city}


@dataclass(frozen=True)
class Span:
    """Pages of a run to read again: those from ``since`` to ``until``, or those of certain ``times``."""

    run_id: str
    since: str = ""
    until: str = ""
    times: tuple[str, ...] = ()


def row_of(line: Line, run_id: str) -> dict[str, Any]:
    """Return the row of a line."""
    row = as_row(line)
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


def reread(store: Store, lines: Iterable[Line], span: Span) -> Writes:
    """Return the writes that replace the lines of ``span`` by ``lines``, which are in the order of their pages."""
    writes = Writes()
    by_class: dict[type, list[Line]] = {item_class: [] for item_class in TABLES}
    for line in lines:
        by_class[type(line)].append(line)
    for item_class, table in TABLES.items():
        log = _Log(store, item_class, table, span)
        for line in by_class[item_class]:
            log.put(line)
        for row_id in log.gone:
            writes.add(f"{table.name}_gone", the_id=row_id)
        for line in log.added:
            writes.add(table.name, **row_of(line, span.run_id) | {"published_in": log.published_in})
    return writes


class _Log:
    """One table while lines of the past are inserted: the ids of deleted rows (``gone``) and the lines ``added``."""

    def __init__(self, store: Store, item_class: Any, table: Table, span: Span) -> None:
        self._store = store
        self._class = item_class
        self._table = table
        time = table.c.observed_at
        is_reread = time.in_(span.times) if span.times else time.between(span.since, span.until)
        rows = store.rows(select(table.c.id, table.c.published_in).where(table.c.run_id == span.run_id, is_reread))
        self.gone = {row_id for row_id, _ in rows}
        self.published_in = max((mark for _, mark in rows if mark), default=None)
        """The run that published the earlier lines of these pages."""
        self.added: list[Line] = []

    def put(self, line: Line) -> None:
        """Add the line unless it equals the one before it; remove the one after it if that is now equal."""
        about, value = meaning(line)
        time = self._table.c.observed_at
        stored, _ = self._stored(line, time <= line.observed_at, time.desc(), self._table.c.id.desc())
        added = [other for other in self.added if meaning(other)[0] == about]
        earlier = [other for other in (stored, *added) if other is not None and other.observed_at <= line.observed_at]
        # If two have the same time, the last added is the latest.
        if earlier and meaning(max(reversed(earlier), key=lambda other: other.observed_at))[1] == value:
            return
        stored, row_id = self._stored(line, time > line.observed_at, time, self._table.c.id)
        later = [other for other in (stored, *added) if other is not None and other.observed_at > line.observed_at]
        after = min(later, key=lambda other: other.observed_at, default=None)
        if after is not None and meaning(after)[1] == value:
            if after is stored:
                self.gone.add(row_id)
            else:
                self.added.remove(after)
        self.added.append(line)

    def _stored(self, line: Line, where: ColumnElement[bool], *order: Any) -> tuple[Line | None, Any]:
        """Return the first row of the same subject, as a line, and its id."""
        about = _ABOUT[self._table]
        query = (
            select(self._table)
            .where(about == getattr(line, about.name), where, self._table.c.id.not_in(self.gone))
            .order_by(*order)
            .limit(1)
        )
        row = next(iter(self._store.rows(query)), None)
        return (line_of(self._class, row._mapping), row.id) if row is not None else (None, None)


def line_of(item_class: Any, row: Any) -> Line:
    """Return the item of a row."""
    line: Line = item_class(**{name: row[name] for name in item_class.__dataclass_fields__})
    return line
