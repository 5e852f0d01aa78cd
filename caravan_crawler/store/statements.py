"""The statements that a crawl writes with, prepared once for both databases, and how a page's rows are committed."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any, Protocol

from sqlalchemy import (
    JSON,
    ClauseElement,
    Column,
    ColumnElement,
    Connection,
    Dialect,
    Insert,
    Table,
    Text,
    and_,
    bindparam,
    case,
    cast,
    column,
    delete,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeEngine

from caravan_crawler.store import schema
from caravan_crawler.store.database import as_json


class Prepared:
    """One statement, whose values come by name; those that are the same each time are part of it."""

    def __init__(self, statement: ClauseElement, dialect: Dialect, columns: list[str] | None = None) -> None:
        """``columns`` are those that an INSERT fills."""
        compiled = statement.compile(dialect=dialect, column_keys=columns)
        assert isinstance(compiled, SQLCompiler)
        binds = compiled.binds
        self.sql = compiled.string
        self._fixed = {name: bind.value for name, bind in binds.items() if not bind.required}
        self._is_positional = compiled.positiontup is not None
        self._values = [
            (name, binds[name].type.dialect_impl(dialect).bind_processor(dialect))
            for name in compiled.positiontup or binds
        ]

    def values(self, row: Mapping[str, Any]) -> list[Any] | dict[str, Any]:
        """Return the values of ``row`` as the driver takes them: each in its place, or by name."""
        if self._fixed:
            row = {**self._fixed, **row}
        values = [row[name] if process is None else process(row[name]) for name, process in self._values]
        if self._is_positional:
            return values
        return {name: value for (name, _), value in zip(self._values, values, strict=True)}


Row = dict[str, Any]


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


Work = Callable[[Any], None]


class Transactions(Protocol):
    """What a store does past SQLAlchemy; the errors are the driver's own."""

    def commit(self, work: Work) -> None:
        """Execute what ``work`` tells a cursor, in one transaction; its answer may come later."""

    def settle(self) -> None:
        """Wait for the answer to the last commit. Nothing else may be asked on the connection before that."""

    def asking(self) -> AbstractContextManager[Any]:
        """Give a cursor to ask with, without a transaction around it."""


def transactions(connection: Connection) -> Transactions:
    """Return those of the connection's database."""
    return _Ahead(connection) if connection.dialect.name == "postgresql" else _AtOnce(connection)


class _AtOnce:
    """SQLite's: a commit is a call."""

    def __init__(self, connection: Connection) -> None:
        self._driver: Any = connection.connection.dbapi_connection

    def commit(self, work: Work) -> None:
        cursor = self._driver.cursor()
        cursor.execute("BEGIN")
        try:
            work(cursor)
        except BaseException:
            self._driver.rollback()
            raise
        self._driver.commit()

    def settle(self) -> None:
        pass

    @contextmanager
    def asking(self) -> Iterator[Any]:
        yield self._driver.cursor()


class _Ahead:
    """PostgreSQL's: a commit is sent in one go, and while the server works on it the crawl goes on.

    What was sent is committed even if the crawl is killed meanwhile. Should it fail, nothing of it is stored, and
    :meth:`settle` says so.
    """

    def __init__(self, connection: Connection) -> None:
        self._driver: Any = connection.connection.dbapi_connection
        self._under_way = ExitStack()

    def commit(self, work: Work) -> None:
        self.settle()
        with ExitStack() as stack:
            # The driver's own transactions wait for the server as they begin and as they end.
            stack.enter_context(self._autocommit())
            stack.callback(self._end_failed)
            stack.enter_context(self._driver.pipeline())
            cursor = stack.enter_context(self._driver.cursor())
            cursor.execute("BEGIN")
            work(cursor)
            cursor.execute("COMMIT")
            self._under_way = stack.pop_all()

    def settle(self) -> None:
        self._under_way.close()

    @contextmanager
    def asking(self) -> Iterator[Any]:
        # A transaction would cost two messages more than the question.
        with self._autocommit(), self._driver.cursor() as cursor:
            yield cursor

    @contextmanager
    def _autocommit(self) -> Iterator[None]:
        self._driver.autocommit = True
        try:
            yield
        finally:
            if not self._driver.closed:
                self._driver.autocommit = False

    def _end_failed(self) -> None:
        """Leave a transaction whose COMMIT was not reached."""
        if not self._driver.closed:
            self._driver.rollback()


#: An article's columns that its first record sets for good.
_ONCE = {"key", "first_seen_at"}


class Writes:
    """Rows by the name of the statement that writes them: all that one page leads to, or several pages."""

    def __init__(self) -> None:
        self._rows: defaultdict[str, list[Row]] = defaultdict(list)

    def add(self, statement: str, **row: Any) -> None:
        """Add one row."""
        self._rows[statement].append(row)

    def add_all(self, other: "Writes") -> None:
        """Take over another's rows, behind one's own."""
        for statement, rows in other._rows.items():
            self._rows[statement].extend(rows)

    def rows(self, statement: str) -> list[Row]:
        """Return the rows of a statement."""
        return self._rows.get(statement, [])

    def __iter__(self) -> Iterator[tuple[str, list[Row]]]:
        return iter(self._rows.items())


class Statements:
    """The statements, in the order in which a commit carries them out."""

    def __init__(self, dialect: Dialect) -> None:
        self._way = AllAtOnce(dialect) if dialect.name == "postgresql" else OneByOne(dialect)
        failures, other_pages = schema.failures.c, schema.other_pages.c
        shown = (schema.trending, schema.rates, schema.weather)
        self._statements: dict[str, Write] = {
            "article": self._upsert(schema.articles, keep=_ONCE),
            # What says nothing new stays published.
            "article_unchanged": self._upsert(schema.articles, keep=_ONCE | {"published_in"}),
            "article_reread": self._upsert(schema.articles),
            "checked": self._checked(),
            # An article's history is written whole where it was read again.
            "versions_gone": self._delete(schema.article_versions.c.article_key),
            "version": self._once(schema.article_versions),
            "views_gone": self._delete(schema.view_counts.c.article_key),
            "views": self._once(schema.view_counts),
            "alias": self._once(schema.aliases),
            **{f"{table.name}_gone": self._delete(table.c.id, "the_id") for table in shown},
            **{table.name: self._once(table) for table in shown},
            "other_page": self._upsert(schema.other_pages),
            "found": self._found(),
            # Another worker may have walked the list already.
            "new_list": self._once(schema.sources),
            "source": self._upsert(schema.sources),
            "failure": self._upsert(schema.failures, keep={"first_failed_at"}),
            # Behind all that might have been found in the same moment.
            "read": self._delete(schema.frontier.c.key),
            "left": self._left(),
            "mended": self._delete(failures.url),
            "article_found": self._delete(failures.article_key),
            "no_other_page": self._delete(other_pages.key, only=other_pages.kind != "alias"),
            "noted": self._upsert(schema.store_info),
        }

    def carry_out(self, writes: Writes, cursor: Any) -> None:
        """Execute what there are rows for; the transaction is the caller's."""
        pending = dict(writes)
        for name, statement in self._statements.items():
            if rows := pending.pop(name, None):
                statement.execute(cursor, rows)
        assert not pending, f"no such statement: {set(pending)}"

    def _upsert(self, table: Table, keep: set[str] = frozenset()) -> Write:  # type: ignore[assignment]
        statement = self._way.insert(table)
        primary = [column.name for column in table.primary_key]
        changed = {
            column.name: statement.excluded[column.name]
            for column in table.columns
            if column.name not in primary and column.name not in keep
        }
        return self._way.write(statement.on_conflict_do_update(index_elements=primary, set_=changed), primary, keep)

    def _found(self) -> Write:
        """Return the statement for an article that may be there, by a short link or put aside; never the reverse."""
        table = schema.frontier
        statement = self._way.insert(table)
        given, there = statement.excluded, table.c
        is_short_link = or_(given.url.contains("?p="), given.url.contains("&p="))
        is_better = and_(given.is_speculative <= there.is_speculative, ~is_short_link)
        changed = {
            "url": case((is_better, given.url), else_=there.url),
            "is_speculative": case((is_better, given.is_speculative), else_=there.is_speculative),
        }
        keys = [column.name for column in table.primary_key]
        return self._way.write(statement.on_conflict_do_update(index_elements=keys, set_=changed), keys, {"found_at"})

    def _once(self, table: Table) -> Write:
        return self._way.write(self._way.insert(table).on_conflict_do_nothing())

    def _delete(self, column: Column[Any], value: str = "the_key", only: ColumnElement[bool] | None = None) -> Write:
        given = self._way.values(**{value: column.type})[value]
        return self._way.write(delete(column.table).where(column == given, *([] if only is None else [only])))

    def _left(self) -> Write:
        given, frontier = self._way.values(the_scope=Text(), the_key=Text()), schema.frontier
        mine = frontier.c.scope == given["the_scope"], frontier.c.key == given["the_key"]
        return self._way.write(delete(frontier).where(*mine))

    def _checked(self) -> Write:
        given = self._way.values(the_key=Text(), the_time=Text())
        articles = schema.articles
        statement = update(articles).where(articles.c.key == given["the_key"])
        return self._way.write(statement.values(checked_at=given["the_time"]))
