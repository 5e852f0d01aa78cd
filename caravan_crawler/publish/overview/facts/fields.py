"""How often each field is filled: in all articles as they are now, and in what each run read."""

from collections import defaultdict
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import case, func, select

from caravan_crawler.keep.field_counts import EVERYWHERE, FIELDS
from caravan_crawler.keep.schema import field_counts, runs
from caravan_crawler.keep.snapshot import Snapshot
from caravan_crawler.publish.overview.facts.tally import Tally

#: A field of a few articles says nothing.
FEWEST = 20
#: They are sought among the last so many runs.
MOST_RUNS, _LOOKED_AT = 60, 1000


class Fill(NamedTuple):
    """In how many articles a field was found, of how many."""

    field: str
    found: int
    articles: int

    @property
    def share(self) -> float:
        """From 0 to 1."""
        return self.found / self.articles


@dataclass(frozen=True)
class RunFills:
    """The fields of the articles that one run read, in the order of ``FIELDS``."""

    run_id: str
    started_at: str
    fills: list[Fill]


@dataclass(frozen=True)
class Fields:
    """Fill rates: ``now`` of all articles, empty without any; ``over_runs`` of the last runs, oldest first."""

    now: list[Fill]
    over_runs: list[RunFills]


def read_fields(snapshot: Snapshot, tally: Tally) -> Fields:
    """Take the present from the tally, and read what the runs have counted."""
    now = [Fill(name, found, tally.articles) for name, found in tally.found.items()] if tally.articles else []
    return Fields(now, _over_runs(snapshot))


def _over_runs(snapshot: Snapshot) -> list[RunFills]:
    """Return the shares of the last runs that read enough articles to speak of."""
    counts = field_counts.c
    latest = select(runs.c.run_id, runs.c.started_at).order_by(runs.c.started_at.desc(), runs.c.run_id.desc())
    recent = latest.limit(_LOOKED_AT).subquery()
    weight = select(func.sum(counts.articles)).where(counts.run_id == recent.c.run_id, counts.field == FIELDS[0])
    chosen = (
        select(recent.c.run_id, recent.c.started_at)
        .where(weight.scalar_subquery() >= FEWEST)
        .order_by(recent.c.started_at.desc(), recent.c.run_id.desc())
        .limit(MOST_RUNS)
        .subquery()
    )
    query = (
        select(
            chosen.c.run_id,
            chosen.c.started_at,
            counts.field,
            func.sum(case((counts.reader != "", counts.articles), else_=0)),
            func.sum(counts.articles),
        )
        .join(field_counts, counts.run_id == chosen.c.run_id)
        .where(counts.section != EVERYWHERE)
        .group_by(chosen.c.run_id, chosen.c.started_at, counts.field)
    )
    fills: defaultdict[tuple[str, str], list[Fill]] = defaultdict(list)
    for run_id, started_at, name, found, total in snapshot.rows(query):
        fills[started_at, run_id].append(Fill(name, int(found), int(total)))
    order = {name: place for place, name in enumerate(FIELDS)}
    return [
        RunFills(run_id, started_at, sorted(these, key=lambda fill: order.get(fill.field, len(order))))
        for (started_at, run_id), these in sorted(fills.items())
    ]
