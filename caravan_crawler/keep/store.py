"""The store: opened once per run, written in small commits of whole pages, asked once per page of links."""

import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from sqlalchemy import URL, Connection, Executable, exists, or_, select
from sqlalchemy.engine import CursorResult
from sqlalchemy.exc import SQLAlchemyError

from caravan_crawler.keep import clock
from caravan_crawler.keep.engine import make_engine, shown, words
from caravan_crawler.keep.errors import StoreError, StoreRefusedError
from caravan_crawler.keep.lock import Lock, lock_file, lock_sessions, wait_for_turn
from caravan_crawler.keep.lookup import Lookup
from caravan_crawler.keep.migrations import note, noted, upgrade
from caravan_crawler.keep.owner import edition_held
from caravan_crawler.keep.schema import articles, failures, frontier, other_pages, sources
from caravan_crawler.keep.transactions import Transactions, transactions
from caravan_crawler.keep.writes import Statements, Writes

#: An address that gave no article may become one's; so long it is not asked for again.
_NO_ARTICLE_FOR = timedelta(days=30)
#: At full speed so many pages share a commit, as each is fetched again where a kill comes first; to a server each
#: commit is a message and an answer. A page that comes alone is committed at once.
_PAGES_A_COMMIT = {"sqlite": 4, "postgresql": 8}
_LONGEST_WAIT = 0.1

Result = TypeVar("Result")

_ANYTHING_THERE = select(
    or_(*(exists(select(table)) for table in (articles, failures, other_pages, frontier, sources)))
)
_ANYTHING_KNOWN = select(or_(*(exists(select(table)) for table in (articles, failures, other_pages))))


@dataclass(frozen=True, slots=True)
class Known:
    """What the store knows of an article's address: ``stored``, ``failed`` and not due, or the kind of page it was.

    Of a stored article and of one ``outside`` the period then asked for, its section and date of publication.
    ``paths`` are those of the addresses this is known of, the canonical one of a stored article.
    """

    what: str
    section: str | None = None
    date_published: str | None = None
    paths: tuple[str, ...] = ()

    @property
    def path(self) -> str | None:
        """The path under which an article is known, the canonical one of a stored article; None for a short link."""
        return self.paths[0] if self.what in ("stored", "alias", "outside") and self.paths[0] != "/" else None

    def is_of(self, path: str) -> bool:
        """Whether it is known of this very path."""
        return path in self.paths


class Store:
    """One database, held by one run; :class:`~caravan_crawler.keep.workers.SharedStore` is one that workers share.

    Every failure of it is a :class:`StoreError` with one line for the user. Once a listener is set
    (:attr:`on_failure`), it is told instead, once; from then on nothing is written.
    """

    _is_shared = False
    was_empty = False
    """Whether it knew no address when it was opened, so that all it knows is this run's."""

    def __init__(self, url: URL, site: str) -> None:
        """Open and lock the store of ``site`` (``caravan.kz``, ``sample`` …), creating or upgrading its tables."""
        self.name = shown(url)
        self._engine = make_engine(url)
        # The driver's own errors come from what goes to it without SQLAlchemy.
        self._errors = (SQLAlchemyError, self._engine.dialect.loaded_dbapi.Error)
        self._lock: Lock | None = None
        self._connection: Connection | None = None
        self._pending = Writes()
        self._pages = 0
        self._last_commit = 0.0
        self.on_failure: Callable[[StoreError], None] | None = None
        self.is_broken = False
        is_sqlite = url.get_backend_name() == "sqlite"
        self._pages_a_commit = _PAGES_A_COMMIT["sqlite" if is_sqlite else "postgresql"]
        self._statements = Statements(self._engine.dialect)
        self._lookup = Lookup(self._engine.dialect)
        try:
            if is_sqlite:
                database = Path(url.database or "")
                database.parent.mkdir(parents=True, exist_ok=True)
                self._lock = lock_file(database)
            else:
                lock_sessions(self._engine, self.name, shared=self._is_shared)
            self._connection = self._engine.connect()
            self._transactions: Transactions = transactions(self._connection)
            with self._connection.begin():
                self._wait_for_turn()
                upgrade(self._connection)
            with self._connection.begin():
                self._wait_for_turn()
                # A write, and the first thing of its transaction: whether the store can be written shows here,
                # and where another program is writing to it, this waits.
                note(self._connection, "opened_at", clock.now())
                self._claim(self._connection, site)
                self.was_empty = not self._is_shared and not self._connection.scalar(_ANYTHING_KNOWN)
        except (*self._errors, OSError) as error:
            self.close()
            raise StoreError(f"the store {self.name} cannot be opened: {words(error)}") from error
        except StoreError:
            self.close()
            raise

    def _claim(self, connection: Connection, site: str) -> None:
        """See that the store holds this site: another one's articles have the same numbers."""
        noted_as = noted(connection, "site")
        held = edition_held(connection.execute)
        if held is not None and held != site and not connection.scalar(_ANYTHING_THERE):
            held = None  # an earlier run came nowhere
        if held is None or (held == site and held != noted_as):
            note(connection, "site", site)
        elif held != site:
            raise StoreRefusedError(
                f"{self.name} holds the articles of {held}; keep those of {site} elsewhere: -s DATA_DIR=FOLDER"
            )

    @property
    def connection(self) -> Connection:
        """The open connection."""
        assert self._connection is not None, "the store is closed"
        return self._connection

    def execute_all(self, *statements: Executable) -> None:
        """Carry out several statements in a commit of their own."""
        self.flush()

        def work() -> None:
            with self.connection.begin():
                self._begin_write()
                for statement in statements:
                    self.connection.execute(statement)

        try:
            self._change(work)
        except self._errors as error:
            raise StoreError(f"the store {self.name} failed: {words(error)}") from error

    def execute(self, statement: Executable, rows: Any = None) -> "CursorResult[Any]":
        """Ask the store, or write to it in a commit of its own."""
        self._settle()

        def work() -> "CursorResult[Any]":
            with self.connection.begin():
                self._begin_write()
                return self.connection.execute(statement, rows)

        try:
            return self._change(work)
        except self._errors as error:
            raise StoreError(f"the store {self.name} failed: {words(error)}") from error

    def rows(self, statement: Executable, **values: Any) -> list[Any]:
        """Return all rows of a query; none once the store has failed and the listener knows."""
        self._settle()
        if self.is_broken:
            return []

        def work() -> list[Any]:
            with self.connection.begin():
                return list(self.connection.execute(statement, values).all())

        try:
            return self._read(work)
        except self._errors as error:
            self._cannot("read", error)
            return []

    def known(self, keys: Iterable[str], now: str) -> dict[str, Known]:
        """Return what is known of these articles' keys at the time ``now``; one query."""
        self._settle()
        if self.is_broken:
            return {}
        wanted = list(keys)

        def work() -> list[Any]:
            with self._transactions.asking() as cursor:
                return self._lookup.ask(cursor, wanted, now, clock.after(now, -_NO_ARTICLE_FOR))

        try:
            rows = self._read(work)
        except self._errors as error:
            self._cannot("read", error)
            return {}
        found: dict[str, Known] = {}
        for key, what, section, day, url in rows:
            path = urlsplit(url).path.rstrip("/") + "/"
            if key not in found or what == "stored":
                found[key] = Known(what, section, day, (path,))
            elif found[key].what != "stored":
                found[key] = replace(found[key], paths=(*found[key].paths, path))
        return found

    def write(self, page: Writes) -> None:
        """Take what one page leads to; it is committed whole, soon or at once."""
        if self.is_broken:
            return
        self._pending.add_all(page)
        self._pages += 1
        if self._pages >= self._pages_a_commit or time.monotonic() - self._last_commit > _LONGEST_WAIT:
            self._commit()

    def flush(self) -> None:
        """Commit everything taken, and wait until it is; where that fails, nothing of it is in the store."""
        self._commit()
        self._settle()

    def _commit(self) -> None:
        if self.is_broken or not self._pages:
            return
        pending, self._pending, self._pages = self._pending, Writes(), 0

        def carry_out(cursor: Any) -> None:
            self._begin_write()
            self._statements.carry_out(pending, cursor)

        try:
            self._send(carry_out)
        except self._errors as error:
            self._cannot("written", error)
        self._last_commit = time.monotonic()

    def _settle(self) -> None:
        """Learn whether the last commit was made."""
        try:
            self._wait_for_answer()
        except self._errors as error:
            self._cannot("written", error)

    def _wait_for_turn(self) -> None:
        if self._is_shared:
            wait_for_turn(self.connection)

    # A shared store does these again after a lost connection.

    def _begin_write(self) -> None:
        """Do what comes first in a transaction that writes."""
        self._wait_for_turn()

    def _change(self, work: Callable[[], Result]) -> Result:
        return work()

    def _read(self, work: Callable[[], Result]) -> Result:
        return work()

    def _send(self, work: Callable[[Any], None]) -> None:
        self._transactions.commit(work)

    def _wait_for_answer(self) -> None:
        self._transactions.settle()

    def _cannot(self, be: str, cause: Exception) -> None:
        error = StoreError(f"the store {self.name} cannot be {be}: {words(cause)}")
        was_broken, self.is_broken = self.is_broken, True
        if self.on_failure is None:
            raise error from cause
        if not was_broken:
            self.on_failure(error)

    def close(self) -> None:
        """Let go of database and lock; what was not committed is dropped."""
        if self._connection is not None:
            with suppress(*self._errors):
                self._transactions.settle()
            self._connection.close()
            self._connection = None
        if self._lock is not None:
            self._lock.release()
            self._lock = None
        self._engine.dispose()
