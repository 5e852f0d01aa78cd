"""The pages that could not be read: why, and which have failed most often."""

from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import func, select

from caravan_crawler.keep.schema import failures
from caravan_crawler.keep.snapshot import Snapshot

_MOST_REASONS, _WORST = 15, 20


class Failure(NamedTuple):
    """A page that failed."""

    url: str
    words: str
    attempts: int
    first_failed_at: str
    retry_at: str


@dataclass(frozen=True)
class Failures:
    """All failures by reason, most frequent first, and the pages that failed most often, oldest first among equals."""

    number: int
    reasons: list[tuple[str, int]]
    worst: list[Failure]


def read_failures(snapshot: Snapshot) -> Failures:
    """Count the reasons and find the worst pages."""
    columns = failures.c
    counts = select(columns.reason, func.count()).group_by(columns.reason)
    reasons = [(reason, number) for reason, number in snapshot.rows(counts)]
    reasons.sort(key=lambda reason: (-reason[1], reason[0]))
    worst = (
        select(columns.url, columns.words, columns.attempts, columns.first_failed_at, columns.retry_at)
        .order_by(columns.attempts.desc(), columns.first_failed_at, columns.url)
        .limit(_WORST)
    )
    return Failures(
        sum(number for _, number in reasons), reasons[:_MOST_REASONS], [Failure(*row) for row in snapshot.rows(worst)]
    )
