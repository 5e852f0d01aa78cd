"""The store's statements: the upserts and deletes of a commit, and the look-up of articles by key."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from caravan_crawler.store.database import now
from caravan_crawler.store.schema import (
    aliases,
    article_versions,
    articles,
    failures,
    frontier,
    other_pages,
    rates,
    sources,
    store_info,
    trending,
    view_counts,
    weather,
)

#: Columns that only the first INSERT of an article sets.
_ONCE = {"key", "first_seen_at"}


class Writes:
    """Rows to write, by the name of their statement; all rows of one statement have the same keys."""

    def __init__(self) -> None:
        self._rows: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)

    def add(self, statement: str, **row: Any) -> "Writes":
        """Add one row; return the same object."""
        self._rows[statement].append(row)
        return self

    def execute(self, connection: sa.Connection, statements: dict[str, sa.Executable]) -> None:
        """Write all rows, one ``executemany`` per statement, in the order of ``statements``."""
        assert self._rows.keys() <= statements.keys(), f"no such statement: {self._rows.keys() - statements.keys()}"
        for name, statement in statements.items():
            if rows := self._rows.get(name):
                connection.execute(statement, rows)


def write_statements(dialect: sa.Dialect) -> dict[str, sa.Executable]:
    """Return the statements that write, by name, in the order in which a commit executes them."""
    insert: Any = postgresql.insert if dialect.name == "postgresql" else sqlite.insert  # with ON CONFLICT
    page_facts = (trending, rates, weather)
    return {
        "article": _upsert(insert(articles), keep=_ONCE),
        # An unchanged article stays published.
        "article_unchanged": _upsert(insert(articles), keep=_ONCE | {"published_in"}),
        "article_reread": _upsert(insert(articles)),
        "checked": sa.update(articles)
        .where(articles.c.key == sa.bindparam("the_key"))
        .values(checked_at=sa.bindparam("the_time")),
        # Reparse replaces the whole history of an article.
        "versions_gone": _delete(article_versions.c.article_key),
        "version": insert(article_versions).on_conflict_do_nothing(),
        "views_gone": _delete(view_counts.c.article_key),
        "views": insert(view_counts).on_conflict_do_nothing(),
        "alias": insert(aliases).on_conflict_do_nothing(),
        # A URL that has become canonical; it may have shown another article before.
        "alias_gone": _delete(aliases.c.url),
        **{f"{table.name}_gone": _delete(table.c.id, "the_id") for table in page_facts},
        **{table.name: insert(table) for table in page_facts},
        "other_page": _upsert(insert(other_pages), times=other_pages.c.times + 1),
        "found": _found(insert(frontier)),
        # Another worker may have walked the listing.
        "new_list": insert(sources).on_conflict_do_nothing(),
        "source": _upsert(insert(sources)),
        "failure": _upsert(insert(failures), keep={"first_failed_at"}),
        # After "found", because another page of the same commit may link to the article.
        "read": _delete(frontier.c.key),
        "left": _delete(frontier.c.key).where(frontier.c.scope == sa.bindparam("the_scope")),
        "failure_cleared": _delete(failures.c.url),
        "article_found": _delete(failures.c.article_key),
        "no_other_page": _delete(other_pages.c.key).where(other_pages.c.kind != "alias"),
        "noted": _upsert(insert(store_info)),
    }


def known_pages(dialect: sa.Dialect) -> sa.Executable:
    """Return the query for what is known of ``keys``: key, kind, section, date of publication and URL.

    The keys are one parameter, so that Core compiles one statement for any number of them. Two more parameters are
    timestamps: a failure counts if its retry is due after ``now``, a page without an article if seen after ``lately``.
    """
    other, failed, stored = other_pages.c, failures.c, articles.c
    is_lasting = sa.or_(other.kind == "outside", other.kind == "alias", other.seen_at > sa.bindparam("lately"))
    is_failing = failed.retry_at > sa.bindparam("now")
    pages = sa.select(other.key, other.kind, other.section, other.date_published, other.url)
    failing = sa.select(failed.article_key, sa.literal("failed"), sa.null(), sa.null(), failed.url)
    known = sa.select(stored.key, sa.literal("stored"), stored.section, stored.date_published, stored.url)
    return sa.union_all(
        pages.where(_is_in_keys(other.key, dialect), is_lasting),
        failing.where(_is_in_keys(failed.article_key, dialect), is_failing),
        known.where(_is_in_keys(stored.key, dialect)),
    )


def _is_in_keys(column: sa.Column[Any], dialect: sa.Dialect) -> sa.ColumnElement[bool]:
    if dialect.name == "postgresql":
        return column == sa.any_(sa.bindparam("keys", type_=sa.ARRAY(sa.Text)))
    each = sa.func.json_each(sa.bindparam("keys", type_=sa.JSON)).table_valued("value")
    return column.in_(sa.select(each.c.value))


def _upsert(insert: Any, keep: Collection[str] = (), **changes: Any) -> Any:
    """Update the row of the same primary key instead, except for its columns ``keep``; ``changes`` are own values."""
    primary = insert.table.primary_key.columns.keys()
    replaced = {name: column for name, column in insert.excluded.items() if name not in primary and name not in keep}
    return insert.on_conflict_do_update(index_elements=primary, set_=replaced | changes)


def _found(insert: Any) -> Any:
    """Update the row of the same key instead, unless the new URL is a short link or more speculative."""
    found, there = insert.excluded, frontier.c
    is_short_link = sa.or_(found.url.contains("?p="), found.url.contains("&p="))
    is_better = sa.and_(found.is_speculative <= there.is_speculative, ~is_short_link)
    better = {name: sa.case((is_better, found[name]), else_=there[name]) for name in ("url", "is_speculative")}
    return insert.on_conflict_do_update(index_elements=["scope", "key"], set_=better)


def _delete(column: sa.Column[Any], value: str = "the_key") -> sa.Delete:
    """Delete the rows with a value in ``column``."""
    return sa.delete(column.table).where(column == sa.bindparam(value))


def merging(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[sa.Executable]:
    """Return what merges two rows of one article: key and number of ``old``, the latest state, both histories."""
    key, gone = old["key"], new["key"]
    kept = {
        "key": key,
        "article_id": old["article_id"] or new["article_id"],
        "first_seen_at": min(old["first_seen_at"], new["first_seen_at"]),
        "version": old["version"] + new["version"],
    }
    alias = {"url": old["url"], "article_key": key, "first_seen_at": old["first_seen_at"]}
    counted = sa.select(view_counts.c.observed_at).where(view_counts.c.article_key == key)
    return [
        sa.delete(articles).where(articles.c.key.in_([key, gone])),
        sa.insert(articles).values({**new, **kept}),
        sa.update(article_versions)
        .where(article_versions.c.article_key == gone)
        .values(article_key=key, version=article_versions.c.version + old["version"]),
        sa.delete(view_counts).where(view_counts.c.article_key == gone, view_counts.c.observed_at.in_(counted)),
        sa.update(view_counts).where(view_counts.c.article_key == gone).values(article_key=key),
        sa.update(aliases).where(aliases.c.article_key == gone).values(article_key=key),
        sa.update(failures).where(failures.c.article_key == gone).values(article_key=key),
        sa.delete(aliases).where(aliases.c.url == old["url"]),
        sa.insert(aliases).values(alias),
        sa.delete(other_pages).where(other_pages.c.key == gone),
        sa.insert(other_pages).values(key=gone, url=new["url"], kind="alias", seen_at=now()),
    ]
