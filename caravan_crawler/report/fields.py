"""Counts over all articles, and the fill rates of the fields: over all articles, and run by run."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import fields
from itertools import pairwise
from statistics import median
from typing import NamedTuple, get_origin

import altair as alt
from sqlalchemy import ColumnElement, Text, and_, case, cast, func, select

from caravan_crawler.items import Article
from caravan_crawler.report.charts import FEWEST_RUNS, chart, rows, run_axis, run_labels
from caravan_crawler.report.elements import Cell, Chart, Section, Share, Table, count, percent
from caravan_crawler.store.field_counts import EVERYWHERE, FIELDS
from caravan_crawler.store.schema import articles, field_counts, runs
from caravan_crawler.store.snapshot import Snapshot

_LISTS = frozenset(one.name for one in fields(Article) if get_origin(one.type) is list)
#: Limits of the bins of views: 0, 1, 2, 5, 10, 20, 50 …
_EDGES = [0, *(digit * 10**power for power in range(9) for digit in (1, 2, 5)), 2**31]
#: Runs that read fewer articles are not evaluated.
_FEWEST = 20
#: Maximum number of runs in the chart, out of the last thousand.
_MOST_RUNS, _EXAMINED_RUNS = 60, 1000
#: Warn if the last run found a field in less than this share of the median of earlier runs.
_FALLEN = 0.75


class Bin(NamedTuple):
    """The number of articles with at least ``low`` and fewer than ``high`` views."""

    low: int
    high: int
    articles: int


class Tally(NamedTuple):
    """Counts over all articles; ``found`` maps a field to the number of articles with a value."""

    articles: int
    views: int
    """The sum of the latest counts."""
    found: dict[str, int]
    bins: list[Bin]
    """By views; the first bin has the articles with 0 views, the last one has no upper limit."""


class Fill(NamedTuple):
    """Number of articles in which a field was found, and of all articles."""

    field: str
    found: int
    articles: int

    @property
    def share(self) -> float:
        """From 0 to 1."""
        return self.found / self.articles


class RunFills(NamedTuple):
    """Fill rates of the articles that one run read, in the order of ``FIELDS``."""

    run_id: str
    started_at: str
    fills: list[Fill]


class Fields(NamedTuple):
    """Fill rates: ``now`` of all articles, empty without any; ``over_runs`` of the last runs, oldest first."""

    now: list[Fill]
    over_runs: list[RunFills]


def read_tally(snapshot: Snapshot) -> Tally:
    """Count in one pass over the articles: in SQLite each pass reads all texts."""
    views = articles.c.views
    filled = [_count_where(_is_filled(name)) for name in FIELDS]
    ranges = list(pairwise(_EDGES))
    binned = [_count_where(and_(views >= low, views < high) if low else views < high) for low, high in ranges[:-1]]
    binned.append(_count_where(views >= ranges[-1][0]))
    query = select(func.count(), func.sum(views), *filled, *binned).select_from(articles)
    ((total, all_views, *counts),) = snapshot.rows(query)
    numbers = [int(number or 0) for number in counts]
    return Tally(
        articles=total,
        views=int(all_views or 0),
        found=dict(zip(FIELDS, numbers, strict=False)),
        bins=[Bin(low, high, number) for (low, high), number in zip(ranges, numbers[len(FIELDS) :], strict=True)],
    )


def _count_where(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((condition, 1), else_=0))


def _is_filled(name: str) -> ColumnElement[bool]:
    column = articles.c[name]
    return cast(column, Text) != "[]" if name in _LISTS else column.is_not(None)


def read_fields(snapshot: Snapshot, tally: Tally) -> Fields:
    """Return the fill rates of all articles and of the last runs."""
    now = [Fill(name, found, tally.articles) for name, found in tally.found.items()] if tally.articles else []
    counts = field_counts.c
    latest = select(runs.c.run_id, runs.c.started_at).order_by(runs.c.started_at.desc(), runs.c.run_id.desc())
    recent = latest.limit(_EXAMINED_RUNS).subquery()
    read = select(func.sum(counts.articles)).where(counts.run_id == recent.c.run_id, counts.field == FIELDS[0])
    chosen = (
        select(recent.c.run_id, recent.c.started_at)
        .where(read.scalar_subquery() >= _FEWEST)
        .order_by(recent.c.started_at.desc(), recent.c.run_id.desc())
        .limit(_MOST_RUNS)
        .subquery()
    )
    found = func.sum(case((counts.reader != "", counts.articles), else_=0))
    query = (
        select(chosen.c.run_id, chosen.c.started_at, counts.field, found, func.sum(counts.articles))
        .join(field_counts, counts.run_id == chosen.c.run_id)
        .where(counts.section != EVERYWHERE)
        .group_by(chosen.c.run_id, chosen.c.started_at, counts.field)
    )
    fills: defaultdict[tuple[str, str], list[Fill]] = defaultdict(list)
    for run_id, started_at, name, number, total in snapshot.rows(query):
        fills[started_at, run_id].append(Fill(name, int(number), int(total)))
    order = {name: place for place, name in enumerate(FIELDS)}
    over_runs = [
        RunFills(run_id, started_at, sorted(run_fills, key=lambda fill: order.get(fill.field, len(order))))
        for (started_at, run_id), run_fills in sorted(fills.items())
    ]
    return Fields(now, over_runs)


def fields_section(fields: Fields, floors: Mapping[str, float]) -> Section:
    """Return the section on fill rates; ``floors`` maps a field to the minimum share of articles that must have it."""
    if not fields.now:
        return Section("fields", "Fill rates", ["No article is in the store yet."])
    text = [f"The share of the {count(fields.now[0].articles, 'article')} in which each field is found."]
    lowest = [f"{fill.field} {percent(floors[fill.field])}" for fill in fields.now if fill.field in floors]
    if lowest:
        text.append(f"A line across a bar is the field's floor: {', '.join(lowest)}.")
    charts = []
    if len(fields.over_runs) >= FEWEST_RUNS:
        text.append(f"The chart has {len(fields.over_runs)} runs, the last ones that read {_FEWEST} articles or more.")
        charts.append(_runs_chart(fields.over_runs))
    lines: list[list[Cell]] = [
        [fill.field, fill.found, Share(fill.share, floors.get(fill.field))] for fill in fields.now
    ]
    table = Table("Fields", ["Field", "Articles", "Share"], lines, right=(1, 2))
    return Section("fields", "Fill rates", text, _warnings(fields, floors), charts=charts, tables=[table])


def _warnings(fields: Fields, floors: Mapping[str, float]) -> list[str]:
    warnings = [
        f"{fill.field} is found in {percent(fill.share)} of the articles, below its floor of "
        f"{percent(floors[fill.field])}."
        for fill in fields.now
        if fill.share < floors.get(fill.field, 0.0)
    ]
    earlier: defaultdict[str, list[float]] = defaultdict(list)
    for run in fields.over_runs[:-1]:
        for fill in run.fills:
            earlier[fill.field].append(fill.share)
    for fill in fields.over_runs[-1].fills if earlier else ():
        usual = median(earlier[fill.field] or [0.0])
        if fill.share < _FALLEN * usual:
            warnings.append(
                f"{fill.field} fell in the last run: {percent(fill.share)}, where {percent(usual)} is usual."
            )
    return warnings


def _runs_chart(over_runs: list[RunFills]) -> Chart:
    values = [
        (label, fill.field, fill.share, percent(fill.share), fill.articles)
        for label, run in zip(run_labels(run.started_at for run in over_runs), over_runs, strict=True)
        for fill in run.fills
    ]
    order = [name for name in FIELDS if any(value[1] == name for value in values)]
    legend = alt.Legend(format=".0%", gradientLength=160, values=[0, 0.5, 1])
    drawn = (
        alt.Chart(rows("run", "field", "share", "found in", "articles", values=values))
        .mark_rect()
        .encode(
            x=run_axis(),
            y=alt.Y("field:N", sort=order, title=None),
            color=alt.Color("share:Q", scale=alt.Scale(domain=[0, 1]), legend=legend, title="share of articles"),
            tooltip=["run:N", "field:N", "found in:N", "articles:Q"],
        )
    )
    return chart("fields-runs", "Share of each run's articles in which each field is found", drawn, height=250)
