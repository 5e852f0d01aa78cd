"""Fill rates of the fields: over all articles, and run by run."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median
from typing import NamedTuple

import altair as alt
from sqlalchemy import case, func, select

from caravan_crawler.keep.field_counts import EVERYWHERE, FIELDS
from caravan_crawler.keep.schema import field_counts, runs
from caravan_crawler.keep.snapshot import Snapshot
from caravan_crawler.report.elements import Chart, Section, Table, chart, rows
from caravan_crawler.report.formatting import count, moment, percent
from caravan_crawler.report.series import Tally

#: A field of a few articles says nothing.
FEWEST = 20
#: They are sought among the last so many runs.
MOST_RUNS, _LOOKED_AT = 60, 1000


class Fill(NamedTuple):
    """In how many articles a field was found, of how many."""

    field: str
    found: int
    articles: int

    @property
    def share(self) -> float:
        """From 0 to 1."""
        return self.found / self.articles


@dataclass(frozen=True)
class RunFills:
    """The fields of the articles that one run read, in the order of ``FIELDS``."""

    run_id: str
    started_at: str
    fills: list[Fill]


@dataclass(frozen=True)
class Fields:
    """Fill rates: ``now`` of all articles, empty without any; ``over_runs`` of the last runs, oldest first."""

    now: list[Fill]
    over_runs: list[RunFills]


def read_fields(snapshot: Snapshot, tally: Tally) -> Fields:
    """Take the present from the tally, and read what the runs have counted."""
    now = [Fill(name, found, tally.articles) for name, found in tally.found.items()] if tally.articles else []
    return Fields(now, _over_runs(snapshot))


def _over_runs(snapshot: Snapshot) -> list[RunFills]:
    """Return the shares of the last runs that read enough articles to speak of."""
    counts = field_counts.c
    latest = select(runs.c.run_id, runs.c.started_at).order_by(runs.c.started_at.desc(), runs.c.run_id.desc())
    recent = latest.limit(_LOOKED_AT).subquery()
    weight = select(func.sum(counts.articles)).where(counts.run_id == recent.c.run_id, counts.field == FIELDS[0])
    chosen = (
        select(recent.c.run_id, recent.c.started_at)
        .where(weight.scalar_subquery() >= FEWEST)
        .order_by(recent.c.started_at.desc(), recent.c.run_id.desc())
        .limit(MOST_RUNS)
        .subquery()
    )
    query = (
        select(
            chosen.c.run_id,
            chosen.c.started_at,
            counts.field,
            func.sum(case((counts.reader != "", counts.articles), else_=0)),
            func.sum(counts.articles),
        )
        .join(field_counts, counts.run_id == chosen.c.run_id)
        .where(counts.section != EVERYWHERE)
        .group_by(chosen.c.run_id, chosen.c.started_at, counts.field)
    )
    fills: defaultdict[tuple[str, str], list[Fill]] = defaultdict(list)
    for run_id, started_at, name, found, total in snapshot.rows(query):
        fills[started_at, run_id].append(Fill(name, int(found), int(total)))
    order = {name: place for place, name in enumerate(FIELDS)}
    return [
        RunFills(run_id, started_at, sorted(these, key=lambda fill: order.get(fill.field, len(order))))
        for (started_at, run_id), these in sorted(fills.items())
    ]


#: A field has fallen where the last run found it in less than this share of what was usual.
_FALLEN = 0.75


def fields_section(fields: Fields, floors: Mapping[str, float]) -> Section:
    """Return the section; ``floors`` gives the smallest share of articles in which a field must be found."""
    if not fields.now:
        return Section("fields", "Fill rates", ["No article is in the store yet."])
    words = ["In how many of all articles each field is found; a line across a bar is its floor."]
    charts = [_now(fields, floors)]
    if len(fields.over_runs) > 1:
        words.append(
            "Below that, one column is a run, the last on the right: the stronger its colour, the more of its articles "
            f"have the field. {_shown(len(fields.over_runs))}"
        )
        charts.append(_runs_chart(fields.over_runs))
    return Section("fields", "Fill rates", words, _warnings(fields, floors), charts, [_table(fields, floors)])


def _shown(runs: int) -> str:
    which = f"the last {MOST_RUNS} runs" if runs == MOST_RUNS else count(runs, "run")
    return f"It shows {which} that read {FEWEST} articles or more."


def _warnings(fields: Fields, floors: Mapping[str, float]) -> list[str]:
    wrong = [
        f"{fill.field} is found in {percent(fill.share)} of the articles, below its floor of "
        f"{percent(floors[fill.field])}."
        for fill in fields.now
        if fill.share < floors.get(fill.field, 0.0)
    ]
    if len(fields.over_runs) < 2:
        return wrong
    earlier: defaultdict[str, list[float]] = defaultdict(list)
    for run in fields.over_runs[:-1]:
        for fill in run.fills:
            earlier[fill.field].append(fill.share)
    for fill in fields.over_runs[-1].fills:
        usual = median(earlier[fill.field] or [0.0])
        if fill.share < _FALLEN * usual:
            wrong.append(f"{fill.field} fell in the last run: {percent(fill.share)}, where {percent(usual)} is usual.")
    return wrong


def _now(fields: Fields, floors: Mapping[str, float]) -> Chart:
    values = [(fill.field, fill.share, percent(fill.share), floors.get(fill.field)) for fill in fields.now]
    base = alt.Chart(rows("field", "share", "of all", "floor", values=values)).encode(
        y=alt.Y("field:N", sort=list(FIELDS), title=None)
    )
    share = alt.X(
        "share:Q", scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format=".0%", tickCount=5), title="share of articles"
    )
    bars = base.mark_bar().encode(x=share, tooltip=["field:N", "of all:N", alt.Tooltip("floor:Q", format=".0%")])
    marks = base.transform_filter("datum.floor !== null").mark_tick(style="limit", size=28).encode(x="floor:Q")
    return chart("fields-now", "Share of articles in which each field is found.", bars + marks, height=250)


def _runs_chart(over_runs: list[RunFills]) -> Chart:
    values = [
        (place, moment(run.started_at), fill.field, fill.share, percent(fill.share), fill.articles)
        for place, run in enumerate(over_runs)
        for fill in run.fills
    ]
    order = [name for name in FIELDS if any(value[2] == name for value in values)]
    drawn = (
        alt.Chart(rows("place", "run", "field", "share", "found in", "articles", values=values))
        .mark_rect()
        .encode(
            x=alt.X("place:O", title="runs, oldest to newest", axis=alt.Axis(labels=False, ticks=False)),
            y=alt.Y("field:N", sort=order, title=None),
            color=alt.Color(
                "share:Q",
                scale=alt.Scale(domain=[0, 1]),
                legend=alt.Legend(format=".0%", gradientLength=160, tickCount=4),
                title="found in",
            ),
            tooltip=["run:N", "field:N", "found in:N", "articles:Q"],
        )
    )
    return chart("fields-runs", "Share of each run's articles in which each field is found.", drawn, height=250)


def _table(fields: Fields, floors: Mapping[str, float]) -> Table:
    lines = [
        [
            fill.field,
            fill.found,
            percent(fill.share),
            percent(floors[fill.field]) if fill.field in floors else None,
        ]
        for fill in fields.now
    ]
    return Table(
        f"Fields of {count(fields.now[0].articles, 'article')}",
        ["Field", "Found", "Share", "Floor"],
        lines,
        right=(1, 2, 3),
    )
