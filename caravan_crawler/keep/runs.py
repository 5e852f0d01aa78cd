"""The runs, and which of them belong together: one that was stopped is continued by the next of its kind."""

import json
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from sqlalchemy import case, func, insert, or_, select, update

from caravan_crawler import __version__
from caravan_crawler.arguments import CrawlArguments
from caravan_crawler.keep import workers
from caravan_crawler.keep.schema import articles, runs
from caravan_crawler.keep.store import Store
from caravan_crawler.outcome import BELOW_FLOORS, SOUND

#: After these nothing is left to do: a run of the same kind begins afresh.
_COMPLETE = (SOUND, BELOW_FLOORS)
#: So many bytes of section names are part of a scope.
_LONGEST_SECTIONS = 200


@dataclass(frozen=True)
class Campaign:
    """What a run continues: the ``runs`` of its kind that were stopped, and when the first of them began."""

    started_at: str
    runs: tuple[str, ...] = ()


def scope_of(arguments: CrawlArguments) -> str:
    """Return what tells kinds of runs apart: the period, the sections or the pages asked for; empty for all.

    It is part of an index beside an address, and PostgreSQL bounds both: many sections stand as their hash.
    """
    sections = ",".join(sorted(arguments.sections))
    if len(sections.encode()) > _LONGEST_SECTIONS:
        sections = sha256(sections.encode()).hexdigest()[:16]
    parts = {
        "since": arguments.since.isoformat() if arguments.since else None,
        "until": arguments.until.isoformat() if arguments.until else None,
        "sections": sections,
        "urls": sha256("\n".join(sorted(arguments.urls)).encode()).hexdigest()[:16] if arguments.urls else None,
    }
    return " ".join(f"{name}={value}" for name, value in parts.items() if value)


def begin(store: Store, run_id: str, arguments: CrawlArguments, started_at: str) -> Campaign:
    """Note a run's beginning; return what it continues."""
    workers.join(store, run_id)
    scope = scope_of(arguments)
    campaign = continued(store, run_id, scope, started_at)
    given = json.loads(json.dumps(vars(arguments), default=plain))
    store.execute(
        insert(runs).values(
            run_id=run_id,
            number=next_number(),
            scope=scope,
            arguments=given,
            version=__version__,
            started_at=started_at,
            new_articles=0,
        )
    )
    return campaign


def continued(store: Store, run_id: str, scope: str, now: str) -> Campaign:
    """Note which runs were killed; return what a run continues that begins ``now``."""
    store.execute(
        update(runs)
        .where(runs.c.run_id.in_(workers.dead(store, run_id)))
        .values(
            ended_at=now,
            ended_number=next_number(),
            outcome="killed",
            reason="it ended without a word: killed, or the power was lost",
        )
    )
    of_its_kind = runs.c.scope == scope
    is_complete = runs.c.exit_code.in_(_COMPLETE)
    rows = store.rows(select(func.max(runs.c.number)).where(of_its_kind, is_complete))
    last = rows[0][0] if rows and rows[0][0] is not None else 0
    is_stopped = or_(runs.c.exit_code.is_(None), ~is_complete)
    stopped = store.rows(
        select(runs.c.run_id, runs.c.started_at)
        .where(of_its_kind, is_stopped, runs.c.ended_number > last)
        .order_by(runs.c.number)
    )
    return Campaign(min((row.started_at for row in stopped), default=now), tuple(row.run_id for row in stopped))


def next_number() -> Any:
    """Return the next of the numbers that count beginnings and ends of runs, as a part of a statement."""
    one = runs.alias("one")
    last = func.max(one.c.number), func.max(func.coalesce(one.c.ended_number, 0))
    return select(func.coalesce(case((last[0] > last[1], last[0]), else_=last[1]), 0) + 1).scalar_subquery()


def end(store: Store, run_id: str, ended_at: str, report: dict[str, Any]) -> None:
    """Note a run's end, by its report."""
    store.execute(
        update(runs)
        .where(runs.c.run_id == run_id)
        .values(
            ended_at=ended_at,
            ended_number=next_number(),
            exit_code=report["exit_code"],
            outcome=report["outcome"],
            reason=report["reason"],
            new_articles=report["articles"]["new"],
            report=report,
        )
    )


def killed(store: Store) -> list[str]:
    """Return the runs that ended without a word."""
    return [run_id for (run_id,) in store.rows(select(runs.c.run_id).where(runs.c.outcome == "killed"))]


def last_new(store: Store) -> str | None:
    """Return when the last run began that brought a new article; None where none has."""
    rows = store.rows(select(func.max(runs.c.started_at)).where(runs.c.new_articles > 0))
    return str(rows[0][0]) if rows and rows[0][0] else None


def brought_new(store: Store, run_ids: list[str]) -> bool:
    """Return whether any of these runs, which need not have ended, has stored an article as it is now."""
    return bool(store.rows(select(articles.c.key).where(articles.c.run_id.in_(run_ids)).limit(1)))


def plain(value: Any) -> Any:
    """Return an argument's value as JSON can hold it."""
    return sorted(value) if isinstance(value, frozenset) else str(value)
