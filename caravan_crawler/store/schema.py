"""The store's tables: their columns, and their creation or upgrade."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Connection,
    Float,
    Index,
    Integer,
    MetaData,
    Numeric,
    PrimaryKeyConstraint,
    Table,
    Text,
    delete,
    insert,
    inspect,
    select,
    text,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

from caravan_crawler.items import Article, ExchangeRate, TrendingEntry, Weather
from caravan_crawler.store.database import StoreRefusedError
from caravan_crawler.store.migrations import MIGRATIONS, Migration

metadata = MetaData()

#: Tables whose rows are published in feeds, each with its key. A partial index contains the rows that are in no feed;
#: it is created by plain SQL, because ``postgresql_where`` would import PostgreSQL's dialect in every run.
PUBLISHED = {"articles": "key", "trending": "id", "rates": "id", "weather": "id"}
INDEXES = tuple(
    f"CREATE INDEX {table}_unpublished ON {table} ({key}) WHERE published_in IS NULL"
    for table, key in PUBLISHED.items()
)


class _Json(TypeDecorator[Any]):
    """JSON, and JSONB in PostgreSQL, whose dialect is imported only there: it takes a sixth of a run's start."""

    impl = JSON(none_as_null=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name != "postgresql":
            return self.impl_instance
        from sqlalchemy.dialects.postgresql import JSONB

        return JSONB(none_as_null=True)


_JSON = _Json()
#: Rates in tenge have two to four decimals. SQLite has no exact decimals; a float is exact for six digits.
_RATE = Float().with_variant(Numeric(12, 4, asdecimal=False), "postgresql")
_SERIAL = BigInteger().with_variant(Integer(), "sqlite")
#: Column type by a part of the field's type, in this order: a list of strings is a list.
_TYPES: dict[str, TypeEngine[Any]] = {"list": _JSON, "int": Integer(), "Decimal": _RATE, "str": Text()}


def _published_in() -> Column[Any]:
    return Column("published_in", Text, comment="run that published it in its feeds")


def _columns(item_class: type) -> list[Column[Any]]:
    """Return the columns of an item's fields; optional fields are nullable."""
    return [
        Column(
            field.name,
            next(kind for word, kind in _TYPES.items() if word in str(field.type)),
            nullable="None" in str(field.type),
        )
        for field in fields(item_class)
    ]


articles = Table(
    "articles",
    metadata,
    Column("key", Text, primary_key=True, comment="article_id, or the path of a URL without one"),
    *_columns(Article),
    Column("version", Integer, nullable=False, comment="number of the latest version, from 1"),
    Column("first_seen_at", Text, nullable=False),
    Column("changed_at", Text, nullable=False, comment="last change other than of views"),
    Column("checked_at", Text, nullable=False, comment="last time it was read or confirmed by HTTP 304"),
    Column("etag", Text),
    Column("last_modified", Text),
    Column("found_by", _JSON, nullable=False, comment="field to reader"),
    Column("run_id", Text, nullable=False, comment="run that last changed it"),
    _published_in(),
    Index("articles_by_day", "date_published"),
    Index("articles_by_run", "run_id"),
)

article_versions = Table(
    "article_versions",
    metadata,
    Column("article_key", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("observed_at", Text, nullable=False),
    Column("headline", Text),
    Column("lede", Text),
    Column("body", Text),
    Column("run_id", Text, nullable=False),
    PrimaryKeyConstraint("article_key", "version"),
)

view_counts = Table(
    "view_counts",
    metadata,
    Column("article_key", Text, nullable=False),
    Column("observed_at", Text, nullable=False),
    Column("views", Integer, nullable=False),
    Column("run_id", Text, nullable=False),
    PrimaryKeyConstraint("article_key", "observed_at"),
)


def _page_facts(name: str, item_class: type) -> Table:
    """Return the table of a page fact, which has no natural key."""
    return Table(
        name,
        metadata,
        Column("id", _SERIAL, primary_key=True, autoincrement=True),
        *_columns(item_class),
        Column("run_id", Text, nullable=False),
        _published_in(),
        Index(f"{name}_by_run", "run_id"),
        Index(f"{name}_by_time", "observed_at"),
    )


trending = _page_facts("trending", TrendingEntry)
rates = _page_facts("rates", ExchangeRate)
weather = _page_facts("weather", Weather)

aliases = Table(
    "aliases",
    metadata,
    Column("url", Text, primary_key=True, comment="URL of the article other than the canonical one"),
    Column("article_key", Text, nullable=False, index=True),
    Column("first_seen_at", Text, nullable=False),
)

failures = Table(
    "failures",
    metadata,
    Column("url", Text, primary_key=True),
    Column("article_key", Text, index=True, comment="NULL if the URL is not an article's"),
    Column("scope", Text, nullable=False, comment="period and sections of the run"),
    Column("reason", Text, nullable=False, comment="http_404, kind_challenge, TimeoutError …"),
    Column("words", Text, nullable=False),
    Column("attempts", Integer, nullable=False, comment="number of runs in which it failed"),
    Column("first_failed_at", Text, nullable=False),
    Column("last_failed_at", Text, nullable=False),
    Column("retry_at", Text, nullable=False, index=True, comment="runs retry it from this time on"),
    Column("run_id", Text, nullable=False),
)

runs = Table(
    "runs",
    metadata,
    Column("run_id", Text, primary_key=True),
    Column(
        "number",
        Integer,
        nullable=False,
        server_default="0",
        comment="position among all starts and ends of runs, independent of clocks",
    ),
    Column("ended_number", Integer, comment="the same for its end"),
    Column("scope", Text, nullable=False),
    Column("arguments", _JSON, nullable=False),
    Column("version", Text, nullable=False, comment="of the crawler"),
    Column("started_at", Text, nullable=False),
    Column("ended_at", Text, comment="NULL while it runs, or if it was killed"),
    Column("exit_code", Integer),
    Column("outcome", Text),
    Column("reason", Text),
    Column("new_articles", Integer, nullable=False, default=0),
    Column("report", _JSON, comment="content of run.json"),
    Column("commits", Integer, comment="number of a worker's last commit"),
)

field_counts = Table(
    "field_counts",
    metadata,
    Column("run_id", Text, nullable=False),
    Column("section", Text, nullable=False),
    Column("year", Text, nullable=False, comment="year of publication; empty if unknown"),
    Column("field", Text, nullable=False),
    Column("reader", Text, nullable=False, comment="reader that found it; empty: articles without the field"),
    Column("articles", Integer, nullable=False),
    PrimaryKeyConstraint("run_id", "section", "year", "field", "reader"),
)

# State from which the next run resumes.

frontier = Table(
    "frontier",
    metadata,
    Column("scope", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("found_at", Text, nullable=False),
    Column(
        "is_speculative",
        Integer,
        nullable=False,
        server_default="0",
        comment="1: deferred, as similar URLs led to no articles",
    ),
    Column("reach", _JSON, comment="meta of its request: pages without article before it, or its listing"),
    # Set by the workers of a shared crawl only.
    Column("claimed_by", Text, comment="run that reads it"),
    Column("claimed_until", Float, comment="end of the lease, in seconds by the server's clock"),
    Column("claims", Integer, nullable=False, server_default="0", comment="number of claims; -1: given up"),
    PrimaryKeyConstraint("scope", "key"),
    Index("frontier_by_key", "key"),
    Index("frontier_by_time", "scope", "found_at"),
    comment="articles found and not yet read",
)

pace = Table(
    "pace",
    metadata,
    Column("host", Text, primary_key=True),
    Column("next_at", Float, nullable=False, comment="time of the next request"),
    Column("blocked_until", Float, nullable=False, comment="no request before this time"),
    comment="pace of all workers, in seconds by the server's clock",
)

other_pages = Table(
    "other_pages",
    metadata,
    Column("key", Text, primary_key=True),
    Column("url", Text, nullable=False),
    Column("kind", Text, nullable=False, comment="page kind, 'alias', or 'outside' the period asked for"),
    Column("section", Text),
    Column("date_published", Text),
    Column("seen_at", Text, nullable=False),
    comment="URLs that look like an article's and gave no item",
)

sources = Table(
    "sources",
    metadata,
    Column("scope", Text, nullable=False),
    Column("path", Text, nullable=False),
    Column("read_at", Text, nullable=False),
    Column("stamp", Text, comment="lastmod of a sitemap when it was read"),
    Column("state", _JSON, comment="progress of a listing walk"),
    PrimaryKeyConstraint("scope", "path"),
    comment="home page, feeds, listings and sitemaps, with the links to new articles",
)

store_info = Table(
    "store_info",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)


_VERSION = "schema_version"


def upgrade(connection: Connection, migrations: Sequence[Migration] = MIGRATIONS) -> int:
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
        if foreign := set(inspect(connection).get_table_names()) & set(metadata.tables):
            raise StoreRefusedError(f"the database is no store of this crawler, but has a table {min(foreign)}")
        metadata.create_all(connection)
        for index in INDEXES:
            connection.execute(text(index))
        note(connection, "created_at", datetime.now(UTC).isoformat(timespec="seconds"))
    for migrate in migrations[found - 1 :] if found else ():
        migrate(connection)
    if found != newest:
        note(connection, _VERSION, str(newest))
    return found


def schema_version(connection: Connection) -> int:
    """Return the version of the database's tables, 0 if there are none."""
    if not inspect(connection).has_table(store_info.name):
        return 0
    value = noted(connection, _VERSION)
    if value is None or not value.isdecimal():
        raise StoreRefusedError("the database has a table store_info, but no schema version: it is no store")
    return int(value)


def noted(connection: Connection, name: str) -> str | None:
    """Return the value of ``name`` in ``store_info``."""
    return connection.scalar(select(store_info.c.value).where(store_info.c.name == name))


def note(connection: Connection, name: str, value: str) -> None:
    """Set the value of ``name`` in ``store_info``."""
    connection.execute(delete(store_info).where(store_info.c.name == name))
    connection.execute(insert(store_info).values(name=name, value=value))
