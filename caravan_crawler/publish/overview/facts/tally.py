"""What is counted of all articles, in one walk over them: in SQLite each walk reads every text again."""

from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from sqlalchemy import ColumnElement, Text, and_, case, cast, func, select

from caravan_crawler.keep.field_counts import FIELDS
from caravan_crawler.keep.schema import articles
from caravan_crawler.keep.snapshot import Snapshot

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
