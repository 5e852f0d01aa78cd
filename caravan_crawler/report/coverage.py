"""Articles over time by section, and the days without any."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise
from statistics import median
from typing import NamedTuple

import altair as alt
from sqlalchemy import func, select

from caravan_crawler.keep.schema import articles
from caravan_crawler.keep.snapshot import Snapshot
from caravan_crawler.report.elements import Cell, Chart, Section, Table, chart, rows
from caravan_crawler.report.formatting import count, days, number, percent, short
from caravan_crawler.report.series import Step, step_for

_DAY = func.substr(articles.c.date_published, 1, 10)
#: The largest sections are told apart; the others are one.
_MOST_SECTIONS = 6
OTHERS = "others"
NO_SECTION = "none"


class Bar(NamedTuple):
    """The articles of a section in one step of time."""

    start: date
    section: str
    articles: int


class Gap(NamedTuple):
    """Days without an article, from ``first`` to ``last``."""

    first: date
    last: date

    @property
    def days(self) -> int:
        """How many."""
        return (self.last - self.first).days + 1


class SectionSize(NamedTuple):
    """A section, with its first and last day."""

    section: str
    articles: int
    first: str | None
    last: str | None


@dataclass(frozen=True)
class Coverage:
    """The articles over time; ``period`` and ``step`` are None where none has a date."""

    period: tuple[date, date] | None = None
    step: Step | None = None
    bars: list[Bar] = field(default_factory=list)
    sections: list[SectionSize] = field(default_factory=list)
    """All of them, largest first."""

    undated: int = 0
    gaps: list[Gap] = field(default_factory=list)
    """All of them, longest first."""

    @property
    def days(self) -> int:
        """The length of the period."""
        return (self.period[1] - self.period[0]).days + 1 if self.period else 0

    @property
    def empty_days(self) -> int:
        """How many days of the period have no article."""
        return sum(gap.days for gap in self.gaps)


def read_coverage(snapshot: Snapshot) -> Coverage:
    """Count articles by day and by section."""
    query = select(_DAY).where(articles.c.date_published.is_not(None)).distinct().order_by(_DAY)
    days = [date.fromisoformat(day) for (day,) in snapshot.rows(query)]
    step = step_for(days[0], days[-1]) if days else None
    # Months are summed up by the database; of days and weeks there are few.
    parts = _parts(snapshot, 7 if step and step.is_of_months else 10)
    sections = _sections(parts)
    undated = sum(part.articles for part in parts if part.start is None)
    if step is None:
        return Coverage(sections=sections, undated=undated)
    shown = {size.section for size in sections[:_MOST_SECTIONS]}
    return Coverage((days[0], days[-1]), step, _bars(parts, step, shown), sections, undated, _gaps(days))


class _Part(NamedTuple):
    """The articles of a section in a month or on a day, or those without a date, with the first and the last day."""

    section: str
    start: str | None
    articles: int
    first: str | None
    last: str | None


def _parts(snapshot: Snapshot, length: int) -> list[_Part]:
    """Count by section and by so many characters of the date."""
    columns = articles.c
    start = func.substr(columns.date_published, 1, length)
    query = select(
        func.coalesce(columns.section, NO_SECTION), start, func.count(), func.min(_DAY), func.max(_DAY)
    ).group_by(columns.section, start)
    return [_Part(*row) for row in snapshot.rows(query)]


def _sections(parts: list[_Part]) -> list[SectionSize]:
    of_section: defaultdict[str, list[_Part]] = defaultdict(list)
    for part in parts:
        of_section[part.section].append(part)
    sizes = [
        SectionSize(
            section,
            sum(part.articles for part in these),
            min((part.first for part in these if part.first), default=None),
            max((part.last for part in these if part.last), default=None),
        )
        for section, these in of_section.items()
    ]
    return sorted(sizes, key=lambda size: (-size.articles, size.section))


def _bars(parts: list[_Part], step: Step, shown: set[str]) -> list[Bar]:
    numbers: Counter[tuple[date, str]] = Counter()
    for part in parts:
        if part.first is not None:
            name = part.section if part.section in shown else OTHERS
            numbers[step.start(date.fromisoformat(part.first)), name] += part.articles
    return [Bar(start, section, number) for (start, section), number in sorted(numbers.items())]


def _gaps(days: list[date]) -> list[Gap]:
    one = timedelta(days=1)
    gaps = [Gap(before + one, after - one) for before, after in pairwise(days) if after - before > one]
    return sorted(gaps, key=lambda gap: (-gap.days, gap.first))


#: The longest gaps are marked in the chart, and the longest of those listed.
_MARKED, _LISTED = 60, 10
#: Where so many of the days are empty, a gap is one that is so many times as long as usual.
_RHYTHM, _UNUSUAL = 0.5, 3
_MOST_LISTED_SECTIONS = 30
#: Characters of a name; each bar bears its section's.
_LONGEST = 80


def coverage_section(coverage: Coverage) -> Section:
    """Return the section."""
    if coverage.period is None or coverage.step is None:
        return Section("coverage", "Coverage", ["No article with a date is in the store yet."])
    first, last = coverage.period
    words = [f"Each bar is a {coverage.step.name}, from {days(first, last)}; its colours are the sections."]
    if coverage.undated:
        words.append(f"{count(coverage.undated, 'article')} without a date stand in no bar.")
    listed = coverage.gaps[:_LISTED]
    tables = [_section_table(coverage)]
    if listed:
        gaps: list[list[Cell]] = [[f"{gap.first}", f"{gap.last}", gap.days] for gap in listed]
        caption = "Days without an article" + ("" if len(listed) == len(coverage.gaps) else ": the longest gaps")
        tables.insert(0, Table(caption, ["From", "To", "Days"], gaps, right=(2,)))
    return Section("coverage", "Coverage", words, _warnings(coverage), [_bar_chart(coverage)], tables)


def _warnings(coverage: Coverage) -> list[str]:
    if not coverage.gaps:
        return []
    longest = coverage.gaps[0]
    empty = f"{number(coverage.empty_days)} of {count(coverage.days, 'day')}"
    if _is_thin(coverage):
        return [f"Most days have no article: {empty}. The archive is thin, or only a part of it was read."]
    marked = "" if len(coverage.gaps) <= _MARKED else f"; the {_MARKED} longest gaps are marked"
    words = f"{empty} have no article ({percent(coverage.empty_days / coverage.days)}){marked}"
    return [f"{words}. The longest gap is {days(longest.first, longest.last)}, {count(longest.days, 'day')}."]


def _marked(coverage: Coverage) -> list[Gap]:
    gaps = coverage.gaps
    if _is_thin(coverage):
        usual = median(gap.days for gap in gaps)
        gaps = [gap for gap in gaps if gap.days > _UNUSUAL * usual]
    return gaps[:_MARKED]


def _is_thin(coverage: Coverage) -> bool:
    return coverage.empty_days > _RHYTHM * coverage.days


def _bar_chart(coverage: Coverage) -> Chart:
    assert coverage.step is not None
    step = coverage.step
    shown = {bar.section for bar in coverage.bars}
    order = [size.section for size in coverage.sections if size.section in shown]
    order += [OTHERS] if OTHERS in shown and OTHERS not in order else []
    names = {section: short(section, _LONGEST) for section in order}
    bars = []
    tops: Counter[date] = Counter()
    for bar in sorted(coverage.bars, key=lambda bar: order.index(bar.section)):
        bottom = tops[bar.start]
        tops[bar.start] += bar.articles
        bars.append(
            (f"{bar.start}", f"{step.next(bar.start)}", names[bar.section], bar.articles, bottom, bottom + bar.articles)
        )
    gaps = [(f"{gap.first}", f"{gap.last}", gap.days) for gap in _marked(coverage)]
    utc = alt.Scale(type="utc")
    stacked = (
        alt.Chart(rows("start", "end", "section", "articles", "bottom", "top", values=bars))
        .mark_rect()
        .encode(
            x=alt.X("start:T", scale=utc, title=None),
            x2="end:T",
            y=alt.Y("bottom:Q", title=f"articles a {step.name}", axis=alt.Axis(tickMinStep=1)),
            y2="top:Q",
            color=alt.Color("section:N", scale=alt.Scale(domain=list(names.values())), title=None),
            tooltip=[alt.Tooltip("start:N", title=f"{step.name} from"), "section:N", "articles:Q"],
        )
    )
    marked = (
        alt.Chart(rows("first", "last", "days", values=gaps))
        .mark_rect(style="gap")
        .encode(
            x=alt.X("first:T", scale=utc),
            x2="last:T",
            tooltip=[alt.Tooltip("first:N", title="nothing from"), alt.Tooltip("last:N", title="to"), "days:Q"],
        )
    )
    drawn = alt.layer(stacked, marked) if gaps else alt.layer(stacked)
    caption = f"Articles a {step.name} by section{'; gaps are marked' if gaps else ''}."
    return chart("coverage-bars", caption, drawn, height=260)


def _section_table(coverage: Coverage) -> Table:
    total = sum(size.articles for size in coverage.sections)
    shown = coverage.sections[:_MOST_LISTED_SECTIONS]
    caption = "Sections" if len(shown) == len(coverage.sections) else f"The {_MOST_SECTIONS} largest sections"
    lines = [[size.section, size.articles, percent(size.articles / total), size.first, size.last] for size in shown]
    return Table(caption, ["Section", "Articles", "Share", "First", "Last"], lines, right=(1, 2))
