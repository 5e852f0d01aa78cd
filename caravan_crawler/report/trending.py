"""Ranks of the trending topics over time."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

import altair as alt
from sqlalchemy import func, select

from caravan_crawler.report.elements import (
    UTC,
    Cell,
    Chart,
    Section,
    Table,
    chart,
    count,
    moment,
    percent,
    rows,
    short,
    time_axis,
)
from caravan_crawler.report.series import downsample
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


@dataclass(frozen=True)
class Trending:
    """The topics that were in the block most of the time, most present first, and their ranks."""

    topics: list[tuple[str, float, int]] = field(default_factory=list)
    """Topic, share of the moments at which it was in the block (0 to 1), best rank."""

    places: list[Place] = field(default_factory=list)
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
    latest = select(func.max(columns.id).label("id")).where(columns.observed_at < begin).group_by(columns.rank)
    before = latest.subquery()
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
    text = [
        f"The place of the {count(len(trending.topics), 'topic')} that stood in the block longest, the first on top, "
        f"from {moment(trending.since)} to {moment(trending.until)}, at {count(trending.moments, 'moment')}."
    ]
    if trending.is_cut:
        text.append(f"Older ones than {_WINDOW.days} days are in the store and not shown.")
    if trending.moments == 1:
        text.append("The block was not seen to change yet.")
    lines: list[list[Cell]] = [[topic, percent(share), best] for topic, share, best in trending.topics]
    tables = [Table("Most present topics", ["Topic", "Present", "Best place"], lines, right=(1, 2))]
    return Section("trending", "Trending topics", text, [], [_chart(trending)], tables)


def _chart(trending: Trending) -> Chart:
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
            x=alt.X("time:T", scale=UTC, title=None, axis=axis),
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
