"""A crawl shared by several workers, coordinated by PostgreSQL.

Each worker is a run. It claims rows of the table ``frontier`` for the duration of a lease, and the transaction that
stores an article deletes its row. Each worker holds an advisory lock while it is alive, and the leader one more; the
server releases them when the connection ends. The table ``pace`` has the time of the next request, by the server's
clock.
"""

import logging
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from time import monotonic
from typing import Any, NamedTuple

from sqlalchemy import URL, Connection, Executable, select, text
from sqlalchemy.exc import SQLAlchemyError

from caravan_crawler.store.database import StoreError, error_line, wait_for_turn
from caravan_crawler.store.schema import read_note, runs
from caravan_crawler.store.statements import Writes
from caravan_crawler.store.store import Result, Store

logger = logging.getLogger(__name__)

#: The first of an advisory lock's two keys; the second is the hash of a run_id or scope.
_ALIVE, _LEADER = 722_605, 722_606
#: After this many workers have died while they read an article, it counts as failed.
MOST_DEATHS = 3
#: Seconds that a worker has to take its locks again after a lost connection.
GRACE = 3.0
#: Seconds between two attempts to connect.
_PAUSE = 0.3
_NOW = "extract(epoch FROM clock_timestamp())::float8"
#: Speculative rows and short links (a page may link to the article's own URL). The leader reads them last, as a run
#: without other workers does.
_LAST = "(is_speculative <> 0 OR url LIKE '%?p=%' OR url LIKE '%&p=%')"
#: Value of ``claims`` for rows that this crawl does not claim again, because reading their pages raised an error.
_GIVEN_UP = -1
_CLAIM = f"""
UPDATE frontier SET claimed_by = :run_id, claimed_until = {_NOW} + :lease, claims = claims + 1
WHERE scope = :scope AND key IN (
    SELECT key FROM frontier WHERE scope = :scope AND %s
    ORDER BY found_at LIMIT :most FOR UPDATE SKIP LOCKED
) RETURNING key, url, claims, reach
"""
_NEW, _SUSPECT, _BY_KEY = (
    text(_CLAIM % condition)
    for condition in (
        f"claims = 0 AND NOT {_LAST}",
        f"claims > 0 AND claimed_by IS DISTINCT FROM :run_id AND claimed_until < {_NOW}",
        "key = :key AND claims >= 0",
    )
)
_LEADER_END = text("""
SELECT coalesce(exit_code, -1) FROM runs JOIN store_info ON value = run_id WHERE name = :name AND ended_at IS NOT NULL
""")
_SYNCHRONOUS = text("SET LOCAL synchronous_commit = on")
_NUMBER = text("UPDATE runs SET commits = :number WHERE run_id = :run_id")
_RENEW = text(f"UPDATE frontier SET claimed_until = {_NOW} + :lease WHERE claimed_by = :run_id AND claims > 0")
_HELD = text("SELECT key FROM frontier WHERE claimed_by = :run_id AND claims > 0")
_RELEASE = text(
    "UPDATE frontier SET claimed_by = NULL, claimed_until = 0, claims = claims - 1"
    " WHERE claimed_by = :run_id AND claims > 0"
)
_GIVE_UP = text(
    f"UPDATE frontier SET claims = {_GIVEN_UP} WHERE claimed_by = :run_id AND claims > 0 AND key = ANY(:keys)"
)
_FORGIVE = text("UPDATE frontier SET claims = 0, claimed_by = NULL WHERE scope = :scope AND claims < 0")
_UNREAD = text(
    "SELECT count(*) FROM (SELECT 1 FROM frontier WHERE scope = :scope"
    f" AND (claims > 0 OR claims = 0 AND NOT {_LAST}) LIMIT :most) AS unread"
)
_FAILED = text("""
SELECT url FROM failures JOIN runs ON runs.run_id = failures.run_id
WHERE url = ANY(:urls) AND ended_at IS NULL AND runs.run_id <> :run_id
""")
_RESERVE = text(f"""
INSERT INTO pace AS held (host, next_at, blocked_until) VALUES (:host, {_NOW} + :delay, 0)
ON CONFLICT (host) DO UPDATE SET next_at = greatest(held.next_at, held.blocked_until, {_NOW}) + :delay
RETURNING next_at - :delay - {_NOW}
""")
_BLOCKED = text(f"SELECT blocked_until - {_NOW} FROM pace WHERE host = :host")
_SILENT = text(f"SELECT {_NOW} - greatest(next_at, blocked_until) FROM pace WHERE host = :host")
_BLOCK = text(f"""
INSERT INTO pace AS held (host, next_at, blocked_until) VALUES (:host, 0, {_NOW} + :seconds)
ON CONFLICT (host) DO UPDATE SET blocked_until = greatest(held.blocked_until, {_NOW} + :seconds) RETURNING 1
""")


class SharedStore(Store):
    """A store in PostgreSQL that several workers use at the same time; it excludes runs without other workers.

    If :attr:`patience` is set, a lost connection is made again, and the process waits for it. Each commit writes its
    number into the row of the run: after a lost connection it says whether the last commit was made.
    """

    _is_shared = True
    patience = 0.0
    """Seconds to wait for a lost connection."""

    def __init__(self, url: URL, site: str) -> None:
        self.run_id = ""
        self.leads_scope: str | None = None
        """The scope whose leader this worker is."""
        self.reconnected_at = float("-inf")
        self._number = 0
        super().__init__(url, site)

    def join(self, run_id: str) -> None:
        """Take the lock that shows that this run is alive."""
        self.run_id = run_id
        self.ask("pg_advisory_lock", _ALIVE, run_id)

    def is_alive(self, run_id: str) -> bool:
        """Whether the worker of a run holds its lock."""
        return not self.ask("pg_try_advisory_xact_lock", _ALIVE, run_id)

    @property
    def is_leader(self) -> bool:
        """Whether this worker walks listings and sitemaps."""
        return self.leads_scope is not None

    def ask(self, function: str, number: int, name: str) -> bool:
        """Call a function for a lock; ``…_xact_lock`` takes it until the end of the transaction, if it is free."""
        return bool(self.scalar(text(f"SELECT {function}(:number, hashtext(:name))"), number=number, name=name))

    def _begin_write(self) -> None:
        wait_for_turn(self.connection)
        # Otherwise a crash of the server could lose articles that this worker publishes later.
        self.connection.execute(_SYNCHRONOUS)
        self.connection.execute(_NUMBER, {"number": self._number, "run_id": self.run_id})

    def _transact(self, work: Callable[[Connection], Result], *, is_write: bool) -> Result:
        """Execute ``work``; repeat it after a lost connection unless it was committed."""
        self._number += is_write
        is_repeated = False
        while True:
            try:
                if is_repeated and is_write and self._last_commit() == self._number:
                    return None  # type: ignore[return-value]  # no caller needs it in a crawl
                return super()._transact(work, is_write=is_write)
            except SQLAlchemyError as error:
                self._reconnect(error)
                is_repeated = True

    def _last_commit(self) -> int | None:
        with self.connection.begin():
            return self.connection.scalar(select(runs.c.commits).where(runs.c.run_id == self.run_id))

    def _reconnect(self, cause: Exception) -> None:
        """Connect again and take the locks; raise ``cause`` if the connection is not lost or cannot be made again."""
        if not self.patience or not (self.connection.closed or self.connection.invalidated):
            raise cause
        logger.warning("The store %s does not answer, and the worker waits for it: %s", self.name, error_line(cause))
        give_up = monotonic() + self.patience
        while True:
            try:
                with suppress(SQLAlchemyError):
                    self.connection.invalidate()
                    self.connection.close()
                self._engine.dispose()
                self._connection = self._engine.connect()
                self._lock_again()
            except (SQLAlchemyError, StoreError):
                if monotonic() > give_up:
                    raise cause from None
                time.sleep(_PAUSE)
            else:
                break
        self.reconnected_at = monotonic()
        logger.info("The store %s answers again", self.name)

    def _lock_again(self) -> None:
        for number, name in ((_ALIVE, self.run_id), (_LEADER, self.leads_scope)):
            if name is None:
                continue
            with self.connection.begin():
                lock = text("SELECT pg_try_advisory_lock(:number, hashtext(:name))")
                is_held = self.connection.scalar(lock, {"number": number, "name": name})
            if not is_held and number == _ALIVE:
                raise StoreError("the server still holds the lock of the lost connection")
            if not is_held:
                logger.warning("Another worker has become the leader")
                self.leads_scope = None


class Claim(NamedTuple):
    """A row of the frontier, claimed by this worker."""

    key: str
    url: str
    claims: int
    reach: dict[str, Any] | None
    """Meta of the request, from the page with the link."""


class Workers:
    """The state that the workers of a scope share; ``lease`` is in seconds."""

    def __init__(self, store: SharedStore, scope: str, lease: float) -> None:
        self._store = store
        self._scope = scope
        self._leaderless_since: float | None = None
        self._values = {"scope": scope, "run_id": store.run_id, "lease": lease}

    # The leader

    def lead(self) -> bool:
        """Try to become the leader; the leader makes rows claimable that an earlier crawl gave up."""
        if not self._store.is_leader:
            if not self._store.ask("pg_try_advisory_lock", _LEADER, self._scope):
                return False
            self._store.leads_scope = self._scope
        self._store.write(Writes().add("noted", name=self._note, value=self._store.run_id))
        self._store.execute(_FORGIVE, self._values)
        return True

    @property
    def leader(self) -> str | None:
        """The run_id of the leader, or of the last one; None if there was none."""
        return read_note(self._store.rows, self._note)

    def leader_is_gone(self) -> bool:
        """Return whether the leader has ended, or has lost its lock for longer than ``GRACE``."""
        if not self._store.ask("pg_try_advisory_xact_lock", _LEADER, self._scope):
            self._leaderless_since = None
            return False
        since = self._leaderless_since = self._leaderless_since or monotonic()
        has_grace = monotonic() - max(since, self._store.reconnected_at) <= GRACE
        return self.leader_code is not None or not has_grace

    @property
    def leader_code(self) -> int | None:
        """The exit code with which the leader has ended, or None."""
        code: int | None = self._store.scalar(_LEADER_END, name=self._note)
        return code

    @property
    def _note(self) -> str:
        return f"leader {self._scope}".strip()

    # Claims

    def claim(self, most: int) -> list[Claim]:
        """Claim up to ``most`` articles that no worker has claimed."""
        return self._claim(_NEW, most=most)

    def claim_suspect(self) -> Claim | None:
        """Claim an article whose worker has died or is frozen, so that it has not renewed its lease."""
        if monotonic() - self._store.reconnected_at < GRACE:
            return None  # after an outage of the server the other workers need time to renew their leases
        return next(iter(self._claim(_SUSPECT)), None)

    def claim_key(self, key: str) -> Claim | None:
        """Claim an article by its key: a short link or a speculative URL."""
        return next(iter(self._claim(_BY_KEY, key=key)), None)

    def _claim(self, statement: Executable, *, most: int = 1, **values: Any) -> list[Claim]:
        return [Claim(*row) for row in self._store.rows(statement, **self._values, most=most, **values)]

    def renew(self) -> None:
        """Renew the leases of this worker."""
        self._store.execute(_RENEW, self._values)

    def settle(self, asked: Collection[str]) -> None:
        """Settle the claims that are left when the worker has no requests.

        Reading the pages of the keys ``asked`` raised an error: this crawl does not claim them again. Other claims
        never reached the worker, as the connection was lost: they are released.
        """
        held = self._store.scalars(_HELD, **self._values)
        if given_up := [key for key in held if key in asked]:
            self._store.execute(_GIVE_UP, {**self._values, "keys": given_up})
        if len(given_up) < len(held):
            self.release()

    def release(self) -> None:
        """Release the articles that this worker has claimed and not read."""
        self._store.execute(_RELEASE, self._values)

    def failed(self, urls: list[str]) -> set[str]:
        """Return those of these URLs that failed in a run of another worker that has not ended."""
        return set(self._store.scalars(_FAILED, urls=urls, **self._values))

    def unread(self, most: int = 100) -> int:
        """Return the number of unread articles, at most ``most``, without those that the leader reads last."""
        number = self._store.scalar(_UNREAD, **self._values, most=most)
        return 1 if number is None else int(number)


class Pace:
    """The time of the next request to ``host``, shared by all workers."""

    def __init__(self, store: Store, host: str) -> None:
        self._store = store
        self._host = host

    def reserve(self, delay: float) -> float:
        """Reserve the next request; return the seconds until then."""
        return self._seconds(_RESERVE, delay=delay) if delay > 0 else self.blocked()

    def blocked(self) -> float:
        """Return the seconds until requests are allowed again."""
        return self._seconds(_BLOCKED)

    def silent(self) -> float:
        """Return the seconds since the last request or the end of a pause; 0 if requests have no delay."""
        return self._seconds(_SILENT)

    def block(self, seconds: float) -> None:
        """Block the requests of all workers for some seconds."""
        self._store.rows(_BLOCK, host=self._host, seconds=seconds)

    def _seconds(self, statement: Executable, **values: float) -> float:
        """Return the seconds of a query; 0 if there is no row, or the store has failed, which ends the run."""
        return float(self._store.scalar(statement, host=self._host, **values) or 0.0)
