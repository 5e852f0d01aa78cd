"""The store's database: from URL to engine, its lock, its errors and the timestamps in it."""

from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from json import JSONEncoder
from pathlib import Path
from typing import Any, Protocol

from filelock import FileLock, Timeout
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

#: JSON in the store: compact, and readable with a plain SQL client.
as_json = JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class StoreError(Exception):
    """The store cannot be opened or written; its text is one line for the user, ``code`` the run's exit code."""

    code = 1


class StoreRefusedError(StoreError):
    """The settings name no store that this crawler can use."""

    code = 2


class StoreLockedError(StoreError):
    """Another run uses the store."""

    code = 5


#: The clocks of two machines that share a store may differ by so much.
_SKEW = timedelta(minutes=10)


def stamp(moment: datetime) -> str:
    """Return ``moment`` as the store keeps it."""
    return moment.astimezone(UTC).isoformat(timespec="seconds")


def now() -> str:
    """Return the present as the store keeps it."""
    return stamp(datetime.now(UTC))


def latest() -> str:
    """Return the latest time that can have been written by now: a later one is of a clock that was ahead."""
    return stamp(datetime.now(UTC) + _SKEW)


def after(time: str, delay: timedelta) -> str:
    """Return the time ``delay`` after ``time``."""
    return stamp(datetime.fromisoformat(time) + delay)


#: So long a write waits for another program that has the SQLite file locked; ``?timeout=`` of the URL wins.
_WAIT_FOR_LOCK = 60.0
_CONNECT_WITHIN = 15


def store_url(setting: str | None, data_dir: str) -> URL:
    """Return the store's URL: the setting ``STORE_URL``, else the file ``caravan.db`` in ``data_dir``."""
    if not setting:
        return URL.create("sqlite", database=str(Path(data_dir).expanduser() / "caravan.db"))
    try:
        url = make_url(setting)
    except (ArgumentError, ValueError):  # the latter at a port that is no number
        raise StoreRefusedError("STORE_URL is no database URL such as postgresql://user@host/database") from None
    backend = url.get_backend_name()
    if backend == "sqlite":
        if not url.database or url.database == ":memory:":
            raise StoreRefusedError("STORE_URL=sqlite must name a file: sqlite:////absolute/path/caravan.db")
        return url
    if backend not in ("postgresql", "postgres"):
        raise StoreRefusedError(f"STORE_URL names {backend}; a store is sqlite or postgresql")
    if find_spec("psycopg") is None:
        raise StoreRefusedError("STORE_URL names PostgreSQL: pip install 'psycopg[binary]'")
    return url.set(drivername="postgresql+psycopg")


def make_engine(url: URL) -> Engine:
    """Return an engine that connects when first used."""
    if url.get_backend_name() == "sqlite":
        arguments: dict[str, Any] = {} if "timeout" in url.query else {"timeout": _WAIT_FOR_LOCK}
        engine = create_engine(url, json_serializer=as_json, connect_args=arguments)
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    # Not to wait for the disk at each commit loses at most the last moment when the server itself crashes,
    # and that is read again; what was committed before is never torn. SQLite in WAL mode promises the same.
    options = ["-c synchronous_commit=off", *url.normalized_query.get("options", ())]
    arguments = {"options": " ".join(options)}
    if "connect_timeout" not in url.query:
        arguments["connect_timeout"] = str(_CONNECT_WITHIN)
    try:
        return create_engine(url, json_serializer=as_json, connect_args=arguments)
    except ImportError as error:
        raise StoreRefusedError(f"STORE_URL names PostgreSQL, whose driver cannot be loaded: {words(error)}") from None


def shown(url: URL) -> str:
    """Return the URL as it may be printed: without the password, which may also stand in the query."""
    return url.set(drivername=url.get_backend_name(), query={}).render_as_string(hide_password=True)


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    # Python's driver would begin no transaction before CREATE TABLE, and a kill among them left half a store.
    connection.isolation_level = None
    cursor = connection.cursor()
    # Each checkpoint waits for the disk; with four times SQLite's own number of pages the journal takes 16 MB.
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "cache_size=-16000", "wal_autocheckpoint=4000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")


def words(error: Exception) -> str:
    """Return what a database said, in one line."""
    cause = getattr(error, "orig", None) if isinstance(error, SQLAlchemyError) else error
    lines = str(cause or error).strip().splitlines()
    return lines[0] if lines else type(error).__name__


#: Any number, the same in all runs: PostgreSQL's advisory locks have numbers, per database.
_ADVISORY, _TURN = 7_226_051_123, 7_226_051_124
#: A machine that has lost its power or its network is found out within a minute; by default it takes hours.
_PROBING = "SET tcp_keepalives_idle = 30; SET tcp_keepalives_interval = 10; SET tcp_keepalives_count = 3"


class Lock(Protocol):
    """Held until released."""

    def release(self) -> None:
        """Let the next run in."""


def lock_file(database: Path) -> Lock:
    """Lock an SQLite store by a file beside it; the system lets go of it when the process ends, however it does."""
    lock = FileLock(database.with_name(database.name + ".lock"), timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise StoreLockedError(f"another run is using {database}") from None
    return lock


def lock_sessions(engine: Engine, name: str, *, shared: bool) -> None:
    """Let every connection to a PostgreSQL store, whose ``name`` is for the user, begin with its lock.

    The server lets go of the lock when the connection ends. Nothing is written over another one, so that
    a run that has lost its connection, and thereby its lock, cannot write beside the next. Workers take the
    ``shared`` lock: they do not exclude each other, but a run alone, and it them.
    """
    lock = "pg_try_advisory_lock_shared" if shared else "pg_try_advisory_lock"

    def lock_session(connection: Any, _record: Any) -> None:
        with connection.cursor() as cursor:
            if shared:
                cursor.execute(_PROBING)
            cursor.execute(f"SELECT {lock}(%s)", (_ADVISORY,))
            (is_ours,) = cursor.fetchone()
        connection.commit()  # ends the transaction; the lock is the session's
        if not is_ours:
            raise StoreLockedError(f"another run is using {name}")

    event.listen(engine, "connect", lock_session)


def wait_for_turn(connection: Connection) -> None:
    """Let the workers of a PostgreSQL store write one after the other; the turn ends with the transaction.

    Pages link to each other, so that two of them would wait for each other's rows.
    """
    connection.exec_driver_sql("SELECT pg_advisory_xact_lock(%s)", (_TURN,))
