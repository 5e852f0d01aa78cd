"""Rows for stores that are filled without a crawl."""

from typing import Any

from caravan_crawler.sample_site.newsroom import Newsroom
from caravan_crawler.store import schema

_BODY = "Об этом сообщили в пресс-службе акимата. " * 8


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
