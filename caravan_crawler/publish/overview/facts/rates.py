"""Exchange rates beside the line they should follow, and those that leave it."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import NamedTuple

from sqlalchemy import func, select

from caravan_crawler.keep.schema import rates
from caravan_crawler.keep.snapshot import Snapshot

MOST_CURRENCIES = 4
_POINTS = 250
#: The line at a value is the median of so many on either side and itself: a lasting jump moves it at once, since
#: half of the window lies on each side of the jump, and a single stray value does not.
_HALF_WINDOW = 7
#: The band is three of Hampel's deviations wide (1.4826 times the median distance from the median is the standard
#: deviation of what is normal), and no narrower than three percent: a rate that hardly moves is no alarm.
_WIDTH = 3 * 1.4826
_LEAST = 0.03
#: Fewer values are no line.
_FEWEST = 5


class Rate(NamedTuple):
    """A rate in tenge, with the line and the band at that moment."""

    time: str
    rate: float
    line: float
    low: float
    high: float

    @property
    def is_suspicious(self) -> bool:
        """Whether the value lies outside of the band."""
        return not self.low <= self.rate <= self.high


class Unread(NamedTuple):
    """A rate that was printed and could not be read."""

    time: str
    printed: str


@dataclass(frozen=True)
class Currency:
    """The rates of one currency, oldest first."""

    code: str
    number: int
    """All values there are."""

    shown: list[Rate]
    """Those of the chart: every so many of a long line."""

    suspicious: list[Rate]
    unread: list[Unread]


def read_rates(snapshot: Snapshot) -> list[Currency]:
    """Read the currencies, the most often printed first."""
    columns = rates.c
    query = select(columns.currency).group_by(columns.currency).order_by(func.count().desc(), func.min(columns.id))
    return [_read(snapshot, code) for (code,) in list(snapshot.rows(query.limit(MOST_CURRENCIES)))]


def _read(snapshot: Snapshot, code: str) -> Currency:
    columns = rates.c
    query = (
        select(columns.observed_at, columns.rate, columns.rate_raw)
        .where(columns.currency == code)
        .order_by(columns.observed_at, columns.id)
    )
    values: list[tuple[str, float]] = []
    unread: list[Unread] = []
    for time, rate, printed in snapshot.rows(query):
        if rate is None:
            unread.append(Unread(time, printed))
        else:
            values.append((time, float(rate)))
    followed = follow(values)
    every = -(-len(followed) // _POINTS) or 1
    return Currency(code, len(followed), followed[::every], [rate for rate in followed if rate.is_suspicious], unread)


def follow(values: Sequence[tuple[str, float]]) -> list[Rate]:
    """Return each value with the line and the band around it; of very few values each is its own line."""
    followed = []
    for place, (time, rate) in enumerate(values):
        window = [near for _, near in values[max(place - _HALF_WINDOW, 0) : place + _HALF_WINDOW + 1]]
        line = median(window) if len(values) >= _FEWEST else rate
        width = max(_WIDTH * median(abs(near - line) for near in window), _LEAST * line)
        followed.append(Rate(time, rate, line, line - width, line + width))
    return followed
