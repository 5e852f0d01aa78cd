"""Whether a site has been silent for longer than it ever was: nothing new, though every page answers."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

from sqlalchemy import func, select

from caravan_crawler.keep import runs
from caravan_crawler.keep.schema import articles
from caravan_crawler.keep.store import Store

#: Its rhythm is that of the last days on which it published, at least so many of them.
_FEWEST_DAYS, _DAYS = 10, 60
#: Silent is what lasts longer than its longest pause among them, by so much, and never less than two days.
_PATIENCE = 2
_SHORTEST = timedelta(days=2)


def silence(store: Store, now: datetime | None = None) -> str | None:
    """Return in words that nothing new was found for longer than the site's own rhythm, or None."""
    since = runs.last_new(store)
    if since is None:
        return None
    now = now or datetime.now(UTC)
    day = func.substr(articles.c.date_published, 1, 10).label("day")
    published = [
        date.fromisoformat(value)
        for (value,) in store.rows(
            select(day).where(articles.c.date_published.is_not(None)).distinct().order_by(day.desc()).limit(_DAYS)
        )
    ]
    if len(published) < _FEWEST_DAYS:
        return None
    longest = max(later - earlier for later, earlier in pairwise(published))
    pause = now - datetime.fromisoformat(since)
    if pause <= max(_SHORTEST, _PATIENCE * longest):
        return None
    return f"no new article since {since}; the site's longest pause was {longest.days} days"
