"""What is read: how the views are spread, the most read articles, and how views grow."""

import altair as alt

from caravan_crawler.publish.overview.facts.tally import Bin
from caravan_crawler.publish.overview.facts.views import Growth, Views
from caravan_crawler.publish.overview.parts import Chart, Link, Section, Table, chart, rows
from caravan_crawler.publish.overview.wording import count, short

_LEGEND = 48


def show(views: Views) -> Section:
    """Return the section."""
    if not views.bins and not views.unread:
        return Section("views", "Views", ["No article with a view count is in the store yet."])
    words = ["How many articles have how many views; each step of the scale is about twice the one before."]
    if views.unread:
        words.append(f"{count(views.unread, 'article')} with 0 views stand in no bar.")
    if views.uncounted:
        words.append(f"{count(views.uncounted, 'article')} show no count.")
    charts = [_spread(views.bins)] if views.bins else []
    if views.growing:
        words.append(
            f"The lines are the {count(len(views.growing), 'article')} whose counts were seen to change most often."
        )
        charts.append(_growth(views.growing))
    else:
        words.append("No count was seen to change yet; a later run may.")
    return Section("views", "Views", words, _wrong(views), charts, [_most_read(views)])


def _wrong(views: Views) -> list[str]:
    shrunk = [
        growth.headline
        for growth in views.growing
        if any(later < earlier for (_, earlier), (_, later) in zip(growth.points, growth.points[1:], strict=False))
    ]
    return [f"The views of “{short(headline, 80)}” have gone down at some time." for headline in shrunk]


def _spread(bins: list[Bin]) -> Chart:
    values = [(bin_.low, bin_.high, f"{bin_.low:,} to {bin_.high - 1:,}", bin_.articles) for bin_ in bins]
    drawn = (
        alt.Chart(rows("low", "high", "views", "articles", values=values))
        .mark_rect(style="bin")
        .encode(
            x=alt.X(
                "low:Q",
                scale=alt.Scale(type="log", domain=[bins[0].low, bins[-1].high]),
                title="views",
                axis=alt.Axis(format="~s", tickCount=6),
            ),
            x2="high:Q",
            y=alt.Y("articles:Q", title="articles"),
            y2=alt.Y2Datum(0),
            tooltip=["views:N", alt.Tooltip("articles:Q", format=",")],
        )
    )
    return chart("views-spread", "Articles by their number of views, on a logarithmic scale.", drawn, height=220)


def _growth(growing: list[Growth]) -> Chart:
    names = [f"{place}. {short(growth.headline, _LEGEND)}" for place, growth in enumerate(growing, start=1)]
    values = [(name, days, views) for name, growth in zip(names, growing, strict=True) for days, views in growth.points]
    drawn = (
        alt.Chart(rows("article", "days", "views", values=values))
        .mark_line(point=alt.OverlayMarkDef(size=12))
        .encode(
            x=alt.X("days:Q", title="days since publication"),
            y=alt.Y("views:Q", title="views", axis=alt.Axis(format="~s")),
            color=alt.Color("article:N", scale=alt.Scale(domain=names), legend=alt.Legend(columns=1), title=None),
            tooltip=["article:N", alt.Tooltip("days:Q", format=".1f"), alt.Tooltip("views:Q", format=",")],
        )
    )
    return chart("views-growth", "Views of single articles over the days since publication.", drawn, height=260)


def _most_read(views: Views) -> Table:
    lines = [[Link(read.headline, read.url), read.date_published, read.views] for read in views.most_read]
    return Table(
        f"The {len(lines)} most read" if len(lines) > 1 else "Most read",
        ["Article", "Date", "Views"],
        lines,
        right=(2,),
    )
