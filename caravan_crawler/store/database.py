"""The store's database: URL and engine, locks, errors, timestamps."""

import os
import sqlite3
from datetime import UTC, datetime, timedelta
from functools import partial
from json import JSONEncoder
from pathlib import Path
from typing import Any

from filelock import BaseFileLock, FileLock, Timeout
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from caravan_crawler import console
from caravan_crawler.atomic import user_path
from caravan_crawler.normalise.text import encodable

#: JSON in the store: compact, and readable in an SQL client.
as_json = JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class StoreError(Exception):
    """The store cannot be opened, read or written: one line for the user, and the run's exit ``code``."""

    code = 1


class StoreRefusedError(StoreError):
    """The settings name a store that this crawler cannot use."""

    code = 2


class StoreLockedError(StoreError):
    """Another run uses the store."""

    code = 5


#: Largest difference between the clocks of two machines that share a store.
_SKEW = timedelta(minutes=10)


def stamp(moment: datetime) -> str:
    """Return the timestamp of ``moment``: ISO 8601 in UTC, to the second."""
    return moment.astimezone(UTC).isoformat(timespec="seconds")


def now() -> str:
    """Return the timestamp of the present."""
    return stamp(datetime.now(UTC))


def latest() -> str:
    """Return the latest valid timestamp; a later one was written by a clock that was ahead."""
    return stamp(datetime.now(UTC) + _SKEW)


def after(time: str, delay: timedelta) -> str:
    """Return the timestamp that is ``delay`` after ``time``."""
    return stamp(datetime.fromisoformat(time) + delay)


#: Seconds to wait for another program that has locked the SQLite file, unless the URL has a ``?timeout=``; in
#: PostgreSQL for one that has locked a table or row, unless its ``?options=`` have a ``lock_timeout``. This crawler's
#: transactions take far less. One that somebody has left open may last for days, and no signal ends a run that waits.
_LOCK_TIMEOUT = 60.0
#: Seconds to wait for a connection to PostgreSQL, unless the URL has a ``?connect_timeout=``.
_CONNECT_TIMEOUT = 15


#: The value of ``STORE_URL`` for a run that keeps nothing, and the URL of its database, a temporary one.
NONE, TEMPORARY = "none", URL.create("sqlite")


def store_url(setting: str | None, data_dir: str) -> URL:
    """Return the URL of the setting ``STORE_URL``, by default that of ``caravan.db`` in ``data_dir``."""
    if setting == NONE:
        return TEMPORARY
    if not setting:
        return URL.create("sqlite", database=str(user_path(data_dir) / "caravan.db"))
    try:
        url = make_url(setting)
    except (ArgumentError, ValueError):  # ValueError: the port is not a number
        raise StoreRefusedError("STORE_URL is no database URL such as postgresql://user@host/database") from None
    backend = url.get_backend_name()
    if backend == "sqlite":
        if not url.database or url.database.startswith((":memory:", "file:")):
            raise StoreRefusedError("STORE_URL=sqlite must name a file: sqlite:////absolute/path/caravan.db")
        if encodable(setting) != setting:
            raise StoreRefusedError(f"STORE_URL={setting} is not UTF-8")
        return url.set(drivername=backend)
    if backend not in ("postgresql", "postgres"):
        raise StoreRefusedError(f"STORE_URL names {backend}; a store is sqlite or postgresql")
    return url.set(drivername="postgresql+psycopg")


def make_engine(url: URL, *, reads_only: bool = False) -> Engine:
    """Return an engine for SQLite or PostgreSQL; with ``reads_only`` an SQLite file is not changed."""
    if url.get_backend_name() == "sqlite":
        arguments: dict[str, Any] = {} if "timeout" in url.query else {"timeout": _LOCK_TIMEOUT}
        if reads_only and is_frozen(file := Path(url.database or "")):
            uri = read_only_uri(file)
            engine = create_engine(url, creator=lambda: sqlite3.connect(uri, uri=True, check_same_thread=False))
        elif url == TEMPORARY:
            # SQLite removes a database without a name when it is closed, and keeps little of it in memory.
            engine = create_engine(url, json_serializer=as_json, creator=lambda: sqlite3.connect(""))
        else:
            engine = create_engine(url, json_serializer=as_json, connect_args=arguments)
        event.listen(engine, "connect", _refuse_writes if reads_only else _prepare_sqlite)
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
        return engine
    # Commits do not wait for the disk. A crash of the server loses at most the last second, which the next run reads
    # again, and leaves no half transaction. SQLite in WAL mode with synchronous=NORMAL is the same.
    own_options = ["-c synchronous_commit=off", f"-c lock_timeout={_LOCK_TIMEOUT:.0f}s"]
    options = [*own_options, *url.normalized_query.get("options", ())]
    arguments = {"options": " ".join(options), "client_encoding": "utf8"}  # whatever PGCLIENTENCODING says
    if "connect_timeout" not in url.query:
        arguments["connect_timeout"] = str(_CONNECT_TIMEOUT)
    try:
        engine = create_engine(url, json_serializer=as_json, connect_args=arguments)
    except ImportError as error:
        advice = "STORE_URL names PostgreSQL, which needs psycopg: pip install -e '.[postgresql]'"
        raise StoreRefusedError(f"{advice} ({error_line(error)})") from None
    event.listen(engine, "connect", partial(_refuse_encoding, without_password(url)))
    return engine


def _refuse_encoding(name: str, connection: Any, _record: Any) -> None:
    """Refuse a database that cannot hold every letter, as each page with another one would be lost."""
    encoding = connection.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        connection.close()
        raise StoreRefusedError(
            f"{name} is a database in {encoding}, and a store needs UTF-8: createdb -E UTF8 -T template0 caravan"
        )


def is_frozen(file: Path) -> bool:
    """Whether no program writes an SQLite file: it is on a read-only medium, or nobody may write in its folder.

    There SQLite cannot create its own files, and reads it as ``immutable`` only. A folder in which others may write is
    not frozen: their writing would mix old and new pages in what ``immutable`` reads.
    """
    folder = file.resolve().parent
    if not folder.is_dir() or file.with_name(f"{file.name}-wal").exists():
        return False
    return bool(os.statvfs(folder).f_flag & os.ST_RDONLY) or not folder.stat().st_mode & 0o222


def read_only_uri(file: Path) -> str:
    """Return the URI that opens an SQLite file without changing it."""
    return f"{file.resolve().as_uri()}?{'immutable=1' if is_frozen(file) else 'mode=ro'}"


def reading_problem(url: URL, error: Exception) -> str:
    """Return why a store cannot be read: the database's message, or advice if its folder is closed to this user."""
    line, file = error_line(error), Path(url.database or "")
    if line not in ("attempt to write a readonly database", "unable to open database file"):
        return line
    if not os.access(file, os.R_OK):
        return f"no permission to read {file}"
    return f"SQLite needs files of its own in {file.parent}, where you may not write; read a copy"


def without_password(url: URL) -> str:
    """Return the URL for logs: without password and query, which may contain one."""
    if url.get_backend_name() == "sqlite":
        return f"sqlite:///{url.database}" if url.database else NONE
    return url.set(drivername=url.get_backend_name(), query={}).render_as_string(hide_password=True)


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    # Without this Python's driver begins no transaction before CREATE TABLE, and a kill could leave half the tables.
    connection.isolation_level = None
    cursor = connection.cursor()
    # Each checkpoint waits for the disk. 4000 pages, four times the default, let the journal grow to 16 MB.
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "cache_size=-16000", "wal_autocheckpoint=4000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _refuse_writes(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    for pragma in ("query_only=1", "cache_size=-16000"):  # a journal mode would be written, even to an empty file
        connection.execute(f"PRAGMA {pragma}")


def error_line(error: Exception) -> str:
    """Return the first line of the database's message."""
    cause = getattr(error, "orig", None) if isinstance(error, SQLAlchemyError) else None
    return console.error_line(cause or error)


#: Keys of PostgreSQL's advisory locks: any numbers, the same in all runs.
_ADVISORY, _TURN = 7_226_051_123, 7_226_051_124
#: Lets the server detect within a minute that a worker's machine is gone, and release its locks; default: hours.
_KEEPALIVE = "SET tcp_keepalives_idle = 30; SET tcp_keepalives_interval = 10; SET tcp_keepalives_count = 3"
#: Seconds after which the server ends a worker's transaction that sends nothing, and with it the connection: a process
#: that is frozen within a commit would hold up all others until their lock_timeout.
_MOST_IDLE = 20


def lock_file(database: Path) -> BaseFileLock:
    """Lock an SQLite store by a ``.lock`` file; the system releases it when the process ends, even by a kill."""
    lock = FileLock(database.with_name(database.name + ".lock"), timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise StoreLockedError(
            f"another run is using {database}: wait until it has ended, or name another folder: -s DATA_DIR=FOLDER"
        ) from None
    return lock


def lock_sessions(engine: Engine, name: str, *, shared: bool) -> None:
    """Let each new connection to a PostgreSQL store take its lock; ``name`` is for the error message.

    The server releases the lock when the connection ends. All writes use a connection with the lock, so a run that
    lost its connection cannot write at the same time as the next run. Workers take the ``shared`` lock, which
    excludes only runs without other workers.
    """
    lock = "pg_try_advisory_lock_shared" if shared else "pg_try_advisory_lock"

    def lock_session(connection: Any, _record: Any) -> None:
        with connection.cursor() as cursor:
            if shared:
                cursor.execute(f"{_KEEPALIVE}; SET idle_in_transaction_session_timeout = '{_MOST_IDLE}s'")
            cursor.execute(f"SELECT {lock}(%s)", (_ADVISORY,))
            (is_ours,) = cursor.fetchone()
        connection.commit()  # the lock belongs to the session, not to the transaction
        if not is_ours:
            raise StoreLockedError(f"another run is using {name}: wait until it has ended")

    event.listen(engine, "connect", lock_session)


def wait_for_turn(connection: Connection) -> None:
    """Let one worker at a time write to a PostgreSQL store, until its transaction ends.

    Pages link to each other, so transactions at the same time would lock the same rows and deadlock.
    """
    connection.exec_driver_sql("SELECT pg_advisory_xact_lock(%s)", (_TURN,))
