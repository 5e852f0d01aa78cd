"""The store's tables, for SQLite and PostgreSQL alike.

The columns of the records are the items' own fields, in their order; what the store adds stands behind them.
Times are ISO 8601 texts in UTC, which sort as they read. Lists are JSON.
"""

from dataclasses import fields
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Float,
    Index,
    Integer,
    MetaData,
    Numeric,
    PrimaryKeyConstraint,
    Table,
    Text,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

from caravan_crawler.items import Article, ExchangeRate, TrendingEntry, Weather

metadata = MetaData()

#: Tables of what is published, each with its key. An index of each holds what stands in no feed yet, and nothing else;
#: it is made by a statement of its own, as SQLAlchemy's way would load PostgreSQL's dialect in every run.
PUBLISHED = {"articles": "key", "trending": "id", "rates": "id", "weather": "id"}
INDEXES = tuple(
    f"CREATE INDEX {table}_unpublished ON {table} ({key}) WHERE published_in IS NULL"
    for table, key in PUBLISHED.items()
)


class _Json(TypeDecorator[Any]):
    """JSON, in PostgreSQL its binary form, whose dialect is loaded only there: it takes a sixth of a run's start."""

    impl = JSON(none_as_null=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name != "postgresql":
            return self.impl_instance
        from sqlalchemy.dialects.postgresql import JSONB

        return JSONB(none_as_null=True)


_JSON = _Json()
#: Tenge have two to four decimals; SQLite has no exact decimals, and a float keeps six digits unchanged.
_RATE = Float().with_variant(Numeric(12, 4, asdecimal=False), "postgresql")
#: Columns that no row of a page fills.
_BY_WORKERS = {"by_workers": True}
_SERIAL = BigInteger().with_variant(Integer(), "sqlite")
#: By a word in the field's type; a list of texts is a list first.
_TYPES: dict[str, TypeEngine[Any]] = {"list": _JSON, "int": Integer(), "Decimal": _RATE, "str": Text()}


def _published_in() -> Column[Any]:
    return Column("published_in", Text, comment="the run in whose feeds it stands; None until then")


def _columns(item_class: type) -> list[Column[Any]]:
    """Return the columns for a record's fields; a field that may be None is nullable."""
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
    Column("key", Text, primary_key=True, comment="article_id, else the own path"),
    *_columns(Article),
    Column("version", Integer, nullable=False, comment="number of its latest version, from 1"),
    Column("first_seen_at", Text, nullable=False),
    Column("changed_at", Text, nullable=False, comment="when anything but its views last changed"),
    Column("checked_at", Text, nullable=False, comment="when the site last confirmed it, by a page or a 304"),
    Column("etag", Text),
    Column("last_modified", Text),
    Column("found_by", _JSON, nullable=False, comment="field to the reader that found it"),
    Column("run_id", Text, nullable=False, comment="the run that last changed it"),
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


def _shown(name: str, item_class: type) -> Table:
    """Return the table of something every page shows, which has no key but its time."""
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


trending = _shown("trending", TrendingEntry)
rates = _shown("rates", ExchangeRate)
weather = _shown("weather", Weather)

aliases = Table(
    "aliases",
    metadata,
    Column("url", Text, primary_key=True, comment="an address of the article beside its canonical one"),
    Column("article_key", Text, nullable=False, index=True),
    Column("first_seen_at", Text, nullable=False),
)

failures = Table(
    "failures",
    metadata,
    Column("url", Text, primary_key=True),
    Column("article_key", Text, index=True, comment="None where it is no article's address"),
    Column("scope", Text, nullable=False, comment="the period and sections of the run that asked"),
    Column("reason", Text, nullable=False, comment="one word: http_404, kind_challenge, TimeoutError …"),
    Column("words", Text, nullable=False),
    Column("attempts", Integer, nullable=False, comment="runs in which it failed"),
    Column("first_failed_at", Text, nullable=False),
    Column("last_failed_at", Text, nullable=False),
    Column("retry_at", Text, nullable=False, index=True, comment="runs from then on try again"),
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
        comment="counts beginnings and ends of runs; their order, whatever the clock",
    ),
    Column("ended_number", Integer, comment="the same count at its end"),
    Column("scope", Text, nullable=False),
    Column("arguments", _JSON, nullable=False),
    Column("version", Text, nullable=False, comment="of the crawler"),
    Column("started_at", Text, nullable=False),
    Column("ended_at", Text, comment="None while it runs, or where it was killed"),
    Column("exit_code", Integer),
    Column("outcome", Text),
    Column("reason", Text),
    Column("new_articles", Integer, nullable=False, default=0),
    Column("report", _JSON, comment="the run's run.json"),
    Column("commits", Integer, comment="number of the last commit of a worker"),
)

field_counts = Table(
    "field_counts",
    metadata,
    Column("run_id", Text, nullable=False),
    Column("section", Text, nullable=False),
    Column("year", Text, nullable=False, comment="of publication; empty where unknown"),
    Column("field", Text, nullable=False),
    Column("reader", Text, nullable=False, comment="which found it; empty: articles without the field"),
    Column("articles", Integer, nullable=False),
    PrimaryKeyConstraint("run_id", "section", "year", "field", "reader"),
)

# What a run needs to know to go on where another stopped.

frontier = Table(
    "frontier",
    metadata,
    Column("scope", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("found_at", Text, nullable=False),
    Column(
        "is_speculative", Integer, nullable=False, server_default="0", comment="1: put aside, as its like led nowhere"
    ),
    Column("reach", _JSON, comment="the pages without article before it, or the list that names it"),
    *(
        # Of the workers of a shared crawl; a run that is alone claims nothing.
        Column("claimed_by", Text, comment="the run that reads it", info=_BY_WORKERS),
        Column("claimed_until", Float, comment="end of the lease, in seconds by the server's clock", info=_BY_WORKERS),
        Column("claims", Integer, nullable=False, server_default="0", comment="-1: given up", info=_BY_WORKERS),
    ),
    PrimaryKeyConstraint("scope", "key"),
    Index("frontier_by_key", "key"),
    Index("frontier_by_time", "scope", "found_at"),
    comment="articles found and not yet read",
)

pace = Table(
    "pace",
    metadata,
    Column("host", Text, primary_key=True),
    Column("next_at", Float, nullable=False, comment="when the next request may be sent"),
    Column("blocked_until", Float, nullable=False, comment="nothing may be sent before"),
    comment="the pace of all workers, in seconds by the server's clock",
)

other_pages = Table(
    "other_pages",
    metadata,
    Column("key", Text, primary_key=True),
    Column("url", Text, nullable=False),
    Column("kind", Text, nullable=False, comment="the page's kind, 'alias', or 'outside' the period asked for"),
    Column("section", Text),
    Column("date_published", Text),
    Column("seen_at", Text, nullable=False),
    comment="addresses like an article's that gave no record",
)

sources = Table(
    "sources",
    metadata,
    Column("scope", Text, nullable=False),
    Column("path", Text, nullable=False),
    Column("read_at", Text, nullable=False),
    Column("stamp", Text, comment="a sitemap's lastmod when it was read"),
    Column("state", _JSON, comment="how far a list is walked"),
    PrimaryKeyConstraint("scope", "path"),
    comment="home page, feed, lists and sitemaps: where new articles are found",
)

store_info = Table(
    "store_info",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)
