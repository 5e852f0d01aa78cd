"""How the rows of a commit come to a statement: SQLite takes them one by one, PostgreSQL all at once.

For SQLite a statement is a call. To PostgreSQL each is a message that its server answers, so all rows of a statement
go there as one value, a JSON array of which the server makes a table.
"""

from collections.abc import Collection, Sequence
from json import JSONEncoder
from typing import Any, Protocol

from sqlalchemy import (
    JSON,
    ClauseElement,
    ColumnElement,
    Dialect,
    Insert,
    Table,
    Text,
    bindparam,
    cast,
    column,
    func,
    select,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.types import TypeEngine

from caravan_crawler.keep.prepared import Prepared

Row = dict[str, Any]

#: Compact, and readable for who asks the store by hand.
as_json = JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class Write(Protocol):
    """A statement that writes."""

    def execute(self, cursor: Any, rows: list[Row]) -> None:
        """Execute it for each of the rows, in their order."""


class OneByOne:
    """SQLite's way."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect

    def values(self, **types: TypeEngine[Any]) -> dict[str, ColumnElement[Any]]:
        """Return what stands in a statement for the values of a row."""
        return {name: bindparam(name, type_=kind) for name, kind in types.items()}

    def insert(self, table: Table) -> Any:
        """Return the INSERT of a row."""
        return sqlite.insert(table)

    def write(self, statement: ClauseElement, unique: Sequence[str] = (), keep: Collection[str] = ()) -> Write:
        """Return the statement, ready."""
        columns = _filled(statement.table) if isinstance(statement, Insert) else None
        return _EachRow(Prepared(statement, self._dialect, columns))


class AllAtOnce:
    """PostgreSQL's way."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect

    def values(self, **types: TypeEngine[Any]) -> dict[str, ColumnElement[Any]]:
        """Return what stands in a statement for the values of a row."""
        array = cast(bindparam("rows", type_=Text()), JSON)
        columns = [column(name, kind) for name, kind in types.items()]
        return dict(func.json_to_recordset(array).table_valued(*columns).render_derived("given", with_types=True).c)

    def insert(self, table: Table) -> Any:
        """Return the INSERT of all rows."""
        from sqlalchemy.dialects import postgresql  # loaded only where it is used

        given = self.values(**{name: table.c[name].type for name in _filled(table)})
        return postgresql.insert(table).from_select(list(given), select(*given.values()))

    def write(self, statement: ClauseElement, unique: Sequence[str] = (), keep: Collection[str] = ()) -> Write:
        """Return the statement, ready.

        A row that is there is not changed twice by one statement, so of rows that agree in the columns ``unique``
        the last counts, with the first one's values in the columns ``keep``.
        """
        return _AllRows(Prepared(statement, self._dialect), unique, keep)


class _EachRow:
    def __init__(self, statement: Prepared) -> None:
        self._statement = statement

    def execute(self, cursor: Any, rows: list[Row]) -> None:
        cursor.executemany(self._statement.sql, [self._statement.values(row) for row in rows])


class _AllRows:
    def __init__(self, statement: Prepared, unique: Sequence[str], keep: Collection[str]) -> None:
        self._statement = statement
        self._unique = unique
        self._keep = keep

    def execute(self, cursor: Any, rows: list[Row]) -> None:
        given = self._merged(rows) if self._unique and len(rows) > 1 else rows
        cursor.execute(self._statement.sql, self._statement.values({"rows": as_json(given)}), prepare=True)

    def _merged(self, rows: list[Row]) -> list[Row]:
        merged: dict[tuple[Any, ...], Row] = {}
        for row in rows:
            key = tuple(row[name] for name in self._unique)
            if key in merged:
                row = row | {name: merged[key][name] for name in self._keep}
            merged[key] = row
        return list(merged.values())


def _filled(table: Any) -> list[str]:
    """Return the columns that rows fill: all but the numbers that the database gives, and the workers' claims."""
    columns = [column for column in table.columns if column.autoincrement is not True]
    return [column.name for column in columns if not column.info.get("by_workers")]
