"""What is written, as rows for a fixed set of statements, which a commit carries out in their order."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from sqlalchemy import BindParameter, Connection, Executable, Table, bindparam, delete, insert, update
from sqlalchemy.dialects import postgresql, sqlite

from caravan_crawler.keep import schema

Row = dict[str, Any]

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

    def __init__(self, backend: str) -> None:
        self._insert = postgresql.insert if backend == "postgresql" else sqlite.insert
        by_key: BindParameter[str] = bindparam("the_key")
        self._statements: dict[str, Executable] = {
            "article": self._upsert(schema.articles, keep=_ONCE),
            "article_reread": self._upsert(schema.articles),
            "checked": update(schema.articles)
            .where(schema.articles.c.key == by_key)
            .values(checked_at=bindparam("the_time")),
            # An article's history is written whole where it was read again.
            "versions_gone": delete(schema.article_versions).where(schema.article_versions.c.article_key == by_key),
            "version": self._once(schema.article_versions),
            "views_gone": delete(schema.view_counts).where(schema.view_counts.c.article_key == by_key),
            "views": self._once(schema.view_counts),
            "alias": self._once(schema.aliases),
            **{
                f"{table.name}_gone": delete(table).where(table.c.id == bindparam("the_id"))
                for table in (schema.trending, schema.rates, schema.weather)
            },
            # Nobody asks for the number that the database gives them.
            "trending": insert(schema.trending).inline(),
            "rates": insert(schema.rates).inline(),
            "weather": insert(schema.weather).inline(),
            "other_page": self._upsert(schema.other_pages),
            # An article first named by a short link, and now by its own path.
            "found": self._upsert(schema.frontier, keep={"found_at"}),
            "source": self._upsert(schema.sources),
            "failure": self._upsert(schema.failures, keep={"url", "first_failed_at"}),
            # Behind all that might have been found in the same moment.
            "read": delete(schema.frontier).where(schema.frontier.c.key == by_key),
            "mended": delete(schema.failures).where(schema.failures.c.url == by_key),
            "article_found": delete(schema.failures).where(schema.failures.c.article_key == by_key),
            "no_other_page": delete(schema.other_pages).where(
                schema.other_pages.c.key == by_key, schema.other_pages.c.kind != "alias"
            ),
            "noted": self._upsert(schema.store_info),
        }

    def carry_out(self, writes: Writes, connection: Connection) -> None:
        """Execute what there are rows for; the transaction is the caller's."""
        pending = dict(writes)
        for name, statement in self._statements.items():
            if rows := pending.pop(name, None):
                connection.execute(statement, rows)
        assert not pending, f"no such statement: {set(pending)}"

    def _upsert(self, table: Table, keep: set[str] = frozenset()) -> Executable:  # type: ignore[assignment]
        statement = self._insert(table)
        primary = [column.name for column in table.primary_key]
        changed = {
            column.name: statement.excluded[column.name]
            for column in table.columns
            if column.name not in primary and column.name not in keep
        }
        return statement.on_conflict_do_update(index_elements=primary, set_=changed)

    def _once(self, table: Table) -> Executable:
        return self._insert(table).on_conflict_do_nothing()
