"""Elements of the page: sections, tables, charts with their axes, numbers, and formats. Texts are plain, not HTML."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple, TypeVar

import altair as alt

#: Maximum number of rows of most tables.
LISTED = 10


class Link(NamedTuple):
    """A link in a table."""

    text: str
    url: str

    @property
    def is_safe(self) -> bool:
        """Whether the URL is of the web, not a script; others are not linked."""
        return self.url.lower().startswith(("http://", "https://"))


class Share(NamedTuple):
    """A share of 0 to 1, as text on a bar; ``floor`` is marked across the bar."""

    value: float
    floor: float | None = None


Cell = str | int | float | Link | Share | None


class Number(NamedTuple):
    """A number in large letters over its label; ``kind`` is ``good``, ``bad`` or empty."""

    text: str
    label: str
    kind: str = ""


class Table(NamedTuple):
    """A table; ``right`` are the indexes of right-aligned columns."""

    caption: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    right: Sequence[int] = ()


class Chart(NamedTuple):
    """A Vega-Lite chart without colours: the page has those for light and dark. ``name`` is the element's id."""

    name: str
    caption: str
    spec: dict[str, Any]


class Section(NamedTuple):
    """A part of the page under a heading; ``name`` is the element's id, ``text`` explains the charts."""

    name: str
    title: str
    text: Sequence[str]
    warnings: Sequence[str] = ()
    numbers: Sequence[Number] = ()
    charts: Sequence[Chart] = ()
    tables: Sequence[Table] = ()

    @property
    def is_empty(self) -> bool:
        """Whether the store has nothing for it."""
        return not (self.warnings or self.numbers or self.charts or self.tables)


def number(value: float) -> str:
    """Format a number with thousands separators, and two decimals if it has a fraction."""
    return f"{value:,.0f}" if value == int(value) else f"{value:,.2f}"


def percent(share: float) -> str:
    """Format a share of 0 to 1; only exactly 0 and 1 are ``0 %`` and ``100 %``, with a no-break space."""
    if 0 < share < 0.001:
        return "under 0.1\u00a0%"
    if 0.999 < share < 1:
        return "over 99.9\u00a0%"
    return f"{100 * share:.{0 if share in (0, 1) else 1}f}\u00a0%"


def days(first: date, last: date) -> str:
    """Format a period."""
    return f"{first}" if first == last else f"{first} to {last}"


def duration(seconds: int | None) -> str | None:
    """Format a duration: ``2 h 05 min``, ``3 min 07 s``, ``9 s``."""
    if seconds is None:
        return None
    hours, rest = divmod(seconds, 3600)
    minutes, rest = divmod(rest, 60)
    if hours:
        return f"{hours:,} h {minutes:02} min"
    return f"{minutes} min {rest:02} s" if minutes else f"{rest} s"


def short(text: str, most: int) -> str:
    """Cut a text to ``most`` characters."""
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


# Charts and their axes

T = TypeVar("T")

UTC = alt.Scale(type="utc")
#: An axis of times and days; each label has the precision of its tick.
TIMES = alt.Axis(
    format={
        "year": "%Y",
        "quarter": "%b %Y",
        "month": "%b %Y",
        "week": "%-d %b",
        "date": "%-d %b",
        "hours": "%-d %b %H:%M",
        "minutes": "%-d %b %H:%M",
    },
    tickCount=10,
)
#: Runs, labelled with the days on which they began.
RUNS = alt.X(
    "run:O",
    title="start of the run (UTC)",
    axis=alt.Axis(labelExpr="slice(datum.label, 4)", labelAngle=0, labelOverlap="greedy", labelBound=True, ticks=False),
)
#: An axis of whole numbers; up to 2, Vega puts ticks at halves too.
COUNTS = alt.Axis(format=",d", tickMinStep=1, labelExpr="datum.value % 1 ? '' : datum.label")
#: With fewer values, or fewer runs, numbers say more than a chart.
FEWEST_POINTS, FEWEST_RUNS = 3, 5


def chart(name: str, caption: str, drawn: alt.Chart | alt.LayerChart | alt.FacetChart, *, height: int) -> Chart:
    """Return a chart as wide as the page and ``height`` pixels high."""
    spec = drawn.properties(width="container", height=height, description=caption).to_dict()
    spec.pop("config", None)  # Altair's defaults would override the page's
    spec["autosize"] = {"type": "fit-x", "contains": "padding"}
    return Chart(name, caption, spec)


def run_labels(times: Iterable[str]) -> list[str]:
    """Return the values on ``RUNS`` for runs that started at ``times``; a number makes them unique."""
    return [f"{place:03} {datetime.fromisoformat(time):%-d %b}" for place, time in enumerate(times)]


def rows(*columns: str, values: Sequence[Sequence[Any]]) -> alt.InlineData:
    """Return a chart's data: rows of ``values`` under the names of ``columns``."""
    return alt.InlineData(values=[dict(zip(columns, row, strict=True)) for row in values])


def downsample(points: Sequence[T], most: int) -> list[T]:
    """Return at most ``most`` points, evenly spaced, the first and the last included."""
    if len(points) <= most:
        return list(points)
    last = len(points) - 1
    return [points[number * last // (most - 1)] for number in range(most)]
