"""How much a store holds, of which site, and how its last run ended."""

from dataclasses import dataclass

from sqlalchemy import func, select

from caravan_crawler.keep import owner
from caravan_crawler.keep.schema import article_versions, articles, runs
from caravan_crawler.keep.snapshot import Snapshot
from caravan_crawler.publish.overview.facts.runs import Run, last_runs
from caravan_crawler.publish.overview.facts.tally import Tally


@dataclass(frozen=True)
class Head:
    """The store in a few numbers."""

    site: str
    """Whose articles: ``caravan.kz``, another edition's host, ``sample``, or what a copy says it is."""

    first: str | None
    last: str | None
    """The first and last day of publication, ``YYYY-MM-DD``; None without any dated article."""

    articles: int
    versions: int
    """Of texts, at least one an article."""

    views: int
    """The sum over all articles of the count last seen."""

    runs: int
    last_run: Run | None


def read_head(snapshot: Snapshot, tally: Tally) -> Head:
    """Sum the store up."""
    columns = articles.c
    ((first, last),) = snapshot.rows(select(func.min(columns.date_published), func.max(columns.date_published)))
    ((versions,),) = snapshot.rows(select(func.count()).select_from(article_versions))
    ((number_of_runs,),) = snapshot.rows(select(func.count()).select_from(runs))
    return Head(
        site=owner.title(snapshot.rows),
        first=first and first[:10],
        last=last and last[:10],
        articles=tally.articles,
        versions=versions,
        views=tally.views,
        runs=number_of_runs,
        last_run=next(iter(last_runs(snapshot, 1)), None),
    )
