"""The temperature over time, in the city that is printed most."""

from dataclasses import dataclass, field
from typing import NamedTuple

from sqlalchemy import func, select

from caravan_crawler.keep.schema import weather
from caravan_crawler.keep.snapshot import Snapshot
from caravan_crawler.publish.overview.facts.steps import day_of

#: Beyond so many days, months are shown.
_MOST_DAYS = 370


class Warmth(NamedTuple):
    """The temperatures of a day, or of a month by its first day: lowest, mean and highest, in degrees Celsius."""

    start: str
    low: int
    mean: float
    high: int


@dataclass(frozen=True)
class Weather:
    """A city's temperatures, oldest first; ``city`` is None where no weather was seen."""

    city: str | None = None
    step: str = "day"
    warmth: list[Warmth] = field(default_factory=list)


def read_weather(snapshot: Snapshot) -> Weather:
    """Sum the weather up by day or by month."""
    columns = weather.c
    known = (columns.temperature_c.is_not(None), columns.city.is_not(None))
    query = (
        select(columns.city, func.min(columns.observed_at), func.max(columns.observed_at))
        .where(*known)
        .group_by(columns.city)
        .order_by(func.count().desc(), columns.city)
        .limit(1)
    )
    found = list(snapshot.rows(query))
    if not found:
        return Weather()
    ((city, first, last),) = found
    is_long = (day_of(last) - day_of(first)).days > _MOST_DAYS
    part = func.substr(columns.observed_at, 1, 7 if is_long else 10)
    degrees = columns.temperature_c
    sums = select(part, func.min(degrees), func.avg(degrees), func.max(degrees)).where(*known, columns.city == city)
    warmth = [
        Warmth(f"{start}-01" if is_long else start, low, round(float(mean), 1), high)
        for start, low, mean, high in snapshot.rows(sums.group_by(part).order_by(part))
    ]
    return Weather(city, "month" if is_long else "day", warmth)
