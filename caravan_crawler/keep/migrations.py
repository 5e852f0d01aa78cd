"""The schema's versions: a new store gets the tables as they are now, an older one is brought up to them.

A migration is a function that changes the tables by one version, run together with the note of the new
version in one transaction. Alembic would read its scripts from a folder, which a zipped egg does not have.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from sqlalchemy import Connection, delete, insert, inspect, select, text

from caravan_crawler.keep.errors import StoreRefusedError
from caravan_crawler.keep.schema import INDEXES, metadata, store_info

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
