"""How many articles each stretch of time has, by section, and on which days there is none."""

from collections import Counter, defaultdict
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
    query = select(_DAY).where(articles.c.date_published.is_not(None)).distinct().order_by(_DAY)
    days = [date.fromisoformat(day) for (day,) in snapshot.rows(query)]
    step = step_for(days[0], days[-1]) if days else None
    # Months are summed up by the database; of days and weeks there are few.
    parts = _parts(snapshot, 7 if step and step.is_of_months else 10)
    sections = _sections(parts)
    undated = sum(part.articles for part in parts if part.start is None)
    if step is None:
        return Coverage(sections=sections, undated=undated)
    shown = {size.section for size in sections[:_MOST_SECTIONS]}
    return Coverage((days[0], days[-1]), step, _bars(parts, step, shown), sections, undated, _gaps(days))


class _Part(NamedTuple):
    """The articles of a section in a month or on a day, or those without a date, with the first and the last day."""

    section: str
    start: str | None
    articles: int
    first: str | None
    last: str | None


def _parts(snapshot: Snapshot, length: int) -> list[_Part]:
    """Count by section and by so many characters of the date."""
    columns = articles.c
    start = func.substr(columns.date_published, 1, length)
    query = select(
        func.coalesce(columns.section, NO_SECTION), start, func.count(), func.min(_DAY), func.max(_DAY)
    ).group_by(columns.section, start)
    return [_Part(*row) for row in snapshot.rows(query)]


def _sections(parts: list[_Part]) -> list[SectionSize]:
    of_section: defaultdict[str, list[_Part]] = defaultdict(list)
    for part in parts:
        of_section[part.section].append(part)
    sizes = [
        SectionSize(
            section,
            sum(part.articles for part in these),
            min((part.first for part in these if part.first), default=None),
            max((part.last for part in these if part.last), default=None),
        )
        for section, these in of_section.items()
    ]
    return sorted(sizes, key=lambda size: (-size.articles, size.section))


def _bars(parts: list[_Part], step: Step, shown: set[str]) -> list[Bar]:
    numbers: Counter[tuple[date, str]] = Counter()
    for part in parts:
        if part.first is not None:
            name = part.section if part.section in shown else OTHERS
            numbers[step.start(date.fromisoformat(part.first)), name] += part.articles
    return [Bar(start, section, number) for (start, section), number in sorted(numbers.items())]


def _gaps(days: list[date]) -> list[Gap]:
    one = timedelta(days=1)
    gaps = [Gap(before + one, after - one) for before, after in pairwise(days) if after - before > one]
    return sorted(gaps, key=lambda gap: (-gap.days, gap.first))
