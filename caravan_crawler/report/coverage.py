"""Articles over time by section, and days without articles."""

from collections import Counter
from collections.abc import Iterable
from datetime import date, timedelta
from itertools import pairwise
from statistics import median
from typing import Any, NamedTuple

import altair as alt
from sqlalchemy import func, select

from caravan_crawler.console import count
from caravan_crawler.outcome import AT_LIMIT, BELOW_FLOORS, SOUND
from caravan_crawler.report import elements
from caravan_crawler.report.elements import Cell, Chart, Section, Share, Table, days, number, percent, short
from caravan_crawler.store.schema import articles, runs
from caravan_crawler.store.snapshot import Snapshot

_DAY = articles.c.date_published
#: Steps of time with their minimum number of days, the finest first.
_STEPS = {"day": 1, "week": 7, "month": 28, "quarter": 90, "year": 365}
#: Maximum number of steps, so that a phone can display them; years are not limited. With few articles there are fewer
#: steps, so that a step has several articles on average.
_MOST_STEPS, _FEWEST_STEPS, _ARTICLES_A_STEP = 160, 12, 4
#: Number of sections with a colour of their own; smaller ones share one.
_MOST_SECTIONS = 6
_MOST_LISTED_SECTIONS = 30
#: Labels under the bars.
_MOST_LABELS = 30
_OTHERS, _NO_SECTION = "others", "no section"
#: If more than this share of the days is empty, single gaps mean nothing.
_MOST_EMPTY = 0.5
#: If there are more gaps than can be listed, those longer than this number of medians are.
_LONG_GAP = 3
#: Characters of a section's name; the chart's data repeat it for each bar.
_LONGEST = 80


class Step(NamedTuple):
    """A time step: ``day``, ``week``, ``month``, ``quarter`` or ``year``."""

    name: str

    @property
    def is_of_months(self) -> bool:
        """Whether it is a number of whole months."""
        return self.name not in ("day", "week")

    def start(self, day: date) -> date:
        """Return the first day of the step that contains ``day``; weeks begin on Monday."""
        if self.is_of_months:
            months = {"month": 1, "quarter": 3, "year": 12}[self.name]
            return date(day.year, (day.month - 1) // months * months + 1, 1)
        return day - timedelta(days=day.weekday()) if self.name == "week" else day

    def next(self, start: date) -> date:
        """Return the first day of the step after the one that begins at ``start``."""
        # Three more days are past the end of the longest month, quarter or year, and within the next one.
        return self.start(start + timedelta(days=_STEPS[self.name] + (3 if self.is_of_months else 0)))


def step_for(first: date, last: date, articles: int) -> Step:
    """Return the finest step with few enough steps from ``first`` to ``last`` for this number of articles."""
    most = min(_MOST_STEPS, max(_FEWEST_STEPS, articles // _ARTICLES_A_STEP))
    days = (last - first).days + 1
    return Step(next((name for name, length in _STEPS.items() if days <= length * most), "year"))


class Gap(NamedTuple):
    """Days without an article, from ``first`` to ``last``."""

    first: date
    last: date

    @property
    def days(self) -> int:
        """The number of days."""
        return (self.last - self.first).days + 1


def coverage_section(snapshot: Snapshot) -> Section:
    """Return the section on coverage: articles by time and section, and days without any."""
    numbers = select(_DAY, func.count()).where(_DAY.is_not(None)).group_by(_DAY).order_by(_DAY)
    numbers_by_day = {date.fromisoformat(day): articles for day, articles in snapshot.rows(numbers)}
    if not numbers_by_day:
        return Section("coverage", "Coverage", ["No article with a date is in the store yet."])
    dates, dated = list(numbers_by_day), sum(numbers_by_day.values())
    period, is_whole = Gap(dates[0], dates[-1]), _is_whole(snapshot)
    step = step_for(*period, dated)
    parts = _parts(snapshot, step)
    sections = _sections(parts)
    total = sum(articles for _, articles, *_ in sections)
    text = [f"{count(dated, 'article')}, published {days(*period)}."]
    if undated := total - dated:
        text.append(f"{count(undated, 'article')} without a date: not in the chart.")
    if not is_whole:
        text.append("Only a part of the site has been crawled, so days without an article are normal.")
    one = timedelta(days=1)
    gaps = [Gap(before + one, after - one) for before, after in pairwise(dates) if after - before > one]
    gaps.sort(key=lambda gap: (-gap.days, gap.first))
    # Where days are more than articles, most are empty on any site.
    warnings = _warnings(gaps, period) if gaps and is_whole and dated >= period.days else []
    long_gaps = _long_gaps(gaps, period)
    bars = _bars(parts, step, [name for name, *_ in sections])
    is_drawn = len({start for start, _ in bars}) >= elements.FEWEST_POINTS
    charts = [_chart(bars, step, [name for name, *_ in sections], long_gaps)] if is_drawn else []
    tables = []
    if long_gaps:
        longest: list[list[Cell]] = [[f"{gap.first}", f"{gap.last}", gap.days] for gap in long_gaps]
        caption = "Days without an article" + (": the longest gaps" if len(gaps) > len(long_gaps) else "")
        tables.append(Table(caption, ["From", "To", "Days"], longest, right=(2,)))
    lines = [[name, articles, Share(articles / total), first, last] for name, articles, first, last in sections]
    caption = f"The {_MOST_LISTED_SECTIONS} largest sections" if len(lines) > _MOST_LISTED_SECTIONS else "Sections"
    columns = ["Section", "Articles", "Share", "First", "Last"]
    tables.append(Table(caption, columns, lines[:_MOST_LISTED_SECTIONS], right=(1, 2)))
    return Section("coverage", "Coverage", text, warnings, charts=charts, tables=tables)


def _is_whole(snapshot: Snapshot) -> bool:
    """Whether a run of the whole site is complete; otherwise days without an article are normal."""
    complete = select(runs.c.run_id).where(runs.c.scope == "", runs.c.exit_code.in_((SOUND, BELOW_FLOORS)))
    return bool(list(snapshot.rows(complete.where(~runs.c.reason.startswith(AT_LIMIT)).limit(1))))


def _parts(snapshot: Snapshot, step: Step) -> list[Any]:
    """Return rows of section, articles, first and last day, for each section and part of time, or for no date."""
    # The database groups by month; days and weeks are few.
    start = func.substr(_DAY, 1, 7) if step.is_of_months else _DAY
    section = func.coalesce(articles.c.section, _NO_SECTION).label("section")
    columns = (func.count().label("articles"), func.min(_DAY).label("first"), func.max(_DAY).label("last"))
    return list(snapshot.rows(select(section, *columns).group_by(articles.c.section, start)))


def _sections(parts: Iterable[Any]) -> list[tuple[str, int, str | None, str | None]]:
    """Return each section with its articles, first and last day, the largest first."""
    sizes: dict[str, tuple[str, int, str | None, str | None]] = {}
    for part in parts:
        _, articles, first, last = sizes.get(part.section, ("", 0, None, None))
        ends = [day for day in (first, part.first, last, part.last) if day]
        size = (articles + part.articles, min(ends, default=None), max(ends, default=None))
        sizes[part.section] = (part.section, *size)
    return sorted(sizes.values(), key=lambda size: (-size[1], size[0]))


def _bars(parts: Iterable[Any], step: Step, sections: list[str]) -> dict[tuple[date, str], int]:
    """Return the articles of each step of time and section, in this order; small sections are one."""
    numbers: Counter[tuple[date, str]] = Counter()
    for part in parts:
        if part.first is not None:
            name = part.section if part.section in sections[:_MOST_SECTIONS] else _OTHERS
            numbers[step.start(date.fromisoformat(part.first)), name] += part.articles
    return dict(sorted(numbers.items()))


def _long_gaps(gaps: list[Gap], period: Gap) -> list[Gap]:
    """Return the gaps to list and to mark."""
    if sum(gap.days for gap in gaps) > _MOST_EMPTY * period.days:
        return []
    if len(gaps) <= elements.LISTED:
        return gaps
    usual = median(gap.days for gap in gaps)
    return [gap for gap in gaps[: elements.LISTED] if gap.days > _LONG_GAP * usual]


def _warnings(gaps: list[Gap], period: Gap) -> list[str]:
    longest, empty_days = gaps[0], sum(gap.days for gap in gaps)
    empty = f"{number(empty_days)} of {count(period.days, 'day')}"
    if empty_days > _MOST_EMPTY * period.days:
        return [f"Most days have no article: {empty}."]
    empty = f"{empty} have no article ({percent(empty_days / period.days)})"
    return [f"{empty}. The longest gap is {days(*longest)}, {count(longest.days, 'day')}."]


def _axis(step: Step, first: date, last: date) -> alt.Axis:
    """Return an axis with a label at the left of each bar, or of as many as there is room for."""
    starts = [first]
    while starts[-1] < last:
        starts.append(step.next(starts[-1]))
    form = "%Y" if step.name == "year" else "%b %Y" if step.is_of_months else "%-d %b"
    places = [alt.DateTime(year=day.year, month=day.month, date=day.day, utc=True) for day in starts]
    return alt.Axis(
        format=form,
        values=places[:: -(-len(places) // _MOST_LABELS)],
        labelAlign="left",
        labelOverlap=True,
        labelBound=True,
    )


def _chart(bars: dict[tuple[date, str], int], step: Step, sections: list[str], long_gaps: list[Gap]) -> Chart:
    starts, in_bars = [start for start, _ in bars], {section for _, section in bars}
    order = [section for section in sections if section in in_bars]
    order += [_OTHERS] if _OTHERS in in_bars and _OTHERS not in order else []
    names = {section: short(section, _LONGEST) for section in order}
    values = [
        (f"{start}", f"{step.next(start)}", names[section], articles, order.index(section))
        for (start, section), articles in bars.items()
    ]
    axis = _axis(step, starts[0], starts[-1])
    layers = [
        alt.Chart(elements.rows("start", "end", "section", "articles", "place", values=values))
        .mark_bar(orient="vertical", xOffset=0.5, x2Offset=-0.5)
        .encode(
            x=alt.X("start:T", scale=elements.UTC, title="published", axis=axis),
            x2="end:T",
            y=alt.Y("articles:Q", title=f"articles per {step.name}", axis=elements.COUNTS, scale=alt.Scale(nice=5)),
            order="place:Q",
            color=alt.Color("section:N", scale=alt.Scale(domain=list(names.values())), title=None),
            tooltip=["start:N", "section:N", alt.Tooltip("articles:Q", format=",")],
        )
    ]
    marks = [(f"{gap.first}", f"{gap.last}", gap.days) for gap in long_gaps]
    if marks:
        gaps = alt.Chart(elements.rows("from", "to", "days", values=marks)).mark_rect(style="gap")
        layers.append(
            gaps.encode(x=alt.X("from:T", scale=elements.UTC), x2="to:T", tooltip=["from:N", "to:N", "days:Q"])
        )
    caption = f"Articles per {step.name} by section{'; long gaps are marked' if marks else ''}"
    return elements.chart("coverage-bars", caption, alt.layer(*layers), height=260)
