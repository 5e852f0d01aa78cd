"""Elements of the page: sections, tables, charts. Texts are plain, not HTML."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import altair as alt

_YEARS, _DAYS = timedelta(days=300), timedelta(days=5)


class Link(NamedTuple):
    """Text that leads to an address of the web; any other address is left out."""

    text: str
    url: str

    @property
    def is_safe(self) -> bool:
        """Whether the address is one of the web, and no script."""
        return self.url.lower().startswith(("http://", "https://"))


#: A cell: text, a number, a link, or nothing.
Cell = str | int | float | Link | None


@dataclass(frozen=True)
class Table:
    """Rows under a caption."""

    caption: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    right: Sequence[int] = ()
    """The columns that are set to the right, as numbers are; the first is 0."""


@dataclass(frozen=True)
class Chart:
    """A chart as Vega-Lite has it, without colours: the page has those, for light and for dark."""

    name: str
    """Its element's id."""

    caption: str
    spec: dict[str, Any]


@dataclass(frozen=True)
class Section:
    """A part of the page under a heading."""

    name: str
    """Its element's id."""

    title: str
    words: list[str]
    """What one sees, in sentences."""

    wrong: list[str] = field(default_factory=list)
    """What looks wrong, in sentences."""

    charts: list[Chart] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)


def chart(name: str, caption: str, drawn: alt.Chart | alt.LayerChart | alt.FacetChart, *, height: int) -> Chart:
    """Return a chart as wide as the page and ``height`` pixels high."""
    spec = drawn.properties(width="container", height=height, description=caption).to_dict()
    # The library's own look would win over the page's.
    spec.pop("config", None)
    spec["autosize"] = {"type": "fit-x", "contains": "padding"}
    return Chart(name, caption, spec)


def time_axis(first: str, last: str) -> alt.Axis:
    """Return an axis for times of the store from ``first`` to ``last``: in years, days, or hours and minutes."""
    span = datetime.fromisoformat(last) - datetime.fromisoformat(first)
    if span > _YEARS:
        return alt.Axis()
    return alt.Axis(format="%-d %b" if span > _DAYS else "%-d %b %H:%M", tickCount=6)


def rows(*columns: str, values: Sequence[Sequence[Any]]) -> alt.InlineData:
    """Return a chart's data: rows of ``values`` under the names of ``columns``."""
    return alt.InlineData(values=[dict(zip(columns, row, strict=True)) for row in values])
