"""What is written, as rows for a fixed set of statements, which a commit carries out in their order."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Column, ColumnElement, Dialect, Table, Text, and_, case, delete, or_, update

from caravan_crawler.keep import schema
from caravan_crawler.keep.rows import AllAtOnce, OneByOne, Row, Write

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
