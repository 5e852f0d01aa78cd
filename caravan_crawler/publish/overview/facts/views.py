"""How the views are spread, which articles are most read, and how an article's views grow."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, select

from caravan_crawler.keep.schema import articles, view_counts
from caravan_crawler.keep.snapshot import Snapshot
from caravan_crawler.publish.overview.facts.steps import ALMATY
from caravan_crawler.publish.overview.facts.tally import Bin, Tally
from caravan_crawler.publish.overview.facts.thinning import thin

_MOST_READ = 20
_GROWING, _POINTS = 8, 60
_DAY_SECONDS = 86_400


class Read(NamedTuple):
    """An article that is much read."""

    headline: str
    url: str
    date_published: str | None
    views: int


class Growth(NamedTuple):
    """An article's views: days since publication, and the count then."""

    headline: str
    points: list[tuple[float, int]]


@dataclass(frozen=True)
class Views:
    """The views of all articles."""

    uncounted: int
    """Articles whose page shows no count."""

    unread: int
    """Articles with a count of 0, which no bin holds."""

    bins: list[Bin]
    """From the first to the last that is not empty."""

    most_read: list[Read]
    growing: list[Growth]
    """The articles whose counts were seen to change most often, at least once."""


def read_views(snapshot: Snapshot, tally: Tally) -> Views:
    """Take the spread from the tally, and read what is most read and what grows."""
    unread, *bins = tally.bins
    while bins and not bins[-1].articles:
        bins.pop()
    while bins and not bins[0].articles:
        bins.pop(0)
    uncounted = tally.articles - tally.found["views"]
    return Views(uncounted, unread.articles, bins, _most_read(snapshot), _growing(snapshot))


def _most_read(snapshot: Snapshot) -> list[Read]:
    columns = articles.c
    query = (
        select(columns.headline, columns.url, columns.date_published, columns.views)
        .where(columns.views.is_not(None))
        .order_by(columns.views.desc(), columns.key)
        .limit(_MOST_READ)
    )
    return [Read(headline or url, url, day and day[:10], views) for headline, url, day, views in snapshot.rows(query)]


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
        select(columns.key, columns.headline, columns.url, columns.date_published)
        .join(often, often.c.article_key == columns.key)
        .where(columns.date_published.is_not(None))
        .order_by(often.c.times.desc(), columns.key)
    )
    return [
        Growth(headline or url, _points(snapshot, key, published))
        for key, headline, url, published in list(snapshot.rows(query))
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
    return thin(points, _POINTS)
