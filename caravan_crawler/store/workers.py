"""One crawl shared by several workers, through PostgreSQL alone.

Each worker is a run. It claims rows of the table ``frontier`` for the time of a lease, and the transaction that stores
an article deletes its row. Advisory locks say which workers live and which one is the leader; the server releases them
when the worker's connection ends. The table ``pace`` says when the next request may be sent, by the server's clock.
"""

import logging
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from time import monotonic
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import URL, Connection, select, text
from sqlalchemy.exc import SQLAlchemyError

from caravan_crawler.store.database import StoreError, words
from caravan_crawler.store.schema import runs
from caravan_crawler.store.store import Store

logger = logging.getLogger(__name__)

Result = TypeVar("Result")

#: The first of the two numbers of an advisory lock; the second is the hash of a text.
_ALIVE, _LEADER = 722_605, 722_606
#: Workers that die over one article before it counts as failed.
MOST_DEATHS = 3
#: Seconds in which a worker that has lost its connection can take its locks again.
GRACE = 3.0
#: Seconds between two attempts to connect.
_PAUSE = 0.3
_NOW = "extract(epoch FROM clock_timestamp())::float8"
#: Short links wait until all else is read, because a page may name the article's own address. Speculative rows were
#: put aside. The leader reads both at the end, as a run that is alone does.
_LAST = "(is_speculative <> 0 OR url LIKE '%?p=%' OR url LIKE '%&p=%')"
#: The value of ``claims`` in rows that this crawl does not try again: reading their pages raised an error.
_GIVEN_UP = -1
_IS_FREE = f"(claimed_by IS NULL OR claimed_by = ANY(:dead) OR claimed_by = ANY(:others) AND claimed_until < {_NOW})"
_CLAIM = f"""
UPDATE frontier SET claimed_by = :run_id, claimed_until = {_NOW} + :lease, claims = claims + 1
WHERE scope = :scope AND key IN (
    SELECT key FROM frontier WHERE scope = :scope AND %s
    ORDER BY found_at LIMIT :most FOR UPDATE SKIP LOCKED
) RETURNING key, url, claims, reach
"""
_NEW, _SUSPECT, _NAMED = (
    text(_CLAIM % condition)
    for condition in (
        f"claims = 0 AND NOT {_LAST}",
        f"claims > 0 AND claimed_by IS DISTINCT FROM :run_id AND {_IS_FREE}",
        "key = :key AND claims >= 0",
    )
)
_SYNCHRONOUS = text("SET LOCAL synchronous_commit = on")
_NUMBER = text("UPDATE runs SET commits = :number WHERE run_id = :run_id")
_RENEW = text(f"UPDATE frontier SET claimed_until = {_NOW} + :lease WHERE claimed_by = :run_id AND claims > 0")
_HELD = text("SELECT key FROM frontier WHERE claimed_by = :run_id AND claims > 0")
_RELEASE = text("UPDATE frontier SET claimed_by = NULL, claims = claims - 1 WHERE claimed_by = :run_id AND claims > 0")
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
_CLAIMING = text("""
SELECT DISTINCT claimed_by, runs.ended_at IS NOT NULL FROM frontier LEFT JOIN runs ON runs.run_id = claimed_by
WHERE frontier.scope = :scope AND claims > 0 AND claimed_by <> :run_id
""")
_RESERVE = text(f"""
INSERT INTO pace AS held (host, next_at, blocked_until) VALUES (:host, {_NOW} + :delay, 0)
ON CONFLICT (host) DO UPDATE SET next_at = greatest(held.next_at, held.blocked_until, {_NOW}) + :delay
RETURNING next_at - :delay - {_NOW}
""")
_BLOCKED = text(f"SELECT blocked_until - {_NOW} FROM pace WHERE host = :host")
_BLOCK = text(f"""
INSERT INTO pace AS held (host, next_at, blocked_until) VALUES (:host, 0, {_NOW} + :seconds)
ON CONFLICT (host) DO UPDATE SET blocked_until = greatest(held.blocked_until, {_NOW} + :seconds) RETURNING 1
""")


class SharedStore(Store):
    """A store in PostgreSQL that workers use at the same time. Runs that are alone are excluded.

    Once :attr:`patience` is set, a connection that is lost is made again: nothing else happens in the process until
    then. Each commit writes its number into the row of the run, which says whether a commit without an answer was made.
    """

    _is_shared = True
    patience = 0.0
    """Seconds in which a lost connection must be made again."""

    def __init__(self, url: URL, site: str) -> None:
        self.run_id = ""
        self.leads_scope: str | None = None
        """The kind of run of which this worker is the leader."""
        self.reconnected_at = float("-inf")
        self._number = 0
        super().__init__(url, site)

    def join(self, run_id: str) -> None:
        """Hold the lock that says that this run lives."""
        self.run_id = run_id
        self._lock_as(_ALIVE, run_id)

    def lead(self, scope: str) -> bool:
        """Try to become the leader of all runs of this kind; return whether this worker is."""
        if self.leads_scope is None and _ask(self, "pg_try_advisory_lock", _LEADER, scope):
            self.leads_scope = scope
        return self.leads_scope is not None

    def _begin_write(self) -> None:
        super()._begin_write()
        # A commit that the server confirmed and lost in a crash would be published, and not be stored.
        self.connection.execute(_SYNCHRONOUS)
        self.connection.execute(_NUMBER, {"number": self._number, "run_id": self.run_id})

    def _change(self, work: Callable[[Connection], Result]) -> Result:
        self._number += 1
        change = super()._change
        return self._persist(lambda: change(work), is_read=False)

    def _read(self, work: Callable[[Connection], Result]) -> Result:
        read = super()._read
        return self._persist(lambda: read(work), is_read=True)

    def _persist(self, work: Callable[[], Result], *, is_read: bool) -> Result:
        """Carry out ``work``, again after each lost connection, unless it was committed."""
        is_repeated = False
        while True:
            try:
                if is_repeated and not is_read and self._is_committed():
                    return None  # type: ignore[return-value]  # nobody uses the result of a change during a crawl
                return work()
            except SQLAlchemyError as error:
                self._reconnect(error)
                is_repeated = True

    def _is_committed(self) -> bool:
        with self.connection.begin():
            return self.connection.scalar(select(runs.c.commits).where(runs.c.run_id == self.run_id)) == self._number

    def _reconnect(self, cause: Exception) -> None:
        """Connect again and take the locks; raise ``cause`` where the connection was not lost, or stays lost."""
        if not self.patience or not self._is_lost():
            raise cause
        logger.warning("The store %s does not answer, and the worker waits for it: %s", self.name, words(cause))
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

    def _is_lost(self) -> bool:
        return self.connection.closed or self.connection.invalidated

    def _lock_again(self) -> None:
        locks = [(_ALIVE, self.run_id, "pg_try_advisory_lock")]
        locks += [(_LEADER, self.leads_scope, "pg_try_advisory_lock")] if self.leads_scope is not None else []
        for number, name, function in locks:
            with self.connection.begin():
                is_held = self.connection.scalar(
                    text(f"SELECT {function}(:number, hashtext(:name))"), {"number": number, "name": name}
                )
            if not is_held and number == _ALIVE:
                raise StoreError("the server still holds the lock of the lost connection")
            if not is_held:
                logger.warning("Another worker has become the leader")
                self.leads_scope = None

    def _lock_as(self, number: int, name: str) -> None:
        _ask(self, "pg_advisory_lock", number, name)


def join(store: Store, run_id: str) -> None:
    """Show the other workers that this run lives; before the run is noted."""
    if isinstance(store, SharedStore):
        store.join(run_id)


def dead(store: Store, own: str) -> list[str]:
    """Return the runs without an end whose worker is gone; ``own`` is the run that asks."""
    return [run_id for run_id in _open_runs(store) if run_id != own and not _is_alive(store, run_id)]


def living(store: Store, scope: str | None = None) -> list[str]:
    """Return the runs, or those of one kind, whose worker lives; none where the store is held alone."""
    return [run_id for run_id in _open_runs(store, scope) if _is_alive(store, run_id)]


def _open_runs(store: Store, scope: str | None = None) -> list[str]:
    query = select(runs.c.run_id).where(runs.c.ended_at.is_(None))
    return [run_id for (run_id,) in store.rows(query if scope is None else query.where(runs.c.scope == scope))]


def _is_alive(store: Store, run_id: str) -> bool:
    # The lock taken to see whether it is free ends with the question.
    return isinstance(store, SharedStore) and not _ask(store, "pg_try_advisory_xact_lock", _ALIVE, run_id)


def _ask(store: Store, function: str, number: int, name: str) -> bool:
    rows = store.rows(text(f"SELECT {function}(:number, hashtext(:name))"), number=number, name=name)
    return bool(rows and rows[0][0])


class Claim(NamedTuple):
    """A row of the frontier that this worker has claimed."""

    key: str
    url: str
    claims: int
    reach: dict[str, Any] | None
    """What the request for it carries in its meta, from the page that led to it."""

    @property
    def is_suspect(self) -> bool:
        """Whether a worker has died while it read the article, perhaps because of it."""
        return self.claims > 1


class Workers:
    """What one worker shares with the others of its kind of run; ``lease`` is in seconds."""

    def __init__(self, store: SharedStore, scope: str, lease: float) -> None:
        self._store = store
        self._scope = scope
        self._lease = lease
        self._gone_since: dict[str, float] = {}
        self._values = {"scope": scope, "run_id": store.run_id}

    # The leader

    def lead(self) -> bool:
        """Try to become the leader; the rows that an earlier crawl gave up are tried again."""
        if not self._store.lead(self._scope):
            return False
        note = text(
            "INSERT INTO store_info (name, value) VALUES (:name, :value)"
            " ON CONFLICT (name) DO UPDATE SET value = excluded.value"
        )
        self._store.execute(note, {"name": self._note, "value": self._store.run_id})
        self._store.execute(_FORGIVE, self._values)
        return True

    def leader_is_gone(self) -> bool:
        """Return whether nobody leads: the leader has ended, or it has died and does not come back."""
        # The lock taken to see whether it is free ends with the question.
        if not _ask(self._store, "pg_try_advisory_xact_lock", _LEADER, self._scope):
            self._gone_since.pop(self._note, None)
            return False
        return self._leader_end() is not None or self._is_gone_for_good(self._note)

    def is_finished(self, codes: tuple[int, ...]) -> bool:
        """Return whether the leader that is gone has finished the crawl: it ended with one of the exit ``codes``."""
        return self._leader_end() in codes

    def _leader_end(self) -> int | None:
        query = (
            "SELECT coalesce(exit_code, -1) FROM runs JOIN store_info ON value = run_id"
            " WHERE name = :name AND ended_at IS NOT NULL"
        )
        rows = self._store.rows(text(query), name=self._note)
        return rows[0][0] if rows else None

    @property
    def _note(self) -> str:
        return f"leader {self._scope}".strip()

    def _is_gone_for_good(self, name: str) -> bool:
        """Return whether a lock has been free for the time of grace, in which this worker was connected."""
        since = self._gone_since.setdefault(name, monotonic())
        return monotonic() - max(since, self._store.reconnected_at) > GRACE

    # Claims

    def claim(self, most: int) -> list[Claim]:
        """Claim articles that nobody has claimed."""
        rows = self._store.rows(_NEW, **self._values, lease=self._lease, most=most)
        return [Claim(*row) for row in rows]

    def claim_suspect(self) -> Claim | None:
        """Claim one article whose worker has died, or lives and has not renewed its lease."""
        runs_ended = dict(map(tuple, self._store.rows(_CLAIMING, **self._values)))
        gone = [run for run, has_ended in runs_ended.items() if has_ended or not _is_alive(self._store, run)]
        self._gone_since = {name: since for name, since in self._gone_since.items() if name in {*gone, self._note}}
        dead = [run for run in gone if runs_ended[run] or self._is_gone_for_good(run)]
        # After a lost connection the others begin their leases anew, too.
        is_early = monotonic() - self._store.reconnected_at < GRACE
        others = [] if is_early else [run for run in runs_ended if run not in gone]
        values = {**self._values, "lease": self._lease, "most": 1, "dead": dead, "others": others}
        rows = self._store.rows(_SUSPECT, **values)
        return Claim(*rows[0]) if rows else None

    def claim_named(self, key: str) -> Claim | None:
        """Claim one article by its key: a short link, or one that was put aside."""
        rows = self._store.rows(_NAMED, **self._values, lease=self._lease, most=1, key=key)
        return Claim(*rows[0]) if rows else None

    def renew(self) -> None:
        """Begin the leases of this worker anew."""
        self._store.execute(_RENEW, {**self._values, "lease": self._lease})

    def settle(self, asked: Collection[str]) -> None:
        """Settle the claims of a worker that has nothing to do.

        Of the keys ``asked`` no page came to an end, as reading it raised an error: they are left to the next crawl. Of
        others the answer to the claim was lost.
        """
        held = [key for (key,) in self._store.rows(_HELD, **self._values)]
        if given_up := [key for key in held if key in asked]:
            self._store.execute(_GIVE_UP, {**self._values, "keys": given_up})
        if len(given_up) < len(held):
            self.release()

    def release(self) -> None:
        """Give back what this worker has claimed and not read."""
        self._store.execute(_RELEASE, self._values)

    def failed(self, urls: list[str]) -> set[str]:
        """Return which of these URLs have failed for another worker since the row was found; they failed once."""
        return {url for (url,) in self._store.rows(_FAILED, urls=urls, **self._values)}

    def unread(self, most: int = 100) -> int:
        """Return how many articles are unread, up to ``most``, without those that wait until the end."""
        rows = self._store.rows(_UNREAD, **self._values, most=most)
        return int(rows[0][0]) if rows else 1


class Pace:
    """When the next request to ``host`` may be sent, for all workers together."""

    def __init__(self, store: Store, host: str) -> None:
        self._store = store
        self._host = host

    def reserve(self, delay: float) -> float | None:
        """Reserve the next moment; return the seconds to it, None where the store has failed."""
        if delay <= 0:
            return self.blocked()
        return self._seconds(self._store.rows(_RESERVE, host=self._host, delay=delay))

    def blocked(self) -> float | None:
        """Return for how many seconds nothing may be sent."""
        rows = self._store.rows(_BLOCKED, host=self._host)
        return None if self._store.is_broken else self._seconds(rows or [(0.0,)])

    def block(self, seconds: float) -> None:
        """Let nobody send anything for so long."""
        self._store.rows(_BLOCK, host=self._host, seconds=seconds)

    @staticmethod
    def _seconds(rows: list[Any]) -> float | None:
        return float(rows[0][0]) if rows else None
