"""The trending topics: which place each held over time."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import func, select

from caravan_crawler.keep.clock import stamp
from caravan_crawler.keep.schema import trending
from caravan_crawler.keep.snapshot import Snapshot
from caravan_crawler.publish.overview.facts.thinning import thin

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
    return _followed(thin(blocks, _MOMENTS), is_cut=first < begin)


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
