"""Elements of the page: sections, tables, charts, numbers. Texts are plain, not HTML."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

#: Maximum number of rows of most tables.
LISTED = 10
#: A phone's screen cannot contain a table with this number of columns, and so scrolls it.
_WIDE = 4


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


@dataclass(frozen=True)
class Table:
    """A table; ``right`` are the indexes of right-aligned columns."""

    caption: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    right: Sequence[int] = ()

    @property
    def is_wide(self) -> bool:
        """Whether it scrolls on a phone."""
        return len(self.columns) >= _WIDE


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

    numbers: list[Number] = field(default_factory=list)
    charts: list[Chart] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        """Whether the store has nothing for it."""
        return not (self.warnings or self.numbers or self.charts or self.tables)
