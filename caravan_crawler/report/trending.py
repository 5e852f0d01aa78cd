"""Ranks of the trending topics over time."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

import altair as alt
from sqlalchemy import func, select

from caravan_crawler.keep.clock import stamp
from caravan_crawler.keep.schema import trending
from caravan_crawler.keep.snapshot import Snapshot
from caravan_crawler.report.elements import Cell, Chart, Section, Table, chart, rows, time_axis
from caravan_crawler.report.formatting import count, moment, percent, short
from caravan_crawler.report.series import downsample

#: Topics come and go within days; what was before these tells nothing of them.
WINDOW = timedelta(days=60)
_MOMENTS, _TOPICS = 60, 8


class Place(NamedTuple):
    """The rank of a topic at a moment, from 1; None where it was not in the block."""

    time: str
    topic: str
    rank: int | None


@dataclass(frozen=True)
class Trending:
    """The topics that were there most of the time, most present first, and their places."""

    topics: list[tuple[str, float, int]] = field(default_factory=list)
    """Topic, the share of the moments looked at in which it was there (0 to 1), and its best rank."""

    places: list[Place] = field(default_factory=list)
    moments: int = 0
    since: str | None = None
    until: str | None = None
    is_cut: bool = False
    """Whether there is more before ``since``."""


def read_trending(snapshot: Snapshot) -> Trending:
    """Follow the block through the last weeks: a line stands until another takes its place."""
    ((first, last),) = snapshot.rows(select(func.min(trending.c.observed_at), func.max(trending.c.observed_at)))
    if last is None:
        return Trending()
    begin = stamp(datetime.fromisoformat(last) - WINDOW)
    block = _block_before(snapshot, begin)
    blocks: list[tuple[str, dict[int, str]]] = []
    query = select(trending.c.observed_at, trending.c.rank, trending.c.topic).order_by(trending.c.id)
    for time, rank, topic in snapshot.rows(query.where(trending.c.observed_at >= begin)):
        block = block | {rank: topic}
        if blocks and blocks[-1][0] == time:
            blocks.pop()
        blocks.append((time, block))
    return _followed(downsample(blocks, _MOMENTS), is_cut=first < begin)


def _block_before(snapshot: Snapshot, begin: str) -> dict[int, str]:
    latest = (
        select(func.max(trending.c.id).label("id"))
        .where(trending.c.observed_at < begin)
        .group_by(trending.c.rank)
        .subquery()
    )
    query = select(trending.c.rank, trending.c.topic).join(latest, latest.c.id == trending.c.id)
    return dict(snapshot.rows(query))


def _followed(blocks: list[tuple[str, dict[int, str]]], *, is_cut: bool) -> Trending:
    present: Counter[str] = Counter()
    best: dict[str, int] = {}
    for _, block in blocks:
        present.update(set(block.values()))
        for rank, topic in block.items():
            best[topic] = min(rank, best.get(topic, rank))
    chosen = sorted(present, key=lambda topic: (-present[topic], best[topic], topic))[:_TOPICS]
    places = [
        Place(time, topic, min((rank for rank, held_by in block.items() if held_by == topic), default=None))
        for time, block in blocks
        for topic in chosen
    ]
    topics = [(topic, present[topic] / len(blocks), best[topic]) for topic in chosen]
    return Trending(topics, places, len(blocks), blocks[0][0], blocks[-1][0], is_cut)


#: Characters of a topic in the chart, each of whose points bears one.
_LONGEST = 80


def trending_section(trending: Trending) -> Section:
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
