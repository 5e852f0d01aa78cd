"""Time steps, downsampling, and counts over all articles."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import NamedTuple, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Text, and_, case, cast, func, select

from caravan_crawler.store.field_counts import FIELDS
from caravan_crawler.store.schema import articles
from caravan_crawler.store.snapshot import Snapshot

T = TypeVar("T")

#: The site's days begin and end in Almaty.
ALMATY = ZoneInfo("Asia/Almaty")
#: Steps with their minimum number of days, the finest first.
_STEPS = {"day": 1, "week": 7, "month": 28, "quarter": 90, "year": 365}
#: Maximum number of steps, so that a phone can display them; years are not limited. With few articles there are fewer
#: steps, so that a step has several articles on average.
_MOST_STEPS, _FEWEST_STEPS, _ARTICLES_A_STEP = 160, 12, 4
#: Limits of the bins of views: 0, 1, 2, 5, 10, 20, 50 …
_EDGES = [0, *(digit * 10**power for power in range(9) for digit in (1, 2, 5)), 2**31]


class Step(NamedTuple):
    """A time step: ``day``, ``week``, ``month``, ``quarter`` or ``year``."""

    name: str

    @property
    def is_of_months(self) -> bool:
        """Whether it is a number of whole months."""
        return self.name not in ("day", "week")

    def start(self, day: date) -> date:
        """Return the first day of the step that contains ``day``; weeks begin on Monday."""
        if self.is_of_months:
            months = {"month": 1, "quarter": 3, "year": 12}[self.name]
            return date(day.year, (day.month - 1) // months * months + 1, 1)
        return day - timedelta(days=day.weekday()) if self.name == "week" else day

    def next(self, start: date) -> date:
        """Return the first day of the step after the one that begins at ``start``."""
        # Three more days are past the end of the longest month, quarter or year, and within the next one.
        return self.start(start + timedelta(days=_STEPS[self.name] + (3 if self.is_of_months else 0)))


def step_for(first: date, last: date, articles: int) -> Step:
    """Return the finest step with few enough steps from ``first`` to ``last`` for this number of articles."""
    most = min(_MOST_STEPS, max(_FEWEST_STEPS, articles // _ARTICLES_A_STEP))
    days = (last - first).days + 1
    return Step(next((name for name, length in _STEPS.items() if days <= length * most), "year"))


def day_of(time: str) -> date:
    """Return the day in Almaty of a stored time or day."""
    if len(time) == len("2026-01-01"):
        return date.fromisoformat(time)
    return datetime.fromisoformat(time).astimezone(ALMATY).date()


def downsample(points: Sequence[T], most: int) -> list[T]:
    """Return at most ``most`` points, evenly spaced, the first and the last included."""
    if len(points) <= most:
        return list(points)
    last = len(points) - 1
    return [points[number * last // (most - 1)] for number in range(most)]


class Bin(NamedTuple):
    """The number of articles with at least ``low`` and fewer than ``high`` views."""

    low: int
    high: int
    articles: int


@dataclass(frozen=True)
class Tally:
    """Counts over all articles."""

    articles: int
    views: int
    """The sum of the latest counts."""

    found: dict[str, int]
    """Field to the number of articles with a value."""

    bins: list[Bin]
    """By views; the first bin has the articles with 0 views, the last one has no upper limit."""


def read_tally(snapshot: Snapshot) -> Tally:
    """Count in one pass over the articles: in SQLite each pass reads all texts."""
    views = articles.c.views
    filled = [_count_where(_is_filled(name)) for name in FIELDS]
    ranges = list(pairwise(_EDGES))
    binned = [_count_where(and_(views >= low, views < high) if low else views < high) for low, high in ranges[:-1]]
    binned.append(_count_where(views >= ranges[-1][0]))
    query = select(func.count(), func.sum(views), *filled, *binned).select_from(articles)
    ((total, all_views, *counts),) = snapshot.rows(query)
    numbers = [int(number or 0) for number in counts]
    return Tally(
        articles=total,
        views=int(all_views or 0),
        found=dict(zip(FIELDS, numbers, strict=False)),
        bins=[Bin(low, high, number) for (low, high), number in zip(ranges, numbers[len(FIELDS) :], strict=True)],
    )


def _count_where(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((condition, 1), else_=0))


def _is_filled(name: str) -> ColumnElement[bool]:
    column = articles.c[name]
    if name in ("authors", "tags", "images"):
        return cast(column, Text) != "[]"
    return column.is_not(None)
