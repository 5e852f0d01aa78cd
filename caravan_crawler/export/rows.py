"""Read the rows of a table from the store in a stable order, in batches of a few hundred.

A batch is a list of columns. Numbers and texts are as stored, a decimal is its exact text, a list is its JSON without
spaces. SQLite stores lists in that form; those of PostgreSQL are converted.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, Text, cast, func, select, type_coerce

from caravan_crawler.export.options import ExportOptions
from caravan_crawler.export.tables import ARTICLES, Column, Kind, Table
from caravan_crawler.store.snapshot import Snapshot

Values = Sequence[Any]
Batch = list[Values]

_ALMATY = ZoneInfo("Asia/Almaty")


def batches(snapshot: Snapshot, table: Table, options: ExportOptions) -> Iterator[Batch]:
    """Yield the rows selected by the options."""
    is_postgresql = snapshot.connection.dialect.name == "postgresql"
    readers = [_reader(column, is_postgresql=is_postgresql) for column in table.columns]
    has_period = options.since is not None or options.until is not None
    matches = _day_filter(table, options) if has_period and not table.of_articles else None
    for rows in snapshot.batches(statement(table, options, is_postgresql=is_postgresql)):
        selected = [row for row in rows if matches(row)] if matches else rows
        if selected:
            columns = zip(*selected, strict=True)
            yield [
                [read(value) for value in values] if read else values
                for read, values in zip(readers, columns, strict=True)
            ]


def count(snapshot: Snapshot, table: Table, options: ExportOptions) -> int:
    """Return the number of rows read from the store, before the filter by day of trending, rates and weather."""
    query = select(func.count()).select_from(table.source)
    (row,) = snapshot.rows(_restrict(query, table, options))
    return int(row[0])


def statement(table: Table, options: ExportOptions, *, is_postgresql: bool) -> Select[Any]:
    """Return the query for the rows.

    Texts are compared byte by byte in both stores, whatever the collation of a PostgreSQL database; nulls come first.
    """
    columns, order = [], {}
    for column in table.columns:
        source: ColumnElement[Any] = table.source.c[column.stored]
        if column.name in table.order:
            is_text = column.kind not in (Kind.INTEGER, Kind.DECIMAL)
            key = source.collate("C") if is_postgresql and is_text else source
            order[column.name] = key.nulls_first() if column.nullable else key
        if column.is_list:  # as JSON text instead of Python lists
            source = cast(source, Text) if is_postgresql else type_coerce(source, Text)
        columns.append(source)
    return _restrict(select(*columns), table, options).order_by(*(order[name] for name in table.order))


def _restrict(query: Select[Any], table: Table, options: ExportOptions) -> Select[Any]:
    articles = ARTICLES.source.c
    conditions: list[ColumnElement[bool]] = []
    if options.since:
        conditions.append(articles.date_published >= options.since.isoformat())
    if options.until:
        conditions.append(articles.date_published <= options.until.isoformat())
    if options.sections:
        conditions.append(articles.section.in_(options.sections))
    if options.languages:
        conditions.append(articles.language.in_(options.languages))
    if not table.of_articles or not conditions:
        return query
    if table is ARTICLES:
        return query.where(*conditions)
    return query.where(table.source.c.article_key.in_(select(articles.key).where(*conditions)))


def _reader(column: Column, *, is_postgresql: bool) -> Callable[[Any], Any] | None:
    """Return the conversion of a stored value, or None if it needs none."""
    if column.kind is Kind.DECIMAL:
        return _decimal
    if column.kind is Kind.DAY:
        return _day
    return _list if is_postgresql and column.is_list else None


def _decimal(value: float | None) -> str | None:
    """Return the shortest decimal that reads as the float."""
    return None if value is None else format(Decimal(repr(value)).normalize(), "f")


def _day(value: str | None) -> str | None:
    """Return the day of a stored day or, if the header printed a time, date and time."""
    return None if value is None else value[:10]


def _list(value: str) -> str:
    values = json.loads(value)
    if values and isinstance(values[0], dict):  # PostgreSQL does not keep the order of an object's keys
        values = [{"text": link["text"], "url": link["url"]} for link in values]
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"))


def _day_filter(table: Table, options: ExportOptions) -> Callable[[Any], bool]:
    """Return a test whether a row is in the period, by its ``page_date``, else by the day in Almaty it was read."""
    names = [column.name for column in table.columns]
    page_date, observed_at = names.index("page_date"), names.index("observed_at")

    def matches(row: Any) -> bool:
        if row[page_date] is not None:
            return options.covers(date.fromisoformat(row[page_date][:10]))
        return options.covers(datetime.fromisoformat(row[observed_at]).astimezone(_ALMATY).date())

    return matches
