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

from sqlalchemy import Column as StoreColumn
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
    matches = None if table.of_articles or not options.has_period else _day_filter(table, options)
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
    order: list[ColumnElement[Any]] = []
    for name in table.order:
        column = table.column(name)
        source: ColumnElement[Any] = table.source.c[column.stored]
        if is_postgresql and column.kind not in (Kind.INTEGER, Kind.DECIMAL):
            source = source.collate("C")
        order.append(source.nulls_first() if column.nullable else source)
    columns = [_as_stored(table.source.c[column.stored], column, is_postgresql) for column in table.columns]
    return _restrict(select(*columns), table, options).order_by(*order)


def _as_stored(source: StoreColumn[Any], column: Column, is_postgresql: bool) -> ColumnElement[Any]:
    """Select lists as JSON text instead of Python lists."""
    if not column.is_list:
        return source
    return cast(source, Text) if is_postgresql else type_coerce(source, Text)


def _restrict(query: Select[Any], table: Table, options: ExportOptions) -> Select[Any]:
    if not table.of_articles or not options.restricts_articles:
        return query
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
    if table is ARTICLES:
        return query.where(*conditions)
    return query.where(table.source.c.article_key.in_(select(articles.key).where(*conditions)))


def _reader(column: Column, *, is_postgresql: bool) -> Callable[[Any], Any] | None:
    """Return the conversion of a stored value, or None if it needs none."""
    if column.kind is Kind.DECIMAL:
        return _decimal
    if column.kind is Kind.DAY:
        return _day
    if is_postgresql and column.is_list:
        return _links if column.kind is Kind.LINKS else _texts
    return None


def _decimal(value: float | None) -> str | None:
    """Return the shortest decimal that reads as the float."""
    return None if value is None else format(Decimal(repr(value)).normalize(), "f")


def _day(value: str | None) -> str | None:
    """Return the day of a stored day or, if the header printed a time, date and time."""
    return None if value is None else value[:10]


def _texts(value: str) -> str:
    return json.dumps(json.loads(value), ensure_ascii=False, separators=(",", ":"))


def _links(value: str) -> str:
    links = [{"text": link["text"], "url": link["url"]} for link in json.loads(value)]
    return json.dumps(links, ensure_ascii=False, separators=(",", ":"))


def _day_filter(table: Table, options: ExportOptions) -> Callable[[Any], bool]:
    """Return a test whether a row is in the period, by its ``page_date``, else by the day in Almaty it was read."""
    names = [column.name for column in table.columns]
    page_date, observed_at = names.index("page_date"), names.index("observed_at")

    def matches(row: Any) -> bool:
        if row[page_date] is not None:
            return options.covers(date.fromisoformat(row[page_date][:10]))
        return options.covers(datetime.fromisoformat(row[observed_at]).astimezone(_ALMATY).date())

    return matches
