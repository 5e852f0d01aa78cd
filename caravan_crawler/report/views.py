"""View counts: distribution, most read articles, growth."""

from datetime import datetime
from itertools import pairwise
from typing import Any, NamedTuple

import altair as alt
from sqlalchemy import func, select

from caravan_crawler.report.charts import ALMATY, chart, count_axis, downsample, rows
from caravan_crawler.report.elements import LISTED, Chart, Link, Section, Table, count, short
from caravan_crawler.report.fields import Bin, Tally
from caravan_crawler.store.schema import articles, view_counts
from caravan_crawler.store.snapshot import Snapshot

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
    query = select(_HEADLINE, articles.c.url, articles.c.date_published, articles.c.views).limit(LISTED)
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
    return [
        Growth(headline, _points(snapshot, key, published)) for key, headline, published in list(snapshot.rows(query))
    ]


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
    return downsample(points, _POINTS)


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
        alt.Chart(rows("low", "high", "views", "articles", values=values))
        .mark_rect(style="bin")
        .encode(
            x=alt.X("low:Q", scale=scale, title="views (logarithmic scale)", axis=alt.Axis(format=",d", values=edges)),
            x2="high:Q",
            y=alt.Y("articles:Q", title="articles", axis=count_axis(max(bin_.articles for bin_ in bins))),
            y2=alt.Y2Datum(0),
            tooltip=["views:N", alt.Tooltip("articles:Q", format=",")],
        )
    )
    return chart("views-spread", "Articles by number of views", drawn, height=220)


def _growth_chart(growing: list[Growth]) -> Chart:
    names = [f"{place}. {short(growth.headline, _LEGEND)}" for place, growth in enumerate(growing, start=1)]
    most = max(views for growth in growing for _, views in growth.points)
    values = [(name, days, views) for name, growth in zip(names, growing, strict=True) for days, views in growth.points]
    drawn = (
        alt.Chart(rows("article", "days", "views", values=values))
        .mark_line(point=alt.OverlayMarkDef(size=12))
        .encode(
            x=alt.X("days:Q", title="days since publication"),
            y=alt.Y("views:Q", title="views", axis=count_axis(most)),
            color=alt.Color("article:N", scale=alt.Scale(domain=names), legend=alt.Legend(columns=1), title=None),
            tooltip=["article:N", alt.Tooltip("days:Q", format=".1f"), alt.Tooltip("views:Q", format=",")],
        )
    )
    caption = f"Views of the {count(len(growing), 'article')} whose counts changed most often"
    return chart("views-growth", caption, drawn, height=260)
