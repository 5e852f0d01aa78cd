"""How trending topics rise and fall."""

import altair as alt

from caravan_crawler.publish.overview.facts.trending import WINDOW, Trending
from caravan_crawler.publish.overview.parts import Cell, Chart, Section, Table, chart, rows, time_axis
from caravan_crawler.publish.overview.wording import count, moment, percent, short

#: Characters of a topic in the chart, each of whose points bears one.
_LONGEST = 80


def show(trending: Trending) -> Section:
    """Return the section."""
    if not trending.topics:
        return Section("trending", "Trending topics", ["No trending topic is in the store yet."])
    words = [
        f"The place of the {count(len(trending.topics), 'topic')} that stood in the block longest, the first on top, "
        f"from {moment(trending.since)} to {moment(trending.until)}, at {count(trending.moments, 'moment')}."
    ]
    if trending.is_cut:
        words.append(f"Older ones than {WINDOW.days} days are in the store and not shown.")
    if trending.moments == 1:
        words.append("The block was not seen to change yet.")
    lines: list[list[Cell]] = [[topic, percent(share), best] for topic, share, best in trending.topics]
    tables = [Table("Most present topics", ["Topic", "Present", "Best place"], lines, right=(1, 2))]
    return Section("trending", "Trending topics", words, [], [_bump(trending)], tables)


def _bump(trending: Trending) -> Chart:
    values = [(moment(time), time, short(topic, _LONGEST), rank) for time, topic, rank in trending.places]
    topics = [short(topic, _LONGEST) for topic, *_ in trending.topics]
    lowest = max((rank for *_, rank in trending.places if rank is not None), default=1)
    axis = time_axis(trending.places[0].time, trending.places[-1].time)
    drawn = (
        alt.Chart(rows("seen", "time", "topic", "rank", values=values))
        .mark_line(
            point=alt.OverlayMarkDef(size=30), strokeWidth=3, interpolate="monotone", invalid="break-paths-show-domains"
        )
        .encode(
            x=alt.X("time:T", scale=alt.Scale(type="utc"), title=None, axis=axis),
            y=alt.Y(
                "rank:Q",
                scale=alt.Scale(reverse=True, domain=[0.5, lowest + 0.5], nice=False),
                axis=alt.Axis(values=list(range(1, lowest + 1)), format="d", grid=False),
                title="place",
            ),
            color=alt.Color("topic:N", scale=alt.Scale(domain=topics), title=None),
            tooltip=["seen:N", "topic:N", "rank:Q"],
        )
    )
    return chart("trending-bump", "Places of the trending topics over time.", drawn, height=max(160, 34 * lowest))
