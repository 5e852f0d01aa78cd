"""Charts and their axes."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import altair as alt

from caravan_crawler.report.elements import Chart

T = TypeVar("T")

UTC = alt.Scale(type="utc")
#: The site's days begin and end in Almaty.
ALMATY = ZoneInfo("Asia/Almaty")
#: With fewer values, or fewer runs, numbers say more than a chart.
FEWEST_POINTS, FEWEST_RUNS = 3, 5


def chart(name: str, caption: str, drawn: alt.Chart | alt.LayerChart | alt.FacetChart, *, height: int) -> Chart:
    """Return a chart as wide as the page and ``height`` pixels high."""
    spec = drawn.properties(width="container", height=height, description=caption).to_dict()
    spec.pop("config", None)  # Altair's defaults would override the page's
    spec["autosize"] = {"type": "fit-x", "contains": "padding"}
    return Chart(name, caption, spec)


def time_axis(first: str, last: str) -> alt.Axis:
    """Return an axis for times or days from ``first`` to ``last``: in years, months, days, or hours and minutes."""
    days = (datetime.fromisoformat(last) - datetime.fromisoformat(first)).days
    if days <= 5:
        return alt.Axis(format="%-d %b %H:%M", tickCount=6)
    if days <= 100:
        form, interval, step = "%-d %b", "day", -(-days // 8)
    elif days <= 4 * 365:
        form, interval, step = "%b %Y", "month", next(step for step in (1, 2, 3, 6) if days <= 8 * 31 * step)
    else:
        form, interval, step = "%Y", "year", -(-days // (365 * 30))
    return alt.Axis(format=form, tickCount={"interval": interval, "step": step})


def count_axis(most: int) -> alt.Axis:
    """Return an axis for whole numbers up to ``most``."""
    return alt.Axis(format=",d", values=list(range(most + 1))) if most <= 6 else alt.Axis(format=",d")


def run_labels(times: Iterable[str]) -> list[str]:
    """Return the values of a :func:`run_axis` for runs that started at ``times``; a number makes them unique."""
    return [f"{place:03} {datetime.fromisoformat(time):%-d %b}" for place, time in enumerate(times)]


def run_axis() -> alt.X:
    """Return an axis of runs, labelled with the days on which they began."""
    axis = alt.Axis(
        labelExpr="slice(datum.label, 4)", labelAngle=0, labelOverlap="greedy", labelBound=True, ticks=False
    )
    return alt.X("run:O", title="start of the run (UTC)", axis=axis)


def rows(*columns: str, values: Sequence[Sequence[Any]]) -> alt.InlineData:
    """Return a chart's data: rows of ``values`` under the names of ``columns``."""
    return alt.InlineData(values=[dict(zip(columns, row, strict=True)) for row in values])


def downsample(points: Sequence[T], most: int) -> list[T]:
    """Return at most ``most`` points, evenly spaced, the first and the last included."""
    if len(points) <= most:
        return list(points)
    last = len(points) - 1
    return [points[number * last // (most - 1)] for number in range(most)]
