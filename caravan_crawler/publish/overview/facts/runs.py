"""The runs: how long each took, what it brought, how it ended."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from caravan_crawler.keep.schema import runs
from caravan_crawler.keep.snapshot import Snapshot
from caravan_crawler.outcome import SOUND

_KILLED = "killed"


@dataclass(frozen=True)
class Run:
    """One run."""

    run_id: str
    started_at: str
    seconds: int | None
    """How long it took; None while it goes on, and where it was killed, as nobody knows when."""

    outcome: str
    """The exit code as a word; ``killed``; or ``no end`` for one that goes on, or was killed and followed by none."""

    reason: str
    new_articles: int
    requests: int | None
    """What it asked the site for; None where it left no report."""

    @property
    def is_sound(self) -> bool:
        """Whether it ended well."""
        return self.outcome == "sound"


def last_runs(snapshot: Snapshot, limit: int) -> list[Run]:
    """Return the last runs, newest first."""
    query = select(runs).order_by(runs.c.started_at.desc(), runs.c.run_id.desc()).limit(limit)
    return [_run(row._mapping) for row in snapshot.rows(query)]


def _run(row: Any) -> Run:
    seconds = None
    if row["ended_at"] and row["outcome"] != _KILLED:
        seconds = datetime.fromisoformat(row["ended_at"]) - datetime.fromisoformat(row["started_at"])
    return Run(
        run_id=row["run_id"],
        started_at=row["started_at"],
        seconds=None if seconds is None else round(seconds.total_seconds()),
        outcome=row["outcome"] or ("sound" if row["exit_code"] == SOUND else "no end"),
        reason=row["reason"] or "it has not ended yet, or was killed",
        new_articles=row["new_articles"],
        requests=(row["report"] or {}).get("requests"),
    )
