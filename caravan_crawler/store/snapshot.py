"""Read-only view of the store at one moment, for exports and reports, while crawls may write."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from sqlalchemy import Connection, Engine, Executable
from sqlalchemy.exc import SQLAlchemyError

from caravan_crawler.store.database import (
    StoreError,
    StoreRefusedError,
    error_line,
    make_engine,
    store_url,
    without_password,
)
from caravan_crawler.store.migrations import MIGRATIONS
from caravan_crawler.store.schema import schema_version

_ROWS_AT_ONCE = 500


class Snapshot:
    """The store of ``STORE_URL`` or ``DATA_DIR``, opened read-only and without its lock.

    All queries see the state at the first one. Every failure is a
    :class:`~caravan_crawler.store.database.StoreError` with one line for the user.
    """

    def __init__(self, setting: str | None, data_dir: str) -> None:
        url = store_url(setting, data_dir)
        self.name = without_password(url)
        if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
            raise StoreRefusedError(f"there is no store {self.name}; a crawl makes one")
        self._engine = make_engine(url, reads_only=True)
        self._errors = (SQLAlchemyError, self._engine.dialect.loaded_dbapi.Error)
        self._connection: Connection | None = None
        try:
            self._connection = _connect(self._engine)
            version = schema_version(self._connection)
        except self._errors as error:
            self.close()
            raise StoreError(f"the store {self.name} cannot be opened: {error_line(error)}") from error
        except StoreError:
            self.close()
            raise
        if version != len(MIGRATIONS) + 1:
            self.close()
            raise StoreRefusedError(_no_use(self.name, version))

    @property
    def connection(self) -> Connection:
        """The open connection, in its one transaction."""
        assert self._connection is not None, "the snapshot is closed"
        return self._connection

    def rows(self, statement: Executable, **values: Any) -> Iterator[Any]:
        """Yield a query's rows, a few hundred in memory at a time."""
        try:
            result = self.connection.execution_options(yield_per=_ROWS_AT_ONCE).execute(statement, values)
            yield from result
        except self._errors as error:
            raise StoreError(f"the store {self.name} cannot be read: {error_line(error)}") from error

    def batches(self, statement: Executable) -> Iterator[Sequence[Any]]:
        """Yield a query's rows in lists of a few hundred, which is faster for whole tables."""
        try:
            result = self.connection.execution_options(yield_per=_ROWS_AT_ONCE).execute(statement)
            yield from result.partitions(_ROWS_AT_ONCE)
        except self._errors as error:
            raise StoreError(f"the store {self.name} cannot be read: {error_line(error)}") from error

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        self._engine.dispose()

    def __enter__(self) -> "Snapshot":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _no_use(name: str, version: int) -> str:
    if not version:
        return f"there is no store in {name}; a crawl makes one"
    remedy = "the next crawl upgrades it" if version <= len(MIGRATIONS) else "install a newer crawler"
    return f"the store {name} has schema version {version}, and this crawler reads {len(MIGRATIONS) + 1}: {remedy}"


def _connect(engine: Engine) -> Connection:
    if engine.dialect.name == "postgresql":
        return engine.connect().execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    return engine.connect()
