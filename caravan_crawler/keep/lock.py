"""One run at a time per store. A lock belongs to a process or its connection and ends with them."""

from pathlib import Path
from typing import Protocol

from filelock import FileLock, Timeout
from sqlalchemy import Connection, Engine, text

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


class AdvisoryLock:
    """A lock of a PostgreSQL session: the server lets go of it when the connection ends."""

    def __init__(self, engine: Engine) -> None:
        self._connection: Connection = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        if not self._connection.scalar(text("SELECT pg_try_advisory_lock(:number)"), {"number": _ADVISORY}):
            self._connection.close()
            raise StoreLockedError(f"another run is using {engine.url.render_as_string(hide_password=True)}")

    def release(self) -> None:
        """Let the next run in."""
        self._connection.invalidate()
        self._connection.close()
