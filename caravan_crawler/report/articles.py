"""Counts over all articles: fill rates of the fields, and view counts with the most read and the growing articles."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from itertools import pairwise
from typing import Any, NamedTuple, get_origin

import altair as alt
from sqlalchemy import ColumnElement, Text, cast, func, select

from caravan_crawler.console import count
from caravan_crawler.items import Article
from caravan_crawler.normalise.dates import ALMATY
from caravan_crawler.report import elements
from caravan_crawler.report.elements import Cell, Chart, Link, Section, Share, Table, percent, short
from caravan_crawler.store.field_counts import FEWEST, FIELDS
from caravan_crawler.store.schema import articles, runs, view_counts
from caravan_crawler.store.snapshot import Snapshot

_LISTS = frozenset(one.name for one in fields(Article) if get_origin(one.type) is list)
#: Limits of the bins of views: 0, 1, 2, 5, 10, 20, 50 …
_EDGES = [0, *(digit * 10**power for power in range(9) for digit in (1, 2, 5)), 2**31]
#: Maximum number of runs in the chart, out of the last thousand.
_MOST_RUNS, _EXAMINED_RUNS = 60, 1000


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
    """By views; the first bin has the articles with 0 views."""


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
    """Fill rates of the articles that one run read, by its report."""

    started_at: str
    fills: list[Fill]


class Fields(NamedTuple):
    """Fill rates: ``now`` of all articles, empty without any; ``over_runs`` of the last runs, oldest first."""

    now: list[Fill]
    over_runs: list[RunFills]


def read_tally(snapshot: Snapshot) -> Tally:
    """Count in one pass over the articles: in SQLite each pass reads all texts."""
    views = articles.c.views
    ranges = list(pairwise(_EDGES))
    filled = [func.count().filter(_is_filled(name)) for name in FIELDS]
    binned = [func.count().filter(views.between(low, high - 1)) for low, high in ranges]
    query = select(func.count(), func.sum(views), *filled, *binned).select_from(articles)
    ((total, all_views, *counts),) = snapshot.rows(query)
    return Tally(
        articles=total,
        views=int(all_views or 0),
        found=dict(zip(FIELDS, counts, strict=False)),
        bins=[Bin(low, high, number) for (low, high), number in zip(ranges, counts[len(FIELDS) :], strict=True)],
    )


def _is_filled(name: str) -> ColumnElement[bool]:
    column = articles.c[name]
    return cast(column, Text) != "[]" if name in _LISTS else column.is_not(None)


def read_fields(snapshot: Snapshot, tally: Tally) -> Fields:
    """Return the fill rates of all articles and of the last runs."""
    now = [Fill(name, found, tally.articles) for name, found in tally.found.items()] if tally.articles else []
    latest = select(runs.c.started_at, runs.c.report).order_by(runs.c.started_at.desc(), runs.c.run_id.desc())
    over_runs = []
    for started_at, report in snapshot.rows(latest.where(runs.c.report.is_not(None)).limit(_EXAMINED_RUNS)):
        counts = report.get("fields", {})
        fills = [Fill(name, counts[name]["found"], counts[name]["of"]) for name in FIELDS if name in counts]
        if fills and fills[0].articles >= FEWEST:
            over_runs.append(RunFills(started_at, fills))
    return Fields(now, over_runs[:_MOST_RUNS][::-1])


def fields_section(fields: Fields, floors: Mapping[str, float]) -> Section:
    """Return the section on fill rates; ``floors`` maps a field to the minimum share of articles that must have it."""
    if not fields.now:
        return Section("fields", "Fill rates", ["No article is in the store yet."])
    text = [f"The share of the {count(fields.now[0].articles, 'article')} in which each field is found."]
    lowest = [f"{fill.field} {percent(floors[fill.field])}" for fill in fields.now if fill.field in floors]
    if lowest:
        text.append(f"A line across a bar is the field's floor: {', '.join(lowest)}.")
    charts = []
    if len(fields.over_runs) >= elements.FEWEST_RUNS:
        text.append(f"The chart has {len(fields.over_runs)} runs, the last ones that read {FEWEST} articles or more.")
        charts.append(_fill_chart(fields.over_runs))
    lines: list[list[Cell]] = [[one.field, one.found, Share(one.share, floors.get(one.field))] for one in fields.now]
    table = Table("Fields", ["Field", "Articles", "Share"], lines, right=(1, 2))
    return Section("fields", "Fill rates", text, _fill_warnings(fields, floors), charts=charts, tables=[table])


def _fill_warnings(fields: Fields, floors: Mapping[str, float]) -> list[str]:
    return [
        f"{fill.field} is found in {percent(fill.share)} of the articles, below its floor of "
        f"{percent(floors[fill.field])}."
        for fill in fields.now
        if fill.share < floors.get(fill.field, 0.0)
    ]


def _fill_chart(over_runs: list[RunFills]) -> Chart:
    values = [
        (label, fill.field, fill.share, percent(fill.share), fill.articles)
        for label, run in zip(elements.run_labels(run.started_at for run in over_runs), over_runs, strict=True)
        for fill in run.fills
    ]
    legend = alt.Legend(format=".0%", gradientLength=160, values=[0, 0.5, 1])
    drawn = (
        alt.Chart(elements.rows("run", "field", "share", "found in", "articles", values=values))
        .mark_rect()
        .encode(
            x=elements.RUNS,
            y=alt.Y("field:N", sort=list(FIELDS), title=None),
            color=alt.Color("share:Q", scale=alt.Scale(domain=[0, 1]), legend=legend, title="share of articles"),
            tooltip=["run:N", "field:N", "found in:N", "articles:Q"],
        )
    )
    return elements.chart("fields-runs", "Share of each run's articles in which each field is found", drawn, height=250)


# Views

#: The distribution of fewer articles is not drawn.
_FEWEST_ARTICLES = 10
_GROWING, _POINTS = 8, 60
_DAY_SECONDS = 86_400
#: Characters of a headline in a legend.
_LEGEND = 48
#: With more limits of bins, only powers of ten are labelled.
_MOST_EDGES = 7
#: The headline of an article, or its URL.
_HEADLINE = func.coalesce(articles.c.headline, articles.c.url).label("headline")


class Growth(NamedTuple):
    """The views of an article over time: pairs of days since publication and count."""

    headline: str
    points: list[tuple[float, int]]


class Views(NamedTuple):
    """The views of all articles."""

    uncounted: int
    """The number of articles without a count."""
    unread: int
    """The number of articles with a count of 0; they are in no bin."""
    bins: list[Bin]
    """From the first to the last that is not empty."""
    most_read: list[Any]
    """Rows with headline, URL, day and views."""
    growing: list[Growth]
    """The articles whose counts changed most often, at least once."""


def read_views(snapshot: Snapshot, tally: Tally) -> Views:
    """Return the distribution from the tally, the most read articles, and those that grow."""
    unread, *bins = tally.bins
    while bins and not bins[-1].articles:
        bins.pop()
    while bins and not bins[0].articles:
        bins.pop(0)
    uncounted = tally.articles - tally.found["views"]
    query = select(_HEADLINE, articles.c.url, articles.c.date_published, articles.c.views).limit(elements.LISTED)
    most_read = query.where(articles.c.views.is_not(None)).order_by(articles.c.views.desc(), articles.c.key)
    return Views(uncounted, unread.articles, bins, list(snapshot.rows(most_read)), _growing(snapshot))


def _growing(snapshot: Snapshot) -> list[Growth]:
    counts = view_counts.c
    often = (
        select(counts.article_key, func.count().label("times"))
        .group_by(counts.article_key)
        .having(func.count() > 1)
        .order_by(func.count().desc(), counts.article_key)
        .limit(_GROWING)
        .subquery()
    )
    columns = articles.c
    query = (
        select(columns.key, _HEADLINE, func.coalesce(columns.published_at, columns.date_published))
        .join(often, often.c.article_key == columns.key)
        .where(columns.date_published.is_not(None))
        .order_by(often.c.times.desc(), columns.key)
    )
    return [Growth(headline, _points(snapshot, key, day)) for key, headline, day in list(snapshot.rows(query))]


def _points(snapshot: Snapshot, key: str, published: str) -> list[tuple[float, int]]:
    since = datetime.fromisoformat(published)
    if since.tzinfo is None:
        since = since.replace(tzinfo=ALMATY)  # a day without a time begins in Almaty
    counts = view_counts.c
    query = select(counts.observed_at, counts.views).where(counts.article_key == key).order_by(counts.observed_at)
    points = [
        (round((datetime.fromisoformat(time) - since).total_seconds() / _DAY_SECONDS, 3), views)
        for time, views in snapshot.rows(query)
    ]
    return elements.downsample(points, _POINTS)


def views_section(views: Views) -> Section:
    """Return the section on views."""
    if not views.bins and not views.unread:
        return Section("views", "Views", ["No article with a view count is in the store yet."])
    text = []
    if views.unread:
        text.append(f"{count(views.unread, 'article')} with 0 views: not in the chart.")
    if views.uncounted:
        text.append(f"{count(views.uncounted, 'article')} without a view count.")
    charts = []
    if sum(bin_.articles for bin_ in views.bins) >= _FEWEST_ARTICLES:
        charts.append(_distribution_chart(views.bins))
    if views.growing:
        charts.append(_growth_chart(views.growing))
    else:
        text.append("No count has changed between runs yet.")
    warnings = [
        f"The views of “{short(growth.headline, 80)}” have gone down at some time."
        for growth in views.growing
        if any(later < earlier for (_, earlier), (_, later) in pairwise(growth.points))
    ]
    lines = [[Link(read.headline, read.url), read.date_published, read.views] for read in views.most_read]
    caption = f"The {len(lines)} most read" if len(lines) > 1 else "Most read"
    table = Table(caption, ["Article", "Date", "Views"], lines, right=(2,))
    return Section("views", "Views", text, warnings, charts=charts, tables=[table])


def _distribution_chart(bins: list[Bin]) -> Chart:
    values = [(bin_.low, bin_.high, f"{bin_.low:,} to {bin_.high - 1:,}", bin_.articles) for bin_ in bins]
    edges = [bin_.low for bin_ in bins] + [bins[-1].high]
    if len(edges) > _MOST_EDGES:
        edges = [edge for edge in edges if f"{edge}".strip("0") == "1"]
    scale = alt.Scale(type="log", domain=[bins[0].low, bins[-1].high])
    drawn = (
        alt.Chart(elements.rows("low", "high", "views", "articles", values=values))
        .mark_rect(style="bin")
        .encode(
            x=alt.X("low:Q", scale=scale, title="views (logarithmic scale)", axis=alt.Axis(format=",d", values=edges)),
            x2="high:Q",
            y=alt.Y("articles:Q", title="articles", axis=elements.COUNTS),
            y2=alt.Y2Datum(0),
            tooltip=["views:N", alt.Tooltip("articles:Q", format=",")],
        )
    )
    return elements.chart("views-spread", "Articles by number of views", drawn, height=220)


def _growth_chart(growing: list[Growth]) -> Chart:
    names = [f"{place}. {short(growth.headline, _LEGEND)}" for place, growth in enumerate(growing, start=1)]
    values = [(name, days, views) for name, growth in zip(names, growing, strict=True) for days, views in growth.points]
    drawn = (
        alt.Chart(elements.rows("article", "days", "views", values=values))
        .mark_line(point=alt.OverlayMarkDef(size=12))
        .encode(
            x=alt.X("days:Q", title="days since publication"),
            y=alt.Y("views:Q", title="views", axis=elements.COUNTS),
            color=alt.Color("article:N", scale=alt.Scale(domain=names), legend=alt.Legend(columns=1), title=None),
            tooltip=["article:N", alt.Tooltip("days:Q", format=".1f"), alt.Tooltip("views:Q", format=",")],
        )
    )
    caption = f"Views of the {count(len(growing), 'article')} whose counts changed most often"
    return elements.chart("views-growth", caption, drawn, height=260)
