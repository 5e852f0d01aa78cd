"""Stores in a test's folder, runs on them, and articles to store."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy import Table, select

from caravan_crawler.items import Article, PageWrites
from caravan_crawler.store.article_history import ChangeType
from caravan_crawler.store.article_store import ArticleStore, article_key
from caravan_crawler.store.database import store_url
from caravan_crawler.store.store import Store
from tests.store.stored import StoreTables

SITE = "copy"
BASE = "http://127.0.0.1:8000/"
#: Times of a first and a second observation.
SEEN, LATER = (f"2026-01-01T0{hour}:00:00+00:00" for hour in (1, 2))


def open_in(folder: Path, site: str = SITE) -> Store:
    return Store(store_url(None, str(folder)), site)


def open_kept(store_tables: StoreTables, site: str = SITE) -> Store:
    return Store(store_url(store_tables.url, ""), site)


def table(store: Store, which: Table) -> list[dict[str, Any]]:
    """The rows of a table, in the order of its primary key."""
    return [dict(row._mapping) for row in store.rows(select(which).order_by(*which.primary_key))]


def article_store(store: Store, run_id: str = "run-1", scope: str = "") -> ArticleStore:
    return ArticleStore(store, run_id, scope)


def article(base: str = BASE, **changes: Any) -> Article:
    whole: dict[str, Any] = {
        "article_id": 900001,
        "url": f"{base}news/a-900001/",
        "fetched_url": f"{base}news/a-900001/",
        "section": "news",
        "language": "ru",
        "headline": "Headline",
        "lede": "Lede",
        "body": "Body",
        "date_published": "2025-05-12",
        "date_published_raw": "12 Мая 2025",
        "views": 10,
        "views_raw": "10",
        "tags": ["Спорт"],
        "images": [f"{base}wp-content/1.jpg"],
        "observed_at": SEEN,
    }
    return Article(**whole | changes)


def keep(store: Store, item: Article, run_id: str = "run-2", page: PageWrites | None = None) -> ChangeType:
    """Store an article in a run of its own, as the page of its URL."""
    one = article_store(store, run_id)
    key = article_key(item)
    page = page or PageWrites(item.fetched_url, key)
    one.accept_page(replace(page, article_key=key, has_item=True))
    return one.add_article(item, key)
