"""The runs that share a store: which of them live, and which one leads.

PostgreSQL's advisory locks tell. A worker holds one for its run and the lead one for its kind of run; the server
lets go of both when the worker's connection ends, however it ends. A run that has its store alone leads, and all
others are dead.
"""

from uuid import uuid4

from sqlalchemy import select, text

from caravan_crawler.keep.schema import runs, store_info
from caravan_crawler.keep.store import Store

#: The first of the two numbers of a lock; the second is that of a text.
_ALIVE, _LEAD = 722_605, 722_606
_NAME = "shared_as"


def join(store: Store, run_id: str) -> None:
    """Let the other workers see that this run lives; before it is noted among the runs."""
    if store.is_shared:
        _ask(store, "pg_advisory_lock", _ALIVE, run_id)


def is_lead(store: Store, scope: str) -> bool:
    """Try to become the lead of all runs of this kind; one that leads must not ask again."""
    return not store.is_shared or _ask(store, "pg_try_advisory_lock", _LEAD, scope)


def dead(store: Store, own: str) -> list[str]:
    """Return the runs without an end whose worker is gone; ``own`` is the run that asks."""
    return [run_id for run_id in _open_runs(store) if run_id != own and not _is_alive(store, run_id)]


def living(store: Store, scope: str | None = None) -> list[str]:
    """Return the runs, or those of one kind, whose worker lives; none where the store is held alone."""
    return [run_id for run_id in _open_runs(store, scope) if _is_alive(store, run_id)]


def store_name(store: Store) -> str:
    """Return what tells this store from all others, by whichever address a worker knows it."""
    query = select(store_info.c.value).where(store_info.c.name == _NAME)
    if not (rows := store.rows(query)):
        # Of two workers that come at once the first one's stands.
        once = text("INSERT INTO store_info (name, value) VALUES (:name, :value) ON CONFLICT DO NOTHING")
        store.execute(once, {"name": _NAME, "value": uuid4().hex[:12]})
        rows = store.rows(query)
    return str(rows[0][0])


def _open_runs(store: Store, scope: str | None = None) -> list[str]:
    query = select(runs.c.run_id).where(runs.c.ended_at.is_(None))
    return [run_id for (run_id,) in store.rows(query if scope is None else query.where(runs.c.scope == scope))]


def _is_alive(store: Store, run_id: str) -> bool:
    # The lock taken to see whether it is free ends with the question.
    return store.is_shared and not _ask(store, "pg_try_advisory_xact_lock", _ALIVE, run_id)


def _ask(store: Store, function: str, number: int, name: str) -> bool:
    rows = store.rows(text(f"SELECT {function}(:number, hashtext(:name))"), number=number, name=name)
    return bool(rows and rows[0][0])
