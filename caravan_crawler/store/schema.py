"""The store's tables: their columns, their creation, and migrations from earlier schema versions."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields
from datetime import datetime
from itertools import chain
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.schema import SchemaItem
from sqlalchemy.types import TypeEngine

from caravan_crawler.items import Article, ExchangeRate, TrendingEntry, Weather
from caravan_crawler.store.database import StoreRefusedError, now

metadata = sa.MetaData()

_JSON = sa.JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
#: Rates in tenge have two to four decimals. SQLite has no exact decimals; a float is exact for six digits.
_RATE = sa.Float().with_variant(sa.Numeric(12, 4, asdecimal=False), "postgresql")
_SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
#: Column type by a part of the field's type, in this order: a list of strings is a list.
_TYPES: dict[str, TypeEngine[Any]] = {"list": _JSON, "int": sa.Integer(), "Decimal": _RATE, "str": sa.Text()}


def _published_in(table: str, key: str) -> list[SchemaItem]:
    """Return the column with the run that published a row, and an index of the rows that are in no feed."""
    is_in_none = sa.text("published_in IS NULL")
    return [
        sa.Column("published_in", sa.Text, comment="run that published it in its feeds"),
        sa.Index(f"{table}_unpublished", key, sqlite_where=is_in_none, postgresql_where=is_in_none),
    ]


def _columns(item_class: type) -> list[sa.Column[Any]]:
    """Return the columns of an item's fields; optional fields are nullable."""
    return [
        sa.Column(
            field.name,
            next(kind for word, kind in _TYPES.items() if word in str(field.type)),
            nullable="None" in str(field.type),
        )
        for field in fields(item_class)
    ]


articles = sa.Table(
    "articles",
    metadata,
    sa.Column("key", sa.Text, primary_key=True, comment="article_id, or the path of a URL without one"),
    *_columns(Article),
    sa.Column("version", sa.Integer, nullable=False, comment="number of the latest version, from 1"),
    sa.Column("first_seen_at", sa.Text, nullable=False),
    sa.Column("changed_at", sa.Text, nullable=False, comment="last change other than of views"),
    sa.Column("checked_at", sa.Text, nullable=False, comment="last time it was read or confirmed by HTTP 304"),
    sa.Column("etag", sa.Text),
    sa.Column("last_modified", sa.Text),
    sa.Column("found_by", _JSON, nullable=False, comment="field to reader"),
    sa.Column("run_id", sa.Text, nullable=False, comment="run that last changed it"),
    *_published_in("articles", "key"),
    sa.Index("articles_by_day", "date_published"),
    sa.Index("articles_by_run", "run_id"),
)

article_versions = sa.Table(
    "article_versions",
    metadata,
    sa.Column("article_key", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("observed_at", sa.Text, nullable=False),
    sa.Column("headline", sa.Text),
    sa.Column("lede", sa.Text),
    sa.Column("body", sa.Text),
    sa.Column("run_id", sa.Text, nullable=False),
    sa.PrimaryKeyConstraint("article_key", "version"),
)

view_counts = sa.Table(
    "view_counts",
    metadata,
    sa.Column("article_key", sa.Text, nullable=False),
    sa.Column("observed_at", sa.Text, nullable=False),
    sa.Column("views", sa.Integer, nullable=False),
    sa.Column("run_id", sa.Text, nullable=False),
    sa.PrimaryKeyConstraint("article_key", "observed_at"),
)


def _page_facts(name: str, item_class: type) -> sa.Table:
    """Return the table of a page fact, which has no natural key."""
    return sa.Table(
        name,
        metadata,
        sa.Column("id", _SERIAL, primary_key=True, autoincrement=True),
        *_columns(item_class),
        sa.Column("run_id", sa.Text, nullable=False),
        *_published_in(name, "id"),
        sa.Index(f"{name}_by_run", "run_id"),
        sa.Index(f"{name}_by_time", "observed_at"),
    )


trending = _page_facts("trending", TrendingEntry)
rates = _page_facts("rates", ExchangeRate)
weather = _page_facts("weather", Weather)

aliases = sa.Table(
    "aliases",
    metadata,
    sa.Column("url", sa.Text, primary_key=True, comment="URL of the article other than the canonical one"),
    sa.Column("article_key", sa.Text, nullable=False, index=True),
    sa.Column("first_seen_at", sa.Text, nullable=False),
)

failures = sa.Table(
    "failures",
    metadata,
    sa.Column("url", sa.Text, primary_key=True),
    sa.Column("article_key", sa.Text, index=True, comment="NULL if the URL is not an article's"),
    sa.Column("scope", sa.Text, nullable=False, comment="period and sections of the run"),
    sa.Column("reason", sa.Text, nullable=False, comment="http_404, kind_challenge, TimeoutError …"),
    sa.Column("words", sa.Text, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False, comment="number of runs in which it failed"),
    sa.Column("first_failed_at", sa.Text, nullable=False),
    sa.Column("last_failed_at", sa.Text, nullable=False),
    sa.Column("retry_at", sa.Text, nullable=False, index=True, comment="runs retry it from this time on"),
    sa.Column("run_id", sa.Text, nullable=False),
)

runs = sa.Table(
    "runs",
    metadata,
    sa.Column("run_id", sa.Text, primary_key=True),
    sa.Column(
        "number",
        sa.Integer,
        nullable=False,
        server_default="0",
        comment="position among all starts and ends of runs, independent of clocks",
    ),
    sa.Column("ended_number", sa.Integer, comment="the same for its end"),
    sa.Column("scope", sa.Text, nullable=False),
    sa.Column("arguments", _JSON, nullable=False),
    sa.Column("version", sa.Text, nullable=False, comment="of the crawler"),
    sa.Column("started_at", sa.Text, nullable=False),
    sa.Column("ended_at", sa.Text, comment="NULL while it runs, or if it was killed"),
    sa.Column("exit_code", sa.Integer),
    sa.Column("outcome", sa.Text),
    sa.Column("reason", sa.Text),
    sa.Column("new_articles", sa.Integer, nullable=False, default=0),
    sa.Column("report", _JSON, comment="content of run.json"),
    sa.Column("commits", sa.Integer, comment="number of a worker's last commit"),
)

field_counts = sa.Table(
    "field_counts",
    metadata,
    sa.Column("run_id", sa.Text, nullable=False),
    sa.Column("section", sa.Text, nullable=False),
    sa.Column("year", sa.Text, nullable=False, comment="year of publication; empty if unknown"),
    sa.Column("field", sa.Text, nullable=False),
    sa.Column("reader", sa.Text, nullable=False, comment="reader that found it; empty: articles without the field"),
    sa.Column("articles", sa.Integer, nullable=False),
    sa.PrimaryKeyConstraint("run_id", "section", "year", "field", "reader"),
)

# State from which the next run resumes.

frontier = sa.Table(
    "frontier",
    metadata,
    sa.Column("scope", sa.Text, nullable=False),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("found_at", sa.Text, nullable=False),
    sa.Column("is_speculative", sa.Integer, nullable=False, server_default="0", comment="1: deferred, over the budget"),
    sa.Column("reach", _JSON, comment="meta of its request: pages without article before it, or its listing"),
    # Set by the workers of a shared crawl only.
    sa.Column("claimed_by", sa.Text, comment="run that reads it"),
    sa.Column("claimed_until", sa.Float, comment="end of the lease, in seconds by the server's clock"),
    sa.Column("claims", sa.Integer, nullable=False, server_default="0", comment="number of claims; -1: given up"),
    sa.PrimaryKeyConstraint("scope", "key"),
    sa.Index("frontier_by_key", "key"),
    sa.Index("frontier_by_time", "scope", "found_at"),
    comment="articles found and not yet read",
)

pace = sa.Table(
    "pace",
    metadata,
    sa.Column("host", sa.Text, primary_key=True),
    sa.Column("next_at", sa.Float, nullable=False, comment="time of the next request"),
    sa.Column("blocked_until", sa.Float, nullable=False, comment="no request before this time"),
    comment="pace of all workers, in seconds by the server's clock",
)

other_pages = sa.Table(
    "other_pages",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False, comment="page kind, 'alias', or 'outside' the period asked for"),
    sa.Column("section", sa.Text),
    sa.Column("date_published", sa.Text),
    sa.Column("seen_at", sa.Text, nullable=False),
    sa.Column("scope", sa.Text, nullable=False, server_default="", comment="period and sections of the run"),
    sa.Column("times", sa.Integer, nullable=False, server_default="1", comment="number of times it was read"),
    comment="URLs that look like an article's and gave no item",
)

sources = sa.Table(
    "sources",
    metadata,
    sa.Column("scope", sa.Text, nullable=False),
    sa.Column("path", sa.Text, nullable=False),
    sa.Column("read_at", sa.Text, nullable=False),
    sa.Column("stamp", sa.Text, comment="lastmod of a sitemap when it was read"),
    sa.Column("state", _JSON, comment="progress of a listing walk"),
    sa.PrimaryKeyConstraint("scope", "path"),
    comment="home page, feeds, listings and sitemaps, with the links to new articles",
)

store_info = sa.Table(
    "store_info",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)


_ALMATY = ZoneInfo("Asia/Almaty")

#: Statements, and functions where they do not suffice.
Migration = Sequence[str | Callable[[sa.Connection], None]]


def _mark_what_is_published(connection: sa.Connection) -> None:
    """Number the runs in their order, and name in each row the run that published it.

    Mark the rows that earlier versions published or would not publish any more: all but those of runs without exit
    code 0 that began after the last run of their scope with exit code 0.
    """
    ordered = connection.execute(sa.text("SELECT run_id FROM runs ORDER BY started_at, run_id")).scalars().all()
    for place, run_id in enumerate(ordered):
        numbers = {"number": 2 * place + 1, "ended": 2 * place + 2, "run_id": run_id}
        connection.execute(sa.text("UPDATE runs SET number = :number WHERE run_id = :run_id"), numbers)
        ended = "UPDATE runs SET ended_number = :ended WHERE run_id = :run_id AND ended_at IS NOT NULL"
        connection.execute(sa.text(ended), numbers)
    waiting = (
        "SELECT run_id FROM runs AS one WHERE (exit_code IS NULL OR exit_code <> 0) AND number > "
        "coalesce((SELECT max(number) FROM runs AS sound WHERE sound.scope = one.scope AND sound.exit_code = 0), 0)"
    )
    for table, key in (("articles", "key"), ("trending", "id"), ("rates", "id"), ("weather", "id")):
        connection.execute(sa.text(f"ALTER TABLE {table} ADD COLUMN published_in TEXT"))
        connection.execute(sa.text(f"UPDATE {table} SET published_in = run_id WHERE run_id NOT IN ({waiting})"))  # noqa: S608
        connection.execute(sa.text(f"CREATE INDEX {table}_unpublished ON {table} ({key}) WHERE published_in IS NULL"))


def _add_reach(connection: sa.Connection) -> None:
    json = "JSONB" if connection.dialect.name == "postgresql" else "JSON"
    connection.execute(sa.text(f"ALTER TABLE frontier ADD COLUMN reach {json}"))


def _split_day_and_moment(connection: sa.Connection) -> None:
    """Make ``date_published`` the day in Almaty, and ``published_at`` the moment if there was one.

    The values are those that a crawl reads now, so that an unchanged page does not count as changed.
    """
    for table, changes in (
        ("articles", "date_published = :day, published_at = :moment"),
        ("other_pages", "date_published = :day"),
    ):
        query = sa.text(
            f"SELECT key, date_published FROM {table} WHERE key > :last AND length(date_published) > 10"  # noqa: S608
            " ORDER BY key LIMIT 1000"
        )
        update = sa.text(f"UPDATE {table} SET {changes} WHERE key = :key")  # noqa: S608
        last = ""
        while rows := connection.execute(query, {"last": last}).all():
            moments = {key: datetime.fromisoformat(value).astimezone(_ALMATY) for key, value in rows}
            values = [
                {"key": key, "day": moment.date().isoformat(), "moment": moment.isoformat(timespec="seconds")}
                for key, moment in moments.items()
            ]
            connection.execute(update, values)
            last = rows[-1][0]


#: The first upgrades version 1 to 2, and so on. A migration never changes; it contains SQL, because the tables of
#: ``schema.py`` change with later versions.
MIGRATIONS: tuple[Migration, ...] = (
    # Exports read page facts in order of time, and reparse inserts past ones.
    [f"CREATE INDEX {table}_by_time ON {table} (observed_at)" for table in ("trending", "rates", "weather")],
    # The budget of speculative URLs applies to those that earlier runs deferred.
    ["ALTER TABLE frontier ADD COLUMN is_speculative INTEGER DEFAULT 0 NOT NULL"],
    [
        "ALTER TABLE runs ADD COLUMN number INTEGER DEFAULT 0 NOT NULL",
        "ALTER TABLE runs ADD COLUMN ended_number INTEGER",
        _mark_what_is_published,
    ],
    # Workers claim rows of the frontier and share one pace.
    [
        "ALTER TABLE runs ADD COLUMN commits INTEGER",
        "ALTER TABLE frontier ADD COLUMN claimed_by TEXT",
        "ALTER TABLE frontier ADD COLUMN claimed_until FLOAT",
        "ALTER TABLE frontier ADD COLUMN claims INTEGER DEFAULT 0 NOT NULL",
        _add_reach,
        "CREATE INDEX frontier_by_time ON frontier (scope, found_at)",
        "CREATE TABLE pace (host TEXT NOT NULL, next_at FLOAT NOT NULL, blocked_until FLOAT NOT NULL,"
        " PRIMARY KEY (host))",
    ],
    ["ALTER TABLE articles ADD COLUMN published_at TEXT", _split_day_and_moment],
    # A page without an article is requested again twice, by runs of its scope.
    [
        "ALTER TABLE other_pages ADD COLUMN scope TEXT DEFAULT '' NOT NULL",
        "ALTER TABLE other_pages ADD COLUMN times INTEGER DEFAULT 1 NOT NULL",
    ],
)

_VERSION = "schema_version"


def upgrade(connection: sa.Connection, migrations: Sequence[Migration] = MIGRATIONS) -> int:
    """Create or upgrade the tables; return the version found, 0 if there were none.

    Raise :class:`StoreRefusedError` if a newer crawler made the store, or if the database contains other tables.
    """
    newest = len(migrations) + 1
    found = schema_version(connection)
    if found > newest:
        raise StoreRefusedError(
            f"the store has schema version {found}, and this crawler knows versions to {newest}: install a newer one"
        )
    if found == 0:
        if foreign := set(sa.inspect(connection).get_table_names()) & set(metadata.tables):
            raise StoreRefusedError(f"the database is no store of this crawler, but has a table {min(foreign)}")
        metadata.create_all(connection)
        note(connection, "created_at", now())
    for step in chain.from_iterable(migrations[found - 1 :] if found else ()):
        if isinstance(step, str):
            connection.execute(sa.text(step))
        else:
            step(connection)
    if found != newest:
        note(connection, _VERSION, str(newest))
    return found


def schema_version(connection: sa.Connection) -> int:
    """Return the version of the database's tables, 0 if there are none."""
    if not sa.inspect(connection).has_table(store_info.name):
        return 0
    value = read_note(connection.execute, _VERSION)
    if value is None or not value.isdecimal():
        raise StoreRefusedError("the database has a table store_info, but no schema version: it is no store")
    return int(value)


#: A function that queries the store.
Ask = Callable[[sa.Executable], Iterable[Any]]


def read_note(ask: Ask, name: str) -> str | None:
    """Return the value of ``name`` in ``store_info``, or None."""
    rows = list(ask(sa.select(store_info.c.value).where(store_info.c.name == name)))
    return str(rows[0][0]) if rows else None


def note(connection: sa.Connection, name: str, value: str) -> None:
    """Set the value of ``name`` in ``store_info``."""
    connection.execute(sa.delete(store_info).where(store_info.c.name == name))
    connection.execute(sa.insert(store_info).values(name=name, value=value))
