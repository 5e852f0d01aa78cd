"""Fill stores without a crawl."""

from collections.abc import Iterable
from itertools import islice
from typing import Any

from sqlalchemy import Table, insert

from caravan_crawler.sample_site.newsroom import Newsroom
from caravan_crawler.store import schema
from caravan_crawler.store.store import Store

_BODY = "Об этом сообщили в пресс-службе акимата. " * 8
_AT_ONCE = 5000


def put(store: Store, table: Table, rows: Iterable[dict[str, Any]]) -> None:
    """Insert rows into a table."""
    waiting = iter(rows)
    while part := list(islice(waiting, _AT_ONCE)):
        store.execute(insert(table), part)


def fill(store: Store, articles: int, base: str, now: str) -> None:
    """Put every article of a sample site into the store, each with its first version."""
    newsroom = Newsroom(articles)
    put(store, schema.articles, (article_row(newsroom, number, base, now) for number in range(articles)))
    rows = (article_row(newsroom, number, base, now) for number in range(articles))
    put(store, schema.article_versions, map(version_of, rows))


def article_row(newsroom: Newsroom, number: int, base: str, now: str) -> dict[str, Any]:
    """Return the store's row of article ``number`` of the sample site, short and without lists."""
    article_id = newsroom.id(number)
    path = newsroom.path(number) if article_id is None else f"/news/ob-etom-soobshchili-{article_id}/"
    row: dict[str, Any] = dict.fromkeys(schema.articles.columns.keys())
    return row | {
        "key": path if article_id is None else str(article_id),
        "article_id": article_id,
        **dict.fromkeys(("url", "fetched_url"), base + path[1:]),
        "section": "news",
        "language": "ru",
        "headline": "Об этом сообщили",
        "body": _BODY,
        "views": number,
        "date_published": newsroom.day(number).isoformat(),
        **{name: [] for name in ("authors", "tags", "images", "links")},
        **dict.fromkeys(("observed_at", "first_seen_at", "changed_at", "checked_at"), now),
        "version": 1,
        "found_by": {"headline": "headline_printed"},
        "run_id": "filled",
    }


def version_of(row: dict[str, Any]) -> dict[str, Any]:
    """Return the row of an article's first version."""
    same = ("observed_at", "run_id", "version", "headline", "lede", "body")
    return {"article_key": row["key"], **{name: row[name] for name in same}}
