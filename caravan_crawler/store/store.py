"""The store: whose articles it holds, whole pages in a commit, look-ups by key."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from errno import EDQUOT, EIO, ENOSPC
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from filelock import BaseFileLock
from sqlalchemy import URL, Connection, Executable, exists, or_, select
from sqlalchemy.engine import CursorResult
from sqlalchemy.exc import SQLAlchemyError

from caravan_crawler.arguments import SAMPLE
from caravan_crawler.store import database
from caravan_crawler.store.database import StoreError, StoreRefusedError, error_line
from caravan_crawler.store.schema import (
    Ask,
    articles,
    failures,
    frontier,
    note,
    other_pages,
    read_note,
    sources,
    upgrade,
)
from caravan_crawler.store.statements import Writes, known_pages, write_statements
from caravan_crawler.urls import PUBLIC_HOSTS, Address, Site, article_address

#: The edition of any site that is neither the original nor another edition of it.
COPY = "copy"
_ORIGINAL = "caravan.kz"
#: Name of the note with the identity that the site reports.
IDENTITY = "identity"

#: A URL without an article is not requested again for this time; later it may have one.
_NO_ARTICLE_FOR = timedelta(days=30)

#: Editions as messages name them.
_TITLES = {SAMPLE: "the sample site", COPY: "a copy of the site"}

Result = TypeVar("Result")

_ANYTHING_THERE = select(
    or_(*(exists(select(table)) for table in (articles, failures, other_pages, frontier, sources)))
)


@dataclass(frozen=True, slots=True)
class Known:
    """An article's state in the store: ``stored``, ``failed`` and not due, ``alias``, ``outside`` or a page kind.

    Section and date of publication are known of articles that are stored or ``outside`` the period of their run.
    ``paths`` belong to the URLs with this state, as written; of a stored article it is the canonical one.
    """

    what: str
    section: str | None = None
    date_published: str | None = None
    paths: tuple[str, ...] = ()

    @property
    def path(self) -> str | None:
        """Path of the article, canonical if it is stored; None for a short link or if there is no article."""
        if self.what not in ("stored", "alias", "outside") or self.paths[0] == "/":
            return None
        return self.paths[0].rstrip("/") + "/"

    def is_of(self, address: Address) -> bool:
        """Whether the state belongs to this URL of an article, as written."""
        return ("/" if address.path is None else address.spelling) in self.paths

    @property
    def is_of_own_path(self) -> bool:
        """Whether the state belongs to an own path, not only to short links and other spellings of one."""
        addresses = filter(None, map(article_address, self.paths))
        return any(address.spelling == address.path for address in addresses)


class Store:
    """One database, locked by one run; workers use :class:`~caravan_crawler.store.workers.SharedStore`.

    Failures raise :class:`StoreError` with one line for the user. If a listener is set (:attr:`on_failure`), failures
    of :meth:`write`, :meth:`rows` and :meth:`known` call it once instead; then pages are not stored.
    """

    _is_shared = False
    was_empty = False
    """Whether no earlier run had stored anything when it was opened."""
    is_on_server = False
    """Whether runs on other machines, with folders of their own, may use it."""

    def __init__(self, url: URL, site: str) -> None:
        """Open and lock the store of ``site`` (``caravan.kz``, ``sample`` …); create or upgrade its tables."""
        self.name = database.without_password(url)
        self._engine = database.make_engine(url)
        self._lock: BaseFileLock | None = None
        self._connection: Connection | None = None
        self.on_failure: Callable[[StoreError], None] | None = None
        self.is_broken = False
        is_sqlite = url.get_backend_name() == "sqlite"
        self.is_on_server = not is_sqlite
        self._statements = write_statements(self._engine.dialect)
        self._known_pages = known_pages(self._engine.dialect)
        try:
            if is_sqlite and url != database.TEMPORARY:
                self._lock = database.lock_file(_in_its_folder(Path(url.database or "")))
            elif not is_sqlite:
                database.lock_sessions(self._engine, self.name, shared=self._is_shared)
            self._connection = self._engine.connect()
            with self._connection.begin():
                if self._is_shared:
                    database.wait_for_turn(self._connection)
                upgrade(self._connection)
            with self._connection.begin():
                if self._is_shared:
                    database.wait_for_turn(self._connection)
                # The transaction begins with a write: it fails if the store is read-only, and waits while another
                # program is writing.
                note(self._connection, "opened_at", database.now())
                self.was_empty = not self._connection.scalar(_ANYTHING_THERE)
                self._claim(self._connection, site)
            self._file = Path(url.database) if url.database and is_sqlite else None
            self._inode = self._file and self._file.stat().st_ino
        except (SQLAlchemyError, OSError) as error:
            self.close()
            raise StoreError(f"the store {self.name} cannot be opened: {error_line(error)}") from error
        except StoreError:
            self.close()
            raise

    def _claim(self, connection: Connection, site: str) -> None:
        """Check that the store belongs to this site, because articles of another one have the same numbers."""
        noted_as = read_note(connection.execute, "site")
        held = edition_held(connection.execute)
        if held != site and self.was_empty:
            held = None
        if held is None or (held == site and held != noted_as):
            note(connection, "site", site)
        elif held != site:
            raise StoreRefusedError(
                f"{self.name} holds the articles of {_TITLES.get(held, held)}; "
                f"for those of {_TITLES.get(site, site)} name another folder: -s DATA_DIR=FOLDER"
            )

    def check_place(self) -> None:
        """Fail if the file has been removed or replaced: what this run has stored ends with it."""
        if self._file is not None and not (self._file.exists() and self._file.stat().st_ino == self._inode):
            self.fail(StoreError(f"another program has removed or replaced the store {self.name} during the run"))

    def join(self, run_id: str) -> None:
        """Show the workers that share the store that a run is alive, before the run is stored."""

    def is_alive(self, run_id: str) -> bool:
        """Whether another worker, which shares the store, does this run."""
        return False

    @property
    def connection(self) -> Connection:
        """The open connection."""
        assert self._connection is not None, "the store is closed"
        return self._connection

    def execute_all(self, *statements: Executable) -> None:
        """Execute several statements in a transaction of their own."""
        self._execute(lambda connection: [connection.execute(statement) for statement in statements])

    def execute(self, statement: Executable, rows: Any = None) -> "CursorResult[Any]":
        """Execute a statement in a transaction of its own."""
        return self._execute(lambda connection: connection.execute(statement, rows))

    def note(self, name: str, value: str) -> None:
        """Set the value of ``name`` in ``store_info``; :func:`read_note` returns it."""
        self._execute(lambda connection: note(connection, name, value))

    def _execute(self, work: Callable[[Connection], Result]) -> Result:
        try:
            return self._transact(work, is_write=True)
        except SQLAlchemyError as error:
            raise self._error("failed", error) from error

    def rows(self, statement: Executable, **values: Any) -> list[Any]:
        """Return all rows of a query; none after a failure that was reported to the listener."""
        if self.is_broken:
            return []
        try:
            return self._transact(lambda connection: list(connection.execute(statement, values).all()), is_write=False)
        except SQLAlchemyError as error:
            self.fail(self._error("cannot be read", error))
            return []

    def scalars(self, statement: Executable, **values: Any) -> list[Any]:
        """Return the first column of a query's rows."""
        return [row[0] for row in self.rows(statement, **values)]

    def scalar(self, statement: Executable, **values: Any) -> Any:
        """Return the first column of a query's first row; None if it has no row."""
        return next(iter(self.scalars(statement, **values)), None)

    def known(self, keys: Iterable[str], now: str) -> dict[str, Known]:
        """Return the state of each article whose key is known at the time ``now``; one query."""
        lately = database.after(now, -_NO_ARTICLE_FOR)
        found: dict[str, Known] = {}
        for key, what, section, day, url in self.rows(self._known_pages, keys=list(keys), now=now, lately=lately):
            path = urlsplit(url).path or "/"
            if key not in found or what == "stored":
                found[key] = Known(what, section, day, (path,))
            elif found[key].what != "stored":
                found[key] = replace(found[key], paths=(*found[key].paths, path))
        return found

    def write(self, writes: Writes) -> None:
        """Store the rows of a page, all in one transaction; if that fails, none of them."""
        if self.is_broken:
            return
        try:
            self._transact(lambda connection: writes.execute(connection, self._statements), is_write=True)
        except SQLAlchemyError as error:
            self.fail(self._error("cannot be written", error))

    def _begin_write(self) -> None:
        """Execute the first statements of a transaction that writes."""

    def _transact(self, work: Callable[[Connection], Result], *, is_write: bool) -> Result:
        """Do ``work`` in a transaction; ``SharedStore`` repeats it after a lost connection."""
        with self.connection.begin():
            if is_write:
                self._begin_write()
            return work(self.connection)

    def fail(self, error: StoreError) -> None:
        """Call the listener with the store's first failure; raise the error if there is none."""
        was_broken, self.is_broken = self.is_broken, True
        if self.on_failure is None:
            raise error
        if not was_broken:
            self.on_failure(error)

    def _error(self, problem: str, cause: Exception) -> StoreError:
        return StoreError(f"the store {self.name} {problem}: {error_line(cause)}")

    def close(self) -> None:
        """Close the database and release the lock."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        if self._lock is not None:
            self._lock.release()
            self._lock = None
        self._engine.dispose()


def _in_its_folder(file: Path) -> Path:
    """Create the folder of a store's file, and its lock file; return the file."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        # FileLock takes a place where no file can be created for a locked one.
        file.with_name(f"{file.name}.lock").touch()
    except OSError as error:
        if error.errno in (ENOSPC, EDQUOT, EIO):
            raise
        raise StoreRefusedError(f"the store {file} cannot be written: {error.strerror}") from None
    return file


def open_store(setting: str | None, data_dir: str, site: str, *, shared: bool = False) -> Store:
    """Open the store for a run on ``site``, the spider argument; ``shared`` with other workers.

    Raise :class:`~caravan_crawler.store.database.StoreError`, which has the exit code, if that fails.
    """
    url = database.store_url(setting, data_dir)
    if not shared:
        return Store(url, edition(site))
    from caravan_crawler.store.workers import SharedStore

    return SharedStore(url, edition(site))


def edition(site: str) -> str:
    """Return the edition of a site: a host of caravan.kz, the sample site, or a copy.

    All other hosts count as one copy, because their names and ports change from run to run. Which site a copy is of,
    :mod:`~caravan_crawler.downloadermiddlewares` reads in its responses.
    """
    if site == SAMPLE:
        return SAMPLE
    (host,) = [host for host in Site(site).hosts if not host.startswith("www.")] or [""]
    return host if host in PUBLIC_HOSTS or host.endswith(".caravan.kz") else COPY


def edition_held(ask: Ask) -> str | None:
    """Return the edition that a store belongs to, or None if it is new.

    A store that is noted as the original belongs to a copy if its articles have URLs of another host.
    """
    held = read_note(ask, "site")
    if held == _ORIGINAL:
        urls = [url for (url,) in ask(select(articles.c.url).limit(1))]
        if urls and urlsplit(urls[0]).netloc not in PUBLIC_HOSTS:
            return COPY
    return held


def site_identity(ask: Ask) -> str | None:
    """Return the identity the site reports: empty if it reports none, None before the first response."""
    return read_note(ask, IDENTITY)


def identity_problem(held: str | None, said: str) -> str | None:
    """Return a message if the site is not the store's, or None."""
    if held is None or said == held:
        return None
    return f"the articles of {_shown(held)}; for those of {_shown(said)} name another folder: -s DATA_DIR=FOLDER"


def _shown(said: str) -> str:
    return f"a sample site ({said})" if said else "a site that does not say which it is"


def site_title(ask: Ask) -> str:
    """Return the name of the site for reports and datasets."""
    held = edition_held(ask) or ""
    said = site_identity(ask)
    if held == COPY:
        return f"a sample site ({said})" if said else "a copy of the site"
    return held


def site_name(ask: Ask) -> str:
    """Return the name of the site, without the identity that a copy reports."""
    name = site_title(ask).partition(" (")[0]
    return _TITLES[SAMPLE] if name == SAMPLE else name
