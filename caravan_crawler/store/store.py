"""The store: opened once per run, written in small commits of whole pages, asked once per page of links."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from sqlalchemy import URL, Connection, Executable, exists, or_, select
from sqlalchemy.engine import CursorResult
from sqlalchemy.exc import SQLAlchemyError

from caravan_crawler.arguments import SAMPLE
from caravan_crawler.store import database
from caravan_crawler.store.database import (
    Lock,
    StoreError,
    StoreRefusedError,
    lock_file,
    lock_sessions,
    make_engine,
    shown,
    store_url,
    wait_for_turn,
    words,
)
from caravan_crawler.store.origin import COPY, edition_held
from caravan_crawler.store.schema import articles, failures, frontier, note, noted, other_pages, sources, upgrade
from caravan_crawler.store.statements import Writes, known_pages, write_statements
from caravan_crawler.urls import PUBLIC_HOSTS, Site

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
    """One database, held by one run; :class:`~caravan_crawler.store.workers.SharedStore` is one that workers share.

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
        self._lock: Lock | None = None
        self._connection: Connection | None = None
        self._pending = Writes()
        self._pages = 0
        self._last_commit = 0.0
        self.on_failure: Callable[[StoreError], None] | None = None
        self.is_broken = False
        is_sqlite = url.get_backend_name() == "sqlite"
        self._pages_a_commit = _PAGES_A_COMMIT["sqlite" if is_sqlite else "postgresql"]
        self._statements = write_statements(self._engine.dialect)
        self._known_pages = known_pages(self._engine.dialect)
        try:
            if is_sqlite:
                file = Path(url.database or "")
                file.parent.mkdir(parents=True, exist_ok=True)
                self._lock = lock_file(file)
            else:
                lock_sessions(self._engine, self.name, shared=self._is_shared)
            self._connection = self._engine.connect()
            with self._connection.begin():
                self._wait_for_turn()
                upgrade(self._connection)
            with self._connection.begin():
                self._wait_for_turn()
                # A write, and the first thing of its transaction: whether the store can be written shows here,
                # and where another program is writing to it, this waits.
                note(self._connection, "opened_at", database.now())
                self._claim(self._connection, site)
                self.was_empty = not self._is_shared and not self._connection.scalar(_ANYTHING_KNOWN)
        except (SQLAlchemyError, OSError) as error:
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
        """Execute several statements in a transaction of their own."""
        self.flush()

        def work(connection: Connection) -> None:
            for statement in statements:
                connection.execute(statement)

        self._execute(work)

    def execute(self, statement: Executable, rows: Any = None) -> "CursorResult[Any]":
        """Execute a statement in a transaction of its own."""
        return self._execute(lambda connection: connection.execute(statement, rows))

    def _execute(self, work: Callable[[Connection], Result]) -> Result:
        try:
            return self._change(work)
        except SQLAlchemyError as error:
            raise StoreError(f"the store {self.name} failed: {words(error)}") from error

    def rows(self, statement: Executable, **values: Any) -> list[Any]:
        """Return all rows of a query; none after a failure that was reported to the listener."""
        if self.is_broken:
            return []
        try:
            return self._read(lambda connection: list(connection.execute(statement, values).all()))
        except SQLAlchemyError as error:
            self._fail("read", error)
            return []

    def known(self, keys: Iterable[str], now: str) -> dict[str, Known]:
        """Return what is known of these articles' keys at the time ``now``; one query."""
        lately = database.after(now, -_NO_ARTICLE_FOR)
        found: dict[str, Known] = {}
        for key, what, section, day, url in self.rows(self._known_pages, keys=list(keys), now=now, lately=lately):
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
        """Commit what is pending; if that fails, none of it is stored."""
        self._commit()

    def _commit(self) -> None:
        if self.is_broken or not self._pages:
            return
        pending, self._pending, self._pages = self._pending, Writes(), 0
        try:
            self._change(lambda connection: self._write_rows(connection, pending))
        except SQLAlchemyError as error:
            self._fail("written", error)
        self._last_commit = time.monotonic()

    def _write_rows(self, connection: Connection, writes: Writes) -> None:
        pending = dict(writes)
        for name, statement in self._statements.items():
            if rows := pending.pop(name, None):
                connection.execute(statement, rows)
        assert not pending, f"no such statement: {set(pending)}"

    def _wait_for_turn(self) -> None:
        if self._is_shared:
            wait_for_turn(self.connection)

    # A shared store repeats these after a lost connection.

    def _begin_write(self) -> None:
        """Execute what comes first in a transaction that writes."""
        self._wait_for_turn()

    def _change(self, work: Callable[[Connection], Result]) -> Result:
        with self.connection.begin():
            self._begin_write()
            return work(self.connection)

    def _read(self, work: Callable[[Connection], Result]) -> Result:
        with self.connection.begin():
            return work(self.connection)

    def _fail(self, what: str, cause: Exception) -> None:
        error = StoreError(f"the store {self.name} cannot be {what}: {words(cause)}")
        was_broken, self.is_broken = self.is_broken, True
        if self.on_failure is None:
            raise error from cause
        if not was_broken:
            self.on_failure(error)

    def close(self) -> None:
        """Let go of database and lock; what was not committed is dropped."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        if self._lock is not None:
            self._lock.release()
            self._lock = None
        self._engine.dispose()


#: The value of ``STORE_URL`` for a run that keeps nothing.
NONE = "none"


class NoStore(Store):
    """Keeps nothing and knows nothing: each run reads everything anew."""

    def __init__(self) -> None:
        self.name = NONE
        self.on_failure = None
        self.is_broken = False
        self.was_empty = True

    def execute_all(self, *statements: Executable) -> None:
        """Do nothing."""

    def execute(self, statement: Executable, rows: Any = None) -> Any:
        """Do nothing."""

    def rows(self, statement: Executable, **values: Any) -> list[Any]:
        """Return nothing."""
        return []

    def known(self, keys: Iterable[str], now: str) -> dict[str, Known]:
        """Return nothing."""
        return {}

    def write(self, page: Writes) -> None:
        """Forget it."""

    def flush(self) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""


def open_store(setting: str | None, data_dir: str, site: str, *, shared: bool = False) -> Store:
    """Open the store for a run on ``site``, an argument as the user gives it; ``shared`` with other workers.

    :class:`~caravan_crawler.store.database.StoreError` where it cannot be, with the exit code that means.
    """
    return NoStore() if setting == NONE else open_edition(setting, data_dir, edition(site), shared=shared)


def open_edition(setting: str | None, data_dir: str, whose: str, *, shared: bool = False) -> Store:
    """Open the store for the articles of an :func:`edition`."""
    if not shared:
        return Store(store_url(setting, data_dir), whose)
    from caravan_crawler.store.workers import SharedStore

    return SharedStore(store_url(setting, data_dir), whose)


def edition(site: str) -> str:
    """Return whose articles a site has: the original's or another edition's, the sample site's, or a copy's.

    A copy is any other host, whatever its name and port, since they change from run to run. What a copy is of only its
    responses can tell: :mod:`~caravan_crawler.downloadermiddlewares`.
    """
    if site == SAMPLE:
        return SAMPLE
    (host,) = [host for host in Site(site).hosts if not host.startswith("www.")] or [""]
    return host if host in PUBLIC_HOSTS or host.endswith(".caravan.kz") else COPY
