"""Time steps, downsampling, and counts over all articles."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import NamedTuple, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Text, and_, case, cast, func, select

from caravan_crawler.keep.field_counts import FIELDS
from caravan_crawler.keep.schema import articles
from caravan_crawler.keep.snapshot import Snapshot

#: The site's days begin and end in Almaty.
ALMATY = ZoneInfo("Asia/Almaty")
#: The steps and how many days each is long at least, the finest first.
_STEPS = {"day": 1, "week": 7, "month": 28, "quarter": 90, "year": 365}
#: Of more steps than these a phone could not show each; of the coarsest there may be any number.
_MOST = 160


class Step(NamedTuple):
    """The length of a step: ``day``, ``week``, ``month``, ``quarter`` or ``year``."""

    name: str

    @property
    def is_of_months(self) -> bool:
        """Whether it is a number of whole months."""
        return self.name not in ("day", "week")

    def start(self, day: date) -> date:
        """Return the first day of the step that ``day`` belongs to; a week begins on Monday."""
        if self.is_of_months:
            months = {"month": 1, "quarter": 3, "year": 12}[self.name]
            return date(day.year, (day.month - 1) // months * months + 1, 1)
        return day - timedelta(days=day.weekday()) if self.name == "week" else day

    def next(self, start: date) -> date:
        """Return the first day of the step after the one that begins with ``start``."""
        # Three days more are beyond the end of the longest month, quarter or year, and within the next.
        return self.start(start + timedelta(days=_STEPS[self.name] + (3 if self.is_of_months else 0)))


def step_for(first: date, last: date) -> Step:
    """Return the step in which the days from ``first`` to ``last`` are few enough to be told apart."""
    days = (last - first).days + 1
    return Step(next((name for name, length in _STEPS.items() if days <= length * _MOST), "year"))


def day_of(time: str) -> date:
    """Return Almaty's day of a time or day as the store has it."""
    if len(time) == len("2026-01-01"):
        return date.fromisoformat(time)
    return datetime.fromisoformat(time).astimezone(ALMATY).date()


#: 0, 1, 2, 5, 10, 20, 50 … where the bins of the histogram begin, and where the last ends.
_EDGES = [0, *(digit * 10**power for power in range(9) for digit in (1, 2, 5)), 2**31]


class Bin(NamedTuple):
    """How many articles have at least ``low`` and fewer than ``high`` views."""

    low: int
    high: int
    articles: int


@dataclass(frozen=True)
class Tally:
    """Counts of all articles."""

    articles: int
    views: int
    """The sum over all articles of the count last seen."""

    found: dict[str, int]
    """Field to the number of articles that have it."""

    bins: list[Bin]
    """By views, each about twice as wide as the one before; the first has those with 0, the last is open."""


def read_tally(snapshot: Snapshot) -> Tally:
    """Count."""
    views = articles.c.views
    filled = [_number_of(_is_filled(name)) for name in FIELDS]
    ranges = list(pairwise(_EDGES))
    binned = [_number_of(and_(views >= low, views < high) if low else views < high) for low, high in ranges[:-1]]
    binned.append(_number_of(views >= ranges[-1][0]))
    query = select(func.count(), func.sum(views), *filled, *binned).select_from(articles)
    ((total, seen, *counts),) = snapshot.rows(query)
    numbers = [int(number or 0) for number in counts]
    return Tally(
        articles=total,
        views=int(seen or 0),
        found=dict(zip(FIELDS, numbers, strict=False)),
        bins=[Bin(low, high, number) for (low, high), number in zip(ranges, numbers[len(FIELDS) :], strict=True)],
    )


def _number_of(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((condition, 1), else_=0))


def _is_filled(name: str) -> ColumnElement[bool]:
    column = articles.c[name]
    if name in ("authors", "tags", "images"):
        return cast(column, Text) != "[]"
    return column.is_not(None)


T = TypeVar("T")


def downsample(points: Sequence[T], most: int) -> list[T]:
    """Return at most ``most`` of the points, evenly spaced, the first and the last among them."""
    if len(points) <= most:
        return list(points)
    last = len(points) - 1
    return [points[number * last // (most - 1)] for number in range(most)]
