"""Articles over time by section, and days without articles."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise
from statistics import median
from typing import Any, NamedTuple

import altair as alt
from sqlalchemy import func, select

from caravan_crawler.report.elements import (
    UTC,
    Cell,
    Chart,
    Section,
    Table,
    chart,
    count,
    days,
    number,
    percent,
    rows,
    short,
)
from caravan_crawler.report.series import Step, step_for
from caravan_crawler.store.schema import articles
from caravan_crawler.store.snapshot import Snapshot

_DAY = articles.c.date_published
#: Number of sections with a colour of their own; smaller ones share one.
_MOST_SECTIONS = 6
_MOST_LISTED_SECTIONS = 30
_OTHERS, _NO_SECTION = "others", "none"
#: Number of longest gaps that are marked in the chart, and listed.
_MARKED_GAPS, _LISTED_GAPS = 60, 10
#: If more than this share of the days is empty, gaps longer than this many medians are marked.
_MOST_EMPTY, _LONG_GAP = 0.5, 3
#: Characters of a section's name; the chart's data repeat it for each bar.
_LONGEST = 80


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
        """The number of days."""
        return (self.last - self.first).days + 1


class SectionSize(NamedTuple):
    """A section, with its first and last day."""

    section: str
    articles: int
    first: str | None
    last: str | None


@dataclass(frozen=True)
class Coverage:
    """The articles over time; ``period`` and ``step`` are None if no article has a date."""

    period: tuple[date, date] | None = None
    step: Step | None = None
    bars: list[Bar] = field(default_factory=list)
    sections: list[SectionSize] = field(default_factory=list)
    """All sections, largest first."""

    undated: int = 0
    gaps: list[Gap] = field(default_factory=list)
    """All gaps, longest first."""

    @property
    def days(self) -> int:
        """The length of the period."""
        return (self.period[1] - self.period[0]).days + 1 if self.period else 0

    @property
    def empty_days(self) -> int:
        """The number of days in the period without an article."""
        return sum(gap.days for gap in self.gaps)

    @property
    def is_sparse(self) -> bool:
        """Whether most days are empty."""
        return self.empty_days > _MOST_EMPTY * self.days


def read_coverage(snapshot: Snapshot) -> Coverage:
    """Count articles by day and by section."""
    query = select(_DAY).where(_DAY.is_not(None)).distinct().order_by(_DAY)
    dates = [date.fromisoformat(day) for (day,) in snapshot.rows(query)]
    step = step_for(dates[0], dates[-1]) if dates else None
    # The database groups by month; days and weeks are few.
    start = func.substr(_DAY, 1, 7) if step and step.is_of_months else _DAY
    section = func.coalesce(articles.c.section, _NO_SECTION).label("section")
    columns = (func.count().label("articles"), func.min(_DAY).label("first"), func.max(_DAY).label("last"))
    parts = list(snapshot.rows(select(section, *columns).group_by(articles.c.section, start)))
    sections = _sections(parts)
    undated = sum(part.articles for part in parts if part.first is None)
    if step is None:
        return Coverage(sections=sections, undated=undated)
    largest = {size.section for size in sections[:_MOST_SECTIONS]}
    numbers: Counter[tuple[date, str]] = Counter()
    for part in parts:
        if part.first is not None:
            name = part.section if part.section in largest else _OTHERS
            numbers[step.start(date.fromisoformat(part.first)), name] += part.articles
    bars = [Bar(first, name, number) for (first, name), number in sorted(numbers.items())]
    one = timedelta(days=1)
    gaps = [Gap(before + one, after - one) for before, after in pairwise(dates) if after - before > one]
    gaps.sort(key=lambda gap: (-gap.days, gap.first))
    return Coverage((dates[0], dates[-1]), step, bars, sections, undated, gaps)


def _sections(parts: Sequence[Any]) -> list[SectionSize]:
    by_section: defaultdict[str, list[Any]] = defaultdict(list)
    for part in parts:
        by_section[part.section].append(part)
    sizes = [
        SectionSize(
            section,
            sum(part.articles for part in its_parts),
            min((part.first for part in its_parts if part.first), default=None),
            max((part.last for part in its_parts if part.last), default=None),
        )
        for section, its_parts in by_section.items()
    ]
    return sorted(sizes, key=lambda size: (-size.articles, size.section))


def coverage_section(coverage: Coverage) -> Section:
    """Return the section on coverage."""
    if coverage.period is None or coverage.step is None:
        return Section("coverage", "Coverage", ["No article with a date is in the store yet."])
    text = [f"Each bar is a {coverage.step.name}, from {days(*coverage.period)}; its colours are the sections."]
    if coverage.undated:
        text.append(f"{count(coverage.undated, 'article')} without a date stand in no bar.")
    tables = []
    if coverage.gaps:
        longest: list[list[Cell]] = [[f"{gap.first}", f"{gap.last}", gap.days] for gap in coverage.gaps[:_LISTED_GAPS]]
        caption = "Days without an article" + (": the longest gaps" if len(coverage.gaps) > _LISTED_GAPS else "")
        tables.append(Table(caption, ["From", "To", "Days"], longest, right=(2,)))
    tables.append(_section_table(coverage))
    return Section("coverage", "Coverage", text, _warnings(coverage), [_chart(coverage, coverage.step)], tables)


def _warnings(coverage: Coverage) -> list[str]:
    if not coverage.gaps:
        return []
    longest = coverage.gaps[0]
    empty = f"{number(coverage.empty_days)} of {count(coverage.days, 'day')}"
    if coverage.is_sparse:
        return [f"Most days have no article: {empty}. The archive is thin, or only a part of it was read."]
    marked = "" if len(coverage.gaps) <= _MARKED_GAPS else f"; the {_MARKED_GAPS} longest gaps are marked"
    empty = f"{empty} have no article ({percent(coverage.empty_days / coverage.days)}){marked}"
    return [f"{empty}. The longest gap is {days(*longest)}, {count(longest.days, 'day')}."]


def _chart(coverage: Coverage, step: Step) -> Chart:
    in_bars = {bar.section for bar in coverage.bars}
    order = [size.section for size in coverage.sections if size.section in in_bars]
    order += [_OTHERS] if _OTHERS in in_bars and _OTHERS not in order else []
    names = {section: short(section, _LONGEST) for section in order}
    bars = []
    tops: Counter[date] = Counter()
    for bar in sorted(coverage.bars, key=lambda bar: order.index(bar.section)):
        bottom = tops[bar.start]
        tops[bar.start] += bar.articles
        span = (f"{bar.start}", f"{step.next(bar.start)}")
        bars.append((*span, names[bar.section], bar.articles, bottom, bottom + bar.articles))
    gaps = coverage.gaps
    if coverage.is_sparse:
        usual = median(gap.days for gap in gaps)
        gaps = [gap for gap in gaps if gap.days > _LONG_GAP * usual]
    marks = [(f"{gap.first}", f"{gap.last}", gap.days) for gap in gaps[:_MARKED_GAPS]]
    layers = [
        alt.Chart(rows("start", "end", "section", "articles", "bottom", "top", values=bars))
        .mark_rect()
        .encode(
            x=alt.X("start:T", scale=UTC, title=None),
            x2="end:T",
            y=alt.Y("bottom:Q", title=f"articles a {step.name}", axis=alt.Axis(tickMinStep=1)),
            y2="top:Q",
            color=alt.Color("section:N", scale=alt.Scale(domain=list(names.values())), title=None),
            tooltip=[alt.Tooltip("start:N", title=f"{step.name} from"), "section:N", "articles:Q"],
        )
    ]
    if marks:
        layers.append(
            alt.Chart(rows("first", "last", "days", values=marks))
            .mark_rect(style="gap")
            .encode(
                x=alt.X("first:T", scale=UTC),
                x2="last:T",
                tooltip=[alt.Tooltip("first:N", title="nothing from"), alt.Tooltip("last:N", title="to"), "days:Q"],
            )
        )
    caption = f"Articles a {step.name} by section{'; gaps are marked' if marks else ''}."
    return chart("coverage-bars", caption, alt.layer(*layers), height=260)


def _section_table(coverage: Coverage) -> Table:
    total = sum(size.articles for size in coverage.sections)
    listed = coverage.sections[:_MOST_LISTED_SECTIONS]
    is_cut = len(coverage.sections) > _MOST_LISTED_SECTIONS
    caption = f"The {_MOST_LISTED_SECTIONS} largest sections" if is_cut else "Sections"
    lines = [[size.section, size.articles, percent(size.articles / total), size.first, size.last] for size in listed]
    return Table(caption, ["Section", "Articles", "Share", "First", "Last"], lines, right=(1, 2))
