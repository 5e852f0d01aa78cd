"""The store's tables, and the migrations from earlier versions of them."""

from collections.abc import Callable, Sequence
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


Migration = Callable[[Connection], None]


def _index_shown_lines_by_time(connection: Connection) -> None:
    """1 to 2: lines of the past are put among others, and exports read them in the order of their times."""
    for table in ("trending", "rates", "weather"):
        connection.execute(text(f"CREATE INDEX {table}_by_time ON {table} (observed_at)"))


def _tell_speculative_addresses_apart(connection: Connection) -> None:
    """2 to 3: what a run had put aside, the next one bounds too, and nothing else."""
    connection.execute(text("ALTER TABLE frontier ADD COLUMN is_speculative INTEGER DEFAULT 0 NOT NULL"))


def _mark_what_is_published(connection: Connection) -> None:
    """3 to 4: each record says in which run's feeds it stands, and a count tells the order of runs.

    Of the records there, those of runs that ended soundly are published, and so is all that an earlier version would
    not have published any more: what it stored before the last sound run of its kind.
    """
    connection.execute(text("ALTER TABLE runs ADD COLUMN number INTEGER DEFAULT 0 NOT NULL"))
    connection.execute(text("ALTER TABLE runs ADD COLUMN ended_number INTEGER"))
    ordered = connection.execute(text("SELECT run_id FROM runs ORDER BY started_at, run_id")).scalars().all()
    for place, run_id in enumerate(ordered):
        numbers = {"number": 2 * place + 1, "ended": 2 * place + 2, "run_id": run_id}
        connection.execute(text("UPDATE runs SET number = :number WHERE run_id = :run_id"), numbers)
        ended = "UPDATE runs SET ended_number = :ended WHERE run_id = :run_id AND ended_at IS NOT NULL"
        connection.execute(text(ended), numbers)
    waiting = (
        "SELECT run_id FROM runs AS one WHERE (exit_code IS NULL OR exit_code <> 0) AND number > "
        "coalesce((SELECT max(number) FROM runs AS sound WHERE sound.scope = one.scope AND sound.exit_code = 0), 0)"
    )
    for table, key in (("articles", "key"), ("trending", "id"), ("rates", "id"), ("weather", "id")):
        connection.execute(text(f"ALTER TABLE {table} ADD COLUMN published_in TEXT"))
        connection.execute(text(f"UPDATE {table} SET published_in = run_id WHERE run_id NOT IN ({waiting})"))  # noqa: S608
        connection.execute(text(f"CREATE INDEX {table}_unpublished ON {table} ({key}) WHERE published_in IS NULL"))


def _claim_rows(connection: Connection) -> None:
    """4 to 5: workers claim rows of the frontier, and share one pace."""
    connection.execute(text("ALTER TABLE runs ADD COLUMN commits INTEGER"))
    connection.execute(text("ALTER TABLE frontier ADD COLUMN claimed_by TEXT"))
    connection.execute(text("ALTER TABLE frontier ADD COLUMN claimed_until FLOAT"))
    connection.execute(text("ALTER TABLE frontier ADD COLUMN claims INTEGER DEFAULT 0 NOT NULL"))
    json = "JSONB" if connection.dialect.name == "postgresql" else "JSON"
    connection.execute(text(f"ALTER TABLE frontier ADD COLUMN reach {json}"))
    connection.execute(text("CREATE INDEX frontier_by_time ON frontier (scope, found_at)"))
    connection.execute(
        text(
            "CREATE TABLE pace (host TEXT NOT NULL, next_at FLOAT NOT NULL, blocked_until FLOAT NOT NULL,"
            " PRIMARY KEY (host))"
        )
    )


#: The first turns version 1 into 2, and so on. Each repeats its tables' definitions: those of ``schema`` go on
#: changing, a migration never does.
MIGRATIONS: tuple[Migration, ...] = (
    _index_shown_lines_by_time,
    _tell_speculative_addresses_apart,
    _mark_what_is_published,
    _claim_rows,
)

_VERSION = "schema_version"


def upgrade(connection: Connection, migrations: Sequence[Migration] = MIGRATIONS) -> int:
    """Create the tables or bring them up to date; return the version found (0: none).

    :class:`StoreRefusedError` where a newer crawler made the store, or the database holds other tables.
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
    """Return the version of the tables there, 0 where there are none."""
    if not inspect(connection).has_table(store_info.name):
        return 0
    value = noted(connection, _VERSION)
    if value is None or not value.isdecimal():
        raise StoreRefusedError("the database has a table store_info, but no schema version: it is no store")
    return int(value)


def noted(connection: Connection, name: str) -> str | None:
    """Return what the store has noted of itself under ``name``."""
    return connection.scalar(select(store_info.c.value).where(store_info.c.name == name))


def note(connection: Connection, name: str, value: str) -> None:
    """Note something of the store."""
    connection.execute(delete(store_info).where(store_info.c.name == name))
    connection.execute(insert(store_info).values(name=name, value=value))
