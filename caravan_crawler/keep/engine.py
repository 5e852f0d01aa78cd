"""From ``STORE_URL`` to an engine of SQLAlchemy: SQLite in WAL mode, or PostgreSQL."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from caravan_crawler.keep.errors import StoreRefusedError
from caravan_crawler.keep.rows import as_json

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
    driver: Any = connection.connection.dbapi_connection
    driver.execute("BEGIN")  # SQLAlchemy's own way takes as long as a whole commit


def words(error: Exception) -> str:
    """Return what a database said, in one line."""
    cause = getattr(error, "orig", None) if isinstance(error, SQLAlchemyError) else error
    lines = str(cause or error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
