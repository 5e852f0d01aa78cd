"""One run at a time per store. A lock belongs to a process or its connection and ends with them."""

from pathlib import Path
from typing import Any, Protocol

from filelock import FileLock, Timeout
from sqlalchemy import Engine, event

from caravan_crawler.keep.errors import StoreLockedError

#: Any number, the same in all runs: PostgreSQL's advisory locks have numbers, per database.
_ADVISORY = 7_226_051_123


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


def lock_sessions(engine: Engine, name: str) -> None:
    """Let every connection to a PostgreSQL store, whose ``name`` is for the user, begin with its lock.

    The server lets go of the lock when the connection ends. Nothing is written over another one, so that
    a run that has lost its connection, and thereby its lock, cannot write beside the next.
    """

    def lock_session(connection: Any, _record: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", (_ADVISORY,))
            (is_ours,) = cursor.fetchone()
        connection.rollback()  # ends the transaction; the lock is the session's
        if not is_ours:
            raise StoreLockedError(f"another run is using {name}")

    event.listen(engine, "connect", lock_session)
