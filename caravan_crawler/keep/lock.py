"""One run at a time per store, or the workers of a shared crawl and nobody else.

A lock belongs to a process or its connection and ends with them.
"""

from pathlib import Path
from typing import Any, Protocol

from filelock import FileLock, Timeout
from sqlalchemy import Connection, Engine, event

from caravan_crawler.keep.errors import StoreLockedError

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
    driver: Any = connection.connection.dbapi_connection
    driver.execute("SELECT pg_advisory_xact_lock(%s)", (_TURN,))
