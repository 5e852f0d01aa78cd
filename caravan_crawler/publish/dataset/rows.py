"""The rows of a table as the store has them, in their one order, a few hundred in memory at a time.

A batch is a list of columns, each with its values as plain as the formats need them: numbers and texts as they
are, a decimal as its exact text, a list as its JSON without spaces. SQLite keeps lists in that very form, so that
nothing has to be read and written anew; PostgreSQL has its own, and is brought to it.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Column as StoreColumn
from sqlalchemy import ColumnElement, Select, Text, cast, func, select, type_coerce

from caravan_crawler.keep.snapshot import Snapshot
from caravan_crawler.publish.dataset.choice import Choice
from caravan_crawler.publish.dataset.tables import ARTICLES, Column, Kind, Table

Batch = list[Sequence[Any]]

_ALMATY = ZoneInfo("Asia/Almaty")


def batches(snapshot: Snapshot, table: Table, choice: Choice) -> Iterator[Batch]:
    """Yield the rows that were chosen, in their order."""
    is_postgresql = snapshot.connection.dialect.name == "postgresql"
    readers = [_reader(column, is_postgresql=is_postgresql) for column in table.columns]
    keep = None if table.of_articles or not choice.has_period else _day_filter(table, choice)
    for rows in snapshot.batches(statement(table, choice, is_postgresql=is_postgresql)):
        chosen = [row for row in rows if keep(row)] if keep else rows
        if chosen:
            columns = zip(*chosen, strict=True)
            yield [
                [read(value) for value in values] if read else values
                for read, values in zip(readers, columns, strict=True)
            ]


def count(snapshot: Snapshot, table: Table, choice: Choice) -> int:
    """Return how many rows of the table are read for the choice."""
    query = select(func.count()).select_from(table.source)
    (row,) = snapshot.rows(_restrict(query, table, choice))
    return int(row[0])


def statement(table: Table, choice: Choice, *, is_postgresql: bool) -> Select[Any]:
    """Return the query for the rows.

    An order by the key is the primary key's own. Texts are compared byte by byte in both stores, where a
    PostgreSQL database may have another collation; and nothing comes before something.
    """
    order: list[ColumnElement[Any]] = []
    for name in table.order:
        column = table.column(name)
        source: ColumnElement[Any] = table.source.c[column.stored]
        if is_postgresql and column.kind not in (Kind.INTEGER, Kind.DECIMAL):
            source = source.collate("C")
        order.append(source.nulls_first() if column.nullable else source)
    columns = [_as_stored(table.source.c[column.stored], column, is_postgresql) for column in table.columns]
    return _restrict(select(*columns), table, choice).order_by(*order)


def _as_stored(source: StoreColumn[Any], column: Column, is_postgresql: bool) -> ColumnElement[Any]:
    """Ask for lists as the text the database has, instead of as Python's lists."""
    if not column.is_list:
        return source
    return cast(source, Text) if is_postgresql else type_coerce(source, Text)


def _restrict(query: Select[Any], table: Table, choice: Choice) -> Select[Any]:
    if not table.of_articles or not choice.restricts_articles:
        return query
    articles = ARTICLES.source.c
    conditions: list[ColumnElement[bool]] = []
    if choice.since:
        conditions.append(articles.date_published >= choice.since.isoformat())
    if choice.until:  # of a moment, its day is what counts
        conditions.append(func.substr(articles.date_published, 1, 10) <= choice.until.isoformat())
    if choice.sections:
        conditions.append(articles.section.in_(choice.sections))
    if choice.languages:
        conditions.append(articles.language.in_(choice.languages))
    if table is ARTICLES:
        return query.where(*conditions)
    return query.where(table.source.c.article_key.in_(select(articles.key).where(*conditions)))


def _reader(column: Column, *, is_postgresql: bool) -> Callable[[Any], Any] | None:
    """Return what makes a stored value plain, None where it is already."""
    if column.kind is Kind.DECIMAL:
        return _decimal
    if column.kind is Kind.DAY:
        return _day
    if is_postgresql and column.is_list:
        return _links if column.kind is Kind.LINKS else _texts
    return None


def _decimal(value: float | None) -> str | None:
    """Return the decimal that a float stands for: the shortest one that reads as it."""
    return None if value is None else format(Decimal(repr(value)).normalize(), "f")


def _day(value: str | None) -> str | None:
    """Return the day alone: should a header ever print a time too, the store has a moment."""
    return None if value is None else value[:10]


def _texts(value: str) -> str:
    return json.dumps(json.loads(value), ensure_ascii=False, separators=(",", ":"))


def _links(value: str) -> str:
    links = [{"text": link["text"], "url": link["url"]} for link in json.loads(value)]
    return json.dumps(links, ensure_ascii=False, separators=(",", ":"))


def _day_filter(table: Table, choice: Choice) -> Callable[[Any], bool]:
    """Return whether a row of what pages show is in the period: by the page's own date, else the day in Almaty."""
    names = [column.name for column in table.columns]
    page_date, observed_at = names.index("page_date"), names.index("observed_at")

    def keep(row: Any) -> bool:
        if row[page_date] is not None:
            return choice.covers(date.fromisoformat(row[page_date][:10]))
        return choice.covers(datetime.fromisoformat(row[observed_at]).astimezone(_ALMATY).date())

    return keep
