"""Elements of the page: sections, tables, charts, number formats. Texts are plain, not HTML."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

import altair as alt

_YEARS, _DAYS = timedelta(days=300), timedelta(days=5)
UTC = alt.Scale(type="utc")


class Link(NamedTuple):
    """A link in a table."""

    text: str
    url: str

    @property
    def is_safe(self) -> bool:
        """Whether the URL is of the web, not a script; others are not linked."""
        return self.url.lower().startswith(("http://", "https://"))


Cell = str | int | float | Link | None


@dataclass(frozen=True)
class Table:
    """A table; ``right`` are the indexes of right-aligned columns."""

    caption: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    right: Sequence[int] = ()


@dataclass(frozen=True)
class Chart:
    """A Vega-Lite chart without colours: the page has those for light and dark. ``name`` is the element's id."""

    name: str
    caption: str
    spec: dict[str, Any]


@dataclass(frozen=True)
class Section:
    """A part of the page under a heading; ``name`` is the element's id."""

    name: str
    title: str
    text: list[str]
    """Sentences that explain the charts."""

    warnings: list[str] = field(default_factory=list)

    charts: list[Chart] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)


def chart(name: str, caption: str, drawn: alt.Chart | alt.LayerChart | alt.FacetChart, *, height: int) -> Chart:
    """Return a chart as wide as the page and ``height`` pixels high."""
    spec = drawn.properties(width="container", height=height, description=caption).to_dict()
    spec.pop("config", None)  # Altair's defaults would override the page's
    spec["autosize"] = {"type": "fit-x", "contains": "padding"}
    return Chart(name, caption, spec)


def time_axis(first: str, last: str) -> alt.Axis:
    """Return an axis for stored times from ``first`` to ``last``: in years, days, or hours and minutes."""
    span = datetime.fromisoformat(last) - datetime.fromisoformat(first)
    if span > _YEARS:
        return alt.Axis()
    return alt.Axis(format="%-d %b" if span > _DAYS else "%-d %b %H:%M", tickCount=6)


def rows(*columns: str, values: Sequence[Sequence[Any]]) -> alt.InlineData:
    """Return a chart's data: rows of ``values`` under the names of ``columns``."""
    return alt.InlineData(values=[dict(zip(columns, row, strict=True)) for row in values])


def number(value: float) -> str:
    """Format a number with thousands separators, and two decimals if it has a fraction."""
    return f"{value:,.0f}" if isinstance(value, int) or value == int(value) else f"{value:,.2f}"


def count(value: int, one: str) -> str:
    """Format a number of things: ``1 article``, ``2 articles``."""
    return f"{value:,} {one if value == 1 else f'{one}s'}"


def percent(share: float) -> str:
    """Format a share of 0 to 1; only exactly 0 and 1 are ``0 %`` and ``100 %``."""
    if 0 < share < 0.001:
        return "under 0.1 %"
    if 0.999 < share < 1:
        return "over 99.9 %"
    return f"{100 * share:.1f} %" if share not in (0, 1) else f"{100 * share:.0f} %"


def moment(time: str | None) -> str | None:
    """Format a stored time, which is in UTC, to the minute."""
    return time and time[:16].replace("T", " ")


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
