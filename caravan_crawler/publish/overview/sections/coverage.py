"""Articles over time, with the gaps between them."""

from collections import Counter
from datetime import date
from statistics import median

import altair as alt

from caravan_crawler.publish.overview.facts.coverage import OTHERS, Coverage, Gap
from caravan_crawler.publish.overview.parts import Cell, Chart, Section, Table, chart, rows
from caravan_crawler.publish.overview.wording import count, days, number, percent, short

#: The longest gaps are marked in the chart, and the longest of those listed.
_MARKED, _LISTED = 60, 10
#: Where so many of the days are empty, a gap is one that is so many times as long as usual.
_RHYTHM, _UNUSUAL = 0.5, 3
_MOST_SECTIONS = 30
#: Characters of a name; each bar bears its section's.
_LONGEST = 80


def show(coverage: Coverage) -> Section:
    """Return the section."""
    if coverage.period is None or coverage.step is None:
        return Section("coverage", "Coverage", ["No article with a date is in the store yet."])
    first, last = coverage.period
    words = [f"Each bar is a {coverage.step.name}, from {days(first, last)}; its colours are the sections."]
    if coverage.undated:
        words.append(f"{count(coverage.undated, 'article')} without a date stand in no bar.")
    listed = coverage.gaps[:_LISTED]
    tables = [_sections(coverage)]
    if listed:
        gaps: list[list[Cell]] = [[f"{gap.first}", f"{gap.last}", gap.days] for gap in listed]
        caption = "Days without an article" + ("" if len(listed) == len(coverage.gaps) else ": the longest gaps")
        tables.insert(0, Table(caption, ["From", "To", "Days"], gaps, right=(2,)))
    return Section("coverage", "Coverage", words, _wrong(coverage), [_bars(coverage)], tables)


def _wrong(coverage: Coverage) -> list[str]:
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


def _bars(coverage: Coverage) -> Chart:
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


def _sections(coverage: Coverage) -> Table:
    total = sum(size.articles for size in coverage.sections)
    shown = coverage.sections[:_MOST_SECTIONS]
    caption = "Sections" if len(shown) == len(coverage.sections) else f"The {_MOST_SECTIONS} largest sections"
    lines = [[size.section, size.articles, percent(size.articles / total), size.first, size.last] for size in shown]
    return Table(caption, ["Section", "Articles", "Share", "First", "Last"], lines, right=(1, 2))
