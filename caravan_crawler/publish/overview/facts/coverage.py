"""How many articles each stretch of time has, by section, and on which days there is none."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise
from typing import NamedTuple

from sqlalchemy import func, select

from caravan_crawler.keep.schema import articles
from caravan_crawler.keep.snapshot import Snapshot
from caravan_crawler.publish.overview.facts.steps import Step, step_for

_DAY = func.substr(articles.c.date_published, 1, 10)
#: The largest sections are told apart; the others are one.
_MOST_SECTIONS = 6
OTHERS = "others"
NO_SECTION = "none"


class Bar(NamedTuple):
    """The articles of a section in one step of time."""

    start: date
    section: str
    articles: int


class Gap(NamedTuple):
    """Days without an article, from ``first`` to ``last``."""

    first: date
    last: date

    @property
    def days(self) -> int:
        """How many."""
        return (self.last - self.first).days + 1


class SectionSize(NamedTuple):
    """A section, with its first and last day."""

    section: str
    articles: int
    first: str | None
    last: str | None


@dataclass(frozen=True)
class Coverage:
    """The articles over time; ``period`` and ``step`` are None where none has a date."""

    period: tuple[date, date] | None = None
    step: Step | None = None
    bars: list[Bar] = field(default_factory=list)
    sections: list[SectionSize] = field(default_factory=list)
    """All of them, largest first."""

    undated: int = 0
    gaps: list[Gap] = field(default_factory=list)
    """All of them, longest first."""

    @property
    def days(self) -> int:
        """The length of the period."""
        return (self.period[1] - self.period[0]).days + 1 if self.period else 0

    @property
    def empty_days(self) -> int:
        """How many days of the period have no article."""
        return sum(gap.days for gap in self.gaps)


def read_coverage(snapshot: Snapshot) -> Coverage:
    """Count articles by day and by section."""
    sections = _sections(snapshot)
    query = select(_DAY).where(articles.c.date_published.is_not(None)).distinct().order_by(_DAY)
    days = [date.fromisoformat(day) for (day,) in snapshot.rows(query)]
    ((undated,),) = snapshot.rows(select(func.count()).where(articles.c.date_published.is_(None)))
    if not days:
        return Coverage(sections=sections, undated=undated)
    step = step_for(days[0], days[-1])
    shown = {size.section for size in sections[:_MOST_SECTIONS]}
    bars = _bars(snapshot, step, shown)
    return Coverage((days[0], days[-1]), step, bars, sections, undated, _gaps(days))


def _sections(snapshot: Snapshot) -> list[SectionSize]:
    columns = articles.c
    query = select(
        columns.section, func.count(), func.min(columns.date_published), func.max(columns.date_published)
    ).group_by(columns.section)
    sizes = [
        SectionSize(section or NO_SECTION, number, first and first[:10], last and last[:10])
        for section, number, first, last in snapshot.rows(query)
    ]
    return sorted(sizes, key=lambda size: (-size.articles, size.section))


def _bars(snapshot: Snapshot, step: Step, shown: set[str]) -> list[Bar]:
    # Months are summed up by the database; of days and weeks there are few.
    part = func.substr(articles.c.date_published, 1, 7 if step.is_of_months else 10)
    query = (
        select(part, articles.c.section, func.count())
        .where(articles.c.date_published.is_not(None))
        .group_by(part, articles.c.section)
    )
    numbers: Counter[tuple[date, str]] = Counter()
    for start, section, number in snapshot.rows(query):
        name = section or NO_SECTION
        day = date.fromisoformat(start if len(start) == len("2026-01-01") else f"{start}-01")
        numbers[step.start(day), name if name in shown else OTHERS] += number
    return [Bar(start, section, number) for (start, section), number in sorted(numbers.items())]


def _gaps(days: list[date]) -> list[Gap]:
    one = timedelta(days=1)
    gaps = [Gap(before + one, after - one) for before, after in pairwise(days) if after - before > one]
    return sorted(gaps, key=lambda gap: (-gap.days, gap.first))
