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


def fields_section(snapshot: Snapshot, tally: Tally, floors: Mapping[str, float]) -> Section:
    """Return the section on fill rates; ``floors`` maps a field to the minimum share of articles that must have it."""
    if not tally.articles:
        return Section("fields", "Fill rates", ["No article is in the store yet."])
    shares = {name: found / tally.articles for name, found in tally.found.items()}
    text = [f"The share of the {count(tally.articles, 'article')} in which each field is found."]
    lowest = [f"{name} {percent(floors[name])}" for name in shares if name in floors]
    if lowest:
        text.append(f"A line across a bar is the field's floor: {', '.join(lowest)}.")
    runs_read = _fields_of_runs(snapshot)
    charts = []
    if len(runs_read) >= elements.FEWEST_RUNS:
        text.append(f"The chart has {len(runs_read)} runs, the last ones that read {FEWEST} articles or more.")
        charts.append(_fill_chart(runs_read))
    warnings = [
        f"{name} is found in {percent(share)} of the articles, below its floor of {percent(floors[name])}."
        for name, share in shares.items()
        if share < floors.get(name, 0.0)
    ]
    lines: list[list[Cell]] = [
        [name, tally.found[name], Share(share, floors.get(name))] for name, share in shares.items()
    ]
    table = Table("Fields", ["Field", "Articles", "Share"], lines, right=(1, 2))
    return Section("fields", "Fill rates", text, warnings, charts=charts, tables=[table])


def _fields_of_runs(snapshot: Snapshot) -> list[tuple[str, dict[str, Any]]]:
    """Return the start of the last runs that read enough articles, oldest first, and the counts of each field."""
    latest = select(runs.c.started_at, runs.c.report).order_by(runs.c.started_at.desc(), runs.c.run_id.desc())
    found = []
    for started_at, report in snapshot.rows(latest.where(runs.c.report.is_not(None)).limit(_EXAMINED_RUNS)):
        counts = {name: report["fields"][name] for name in FIELDS if name in report.get("fields", ())}
        if counts and next(iter(counts.values()))["of"] >= FEWEST:
            found.append((started_at, counts))
    return found[:_MOST_RUNS][::-1]


def _fill_chart(runs_read: list[tuple[str, dict[str, Any]]]) -> Chart:
    labels = elements.run_labels(started_at for started_at, _ in runs_read)
    values = [
        (label, name, one["found"] / one["of"], percent(one["found"] / one["of"]), one["of"])
        for label, (_, counts) in zip(labels, runs_read, strict=True)
        for name, one in counts.items()
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


def views_section(snapshot: Snapshot, tally: Tally) -> Section:
    """Return the section on views: their distribution, the most read articles, and those that grow."""
    unread, *bins = tally.bins
    while bins and not bins[-1].articles:
        bins.pop()
    while bins and not bins[0].articles:
        bins.pop(0)
    if not bins and not unread.articles:
        return Section("views", "Views", ["No article with a view count is in the store yet."])
    text = []
    if unread.articles:
        text.append(f"{count(unread.articles, 'article')} with 0 views: not in the chart.")
    if uncounted := tally.articles - tally.found["views"]:
        text.append(f"{count(uncounted, 'article')} without a view count.")
    charts = []
    if sum(bin_.articles for bin_ in bins) >= _FEWEST_ARTICLES:
        charts.append(_distribution_chart(bins))
    growing = _growing(snapshot)
    if growing:
        charts.append(_growth_chart(growing))
    else:
        text.append("No count has changed between runs yet.")
    warnings = [
        f"The views of “{short(growth.headline, 80)}” have gone down at some time."
        for growth in growing
        if any(later < earlier for (_, earlier), (_, later) in pairwise(growth.points))
    ]
    query = select(_HEADLINE, articles.c.url, articles.c.date_published, articles.c.views).limit(elements.LISTED)
    most_read = query.where(articles.c.views.is_not(None)).order_by(articles.c.views.desc(), articles.c.key)
    lines = [[Link(headline, url), day, views] for headline, url, day, views in snapshot.rows(most_read)]
    caption = f"The {len(lines)} most read" if len(lines) > 1 else "Most read"
    table = Table(caption, ["Article", "Date", "Views"], lines, right=(2,))
    return Section("views", "Views", text, warnings, charts=charts, tables=[table])


def _growing(snapshot: Snapshot) -> list[Growth]:
    """Return the articles whose counts changed most often, at least once."""
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
