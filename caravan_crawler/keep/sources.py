"""Where new articles are found: when home page, feed, lists and sitemaps were last read, and how far."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from caravan_crawler.keep.schema import sources
from caravan_crawler.keep.store import Store


@dataclass(slots=True)
class Source:
    """One of them: when it was read, a sitemap's ``stamp`` then, and how far a list was walked."""

    read_at: str
    stamp: str | None = None
    state: dict[str, Any] | None = None


def load_sources(store: Store, scope: str) -> dict[str, Source]:
    """Return the sources known to runs of this kind, by path."""
    columns = (sources.c.path, sources.c.read_at, sources.c.stamp, sources.c.state)
    rows = store.rows(select(*columns).where(sources.c.scope == scope))
    return {path: Source(read_at, stamp, state) for path, read_at, stamp, state in rows}
