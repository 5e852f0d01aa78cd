"""Ranks of the trending topics over time."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import altair as alt
from sqlalchemy import func, select

from caravan_crawler.report.charts import FEWEST_POINTS, UTC, chart, downsample, rows, time_axis
from caravan_crawler.report.elements import Cell, Chart, Section, Share, Table, moment, short
from caravan_crawler.store.database import stamp
from caravan_crawler.store.schema import trending
from caravan_crawler.store.snapshot import Snapshot

#: Period of the chart: topics change within days.
_WINDOW = timedelta(days=60)
_MOMENTS, _TOPICS = 60, 8
#: Characters of a topic; the chart's data repeat it for each point.
_LONGEST = 80


class Place(NamedTuple):
    """The rank of a topic at a moment, from 1; None if it was not in the block."""

    time: str
    topic: str
    rank: int | None


class Trending(NamedTuple):
    """The topics that were in the block most of the time, most present first, and their ranks."""

    topics: Sequence[tuple[str, float, int]] = ()
    """Topic, share of the moments at which it was in the block (0 to 1), best rank."""
    places: Sequence[Place] = ()
    moments: int = 0
    since: str | None = None
    until: str | None = None
    is_cut: bool = False
    """Whether the store has more before ``since``."""


def read_trending(snapshot: Snapshot) -> Trending:
    """Rebuild the block at each moment: a stored line is valid until another has its rank."""
    columns = trending.c
    ((first, last),) = snapshot.rows(select(func.min(columns.observed_at), func.max(columns.observed_at)))
    if last is None:
        return Trending()
    begin = stamp(datetime.fromisoformat(last) - _WINDOW)
    latest = select(func.max(columns.id).label("id")).where(columns.observed_at < begin)
    before = latest.group_by(columns.rank).subquery()
    block = dict(snapshot.rows(select(columns.rank, columns.topic).join(before, before.c.id == columns.id)))
    blocks: list[tuple[str, dict[int, str]]] = []
    query = select(columns.observed_at, columns.rank, columns.topic).order_by(columns.id)
    for time, rank, topic in snapshot.rows(query.where(columns.observed_at >= begin)):
        block = block | {rank: topic}
        if blocks and blocks[-1][0] == time:
            blocks.pop()
        blocks.append((time, block))
    return _most_present(downsample(blocks, _MOMENTS), is_cut=first < begin)


def _most_present(blocks: list[tuple[str, dict[int, str]]], *, is_cut: bool) -> Trending:
    present: Counter[str] = Counter()
    best: dict[str, int] = {}
    for _, block in blocks:
        present.update(set(block.values()))
        for rank, topic in block.items():
            best[topic] = min(rank, best.get(topic, rank))
    chosen = sorted(present, key=lambda topic: (-present[topic], best[topic], topic))[:_TOPICS]
    places = [
        Place(time, topic, min((rank for rank, other in block.items() if other == topic), default=None))
        for time, block in blocks
        for topic in chosen
    ]
    topics = [(topic, present[topic] / len(blocks), best[topic]) for topic in chosen]
    return Trending(topics, places, len(blocks), blocks[0][0], blocks[-1][0], is_cut)


def trending_section(trending: Trending) -> Section:
    """Return the section on trending topics."""
    if not trending.topics:
        return Section("trending", "Trending topics", ["No trending topic is in the store yet."])
    if trending.moments == 1:
        text = [f"The block on {moment(trending.since)} UTC; it has not changed between runs yet."]
        topics: list[list[Cell]] = [[best, topic] for topic, _, best in trending.topics]
        tables = [Table("Topics", ["Place", "Topic"], topics)]
        return Section("trending", "Trending topics", text, tables=tables)
    text = [
        f"The topics that were in the block longest, {moment(trending.since)} to {moment(trending.until)} UTC, and the "
        "share of that time in which they were in it."
    ]
    if trending.is_cut:
        text.append(f"The store has earlier ones too; these are of the last {_WINDOW.days} days.")
    lines: list[list[Cell]] = [[topic, Share(share), best] for topic, share, best in trending.topics]
    tables = [Table("Topics", ["Topic", "Present", "Best place"], lines, right=(1, 2))]
    charts = [_chart(trending)] if trending.moments >= FEWEST_POINTS else []
    return Section("trending", "Trending topics", text, charts=charts, tables=tables)


def _chart(trending: Trending) -> Chart:
    times = list(dict.fromkeys(place.time for place in trending.places))
    # A block is valid until the next one. The end of the last is not known: it is as long as the one before.
    last = datetime.fromisoformat(times[-1])
    ends = [*times[1:], stamp(last + (last - datetime.fromisoformat(times[-2])))]
    end_of = dict(zip(times, ends, strict=True))
    values = [
        (moment(time), time, end_of[time], short(topic, _LONGEST), rank)
        for time, topic, rank in trending.places
        if rank is not None
    ]
    topics = [short(topic, _LONGEST) for topic, *_ in trending.topics]
    ranks = alt.Scale(domain=[1, max(rank for *_, rank in values)], range="ramp", reverse=True)
    drawn = (
        alt.Chart(rows("seen", "start", "end", "topic", "place", values=values))
        .mark_rect()
        .encode(
            x=alt.X("start:T", scale=UTC, title="seen (UTC)", axis=time_axis(times[0], ends[-1])),
            x2="end:T",
            y=alt.Y("topic:N", scale=alt.Scale(domain=topics), title=None),
            color=alt.Color("place:Q", scale=ranks, legend=alt.Legend(format="d", tickCount=4, gradientLength=160)),
            tooltip=[alt.Tooltip("seen:N", title="from (UTC)"), "topic:N", "place:Q"],
        )
    )
    return chart("trending-places", "Places of the topics in the block over time", drawn, height=28 * len(topics))
