"""The feeds of a run: four tables, each as JSON lines and CSV, and what ``-o`` and ``-O`` hold."""

from dataclasses import fields
from typing import Any

from scrapy.settings import BaseSettings
from scrapy.utils.misc import load_object

from caravan_crawler.items import Article

#: Table name to the class of its records.
TABLES = {
    "articles": "caravan_crawler.items.Article",
    "trending": "caravan_crawler.items.TrendingEntry",
    "rates": "caravan_crawler.items.ExchangeRate",
    "weather": "caravan_crawler.items.Weather",
}
RUN_DIR = "%(data_dir)s/runs/%(run_id)s"


def column_names(item_class: type) -> list[str]:
    """Return the columns of a table, in their stable order: that of the class's fields."""
    return [field.name for field in fields(item_class)]


def run_feeds() -> dict[str, dict[str, Any]]:
    """Return the ``FEEDS`` of every run, below ``DATA_DIR/runs/<run id>/``."""
    return {
        f"{RUN_DIR}/{table}.{format_}": {
            "format": format_,
            "item_classes": [path],
            "fields": column_names(load_object(path)),
            "overwrite": True,
            "store_empty": True,
        }
        for table, path in TABLES.items()
        for format_ in ("jsonl", "csv")
    }


class FeedDefaults:
    """Add-on: a feed that names no ``item_classes`` holds the articles alone, in the articles' columns."""

    def update_settings(self, settings: BaseSettings) -> None:
        """Complete the feeds, whoever asked for them."""
        feeds: dict[str, dict[str, Any]] = {}
        for uri, options in settings.getdict("FEEDS").items():
            options = dict(options)
            classes = options.setdefault("item_classes", [TABLES["articles"]])
            holds_articles = len(classes) == 1 and load_object(classes[0]) is Article
            if holds_articles and not settings.getdictorlist("FEED_EXPORT_FIELDS"):
                options.setdefault("fields", column_names(Article))
            # A run that finds nothing must not empty the file of one that did.
            options.setdefault("store_empty", False)
            feeds[uri] = options
        settings.set("FEEDS", feeds, priority=settings.getpriority("FEEDS") or 0)
