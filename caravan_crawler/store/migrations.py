"""Migrations of a store from earlier schema versions."""

from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, text

_ALMATY = ZoneInfo("Asia/Almaty")

Migration = Callable[[Connection], None]


def _index_shown_lines_by_time(connection: Connection) -> None:
    """1 to 2: exports read page facts in order of time, and reparse inserts past ones."""
    for table in ("trending", "rates", "weather"):
        connection.execute(text(f"CREATE INDEX {table}_by_time ON {table} (observed_at)"))


def _tell_speculative_addresses_apart(connection: Connection) -> None:
    """2 to 3: the budget of speculative URLs applies to those that earlier runs deferred."""
    connection.execute(text("ALTER TABLE frontier ADD COLUMN is_speculative INTEGER DEFAULT 0 NOT NULL"))


def _mark_what_is_published(connection: Connection) -> None:
    """3 to 4: rows name the run that published them, and runs are ordered by number.

    Mark the rows that earlier versions published or would not publish any more: all but those of runs without exit
    code 0 that began after the last run of their scope with exit code 0.
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
    """4 to 5: workers claim rows of the frontier and share one pace."""
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


def _split_day_and_moment(connection: Connection) -> None:
    """5 to 6: ``date_published`` is the day in Almaty, and ``published_at`` the moment if there was one.

    The values are those that a crawl reads now, so that an unchanged page does not count as changed.
    """
    connection.execute(text("ALTER TABLE articles ADD COLUMN published_at TEXT"))
    for table, changes in (
        ("articles", "date_published = :day, published_at = :moment"),
        ("other_pages", "date_published = :day"),
    ):
        query = text(
            f"SELECT key, date_published FROM {table} WHERE key > :last AND length(date_published) > 10"  # noqa: S608
            " ORDER BY key LIMIT 1000"
        )
        update = text(f"UPDATE {table} SET {changes} WHERE key = :key")  # noqa: S608
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
    _index_shown_lines_by_time,
    _tell_speculative_addresses_apart,
    _mark_what_is_published,
    _claim_rows,
    _split_day_and_moment,
)
