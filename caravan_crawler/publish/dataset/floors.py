"""Whether the articles are fit to be published: each field's share against its floor, as in a crawl."""

from collections.abc import Mapping

from caravan_crawler.monitors.drift import FEWEST
from caravan_crawler.publish.dataset.errors import BelowFloorsError
from caravan_crawler.publish.dataset.statistics import ArticleCounts, TableCounts


def check_floors(counts: Mapping[str, TableCounts], floors: Mapping[str, float]) -> None:
    """Raise :class:`BelowFloorsError` for a dataset without rows, or with a field that is found too seldom.

    Of fewer articles than in a crawl nothing is concluded.
    """
    articles = counts.get("articles")
    if not (articles.rows if articles else any(one.rows for one in counts.values())):
        what = "article" if articles else "row"
        raise BelowFloorsError(f"the store has no {what} of those asked for; --below-floors exports it all the same")
    if not isinstance(articles, ArticleCounts) or articles.rows < FEWEST:
        return
    for name, floor in floors.items():
        share = articles.share(name)
        if share < float(floor):
            examples = " ".join(articles.without.get(name, ()))
            raise BelowFloorsError(
                f"{name} is found in {100 * share:.1f} % of {articles.rows:,} articles, and must be in "
                f"{100 * float(floor):g} %; --below-floors exports them all the same; without it: {examples}"
            )
