"""Clean the texts of every record."""

from typing import Any

from caravan_crawler.items import Article, TrendingEntry, Weather
from caravan_crawler.normalise.text import clean, encodable
from caravan_crawler.pipelines.base import CountingPipeline

_CLEANED: dict[type, tuple[str, ...]] = {
    Article: ("headline", "lede", "body", "photo_credit", "source"),
    TrendingEntry: ("topic", "headline"),
    Weather: ("city",),
}
_RAW = ("date_published_raw", "views_raw")


class TextPipeline(CountingPipeline):
    """NFC, no invisible characters, single spaces; raw texts only lose what no file can hold."""

    name = "normalise/text"

    def process_item(self, item: Any) -> Any:
        """Clean the item's texts in place."""
        for field in _CLEANED.get(type(item), ()):
            text = getattr(item, field)
            if text:
                cleaned = clean(text)
                if cleaned != text:
                    self.count("changed")
                    setattr(item, field, cleaned or None)
        if isinstance(item, Article):
            item.authors = [clean(name) for name in item.authors]
            item.tags = [clean(tag) for tag in item.tags]
            item.images = [encodable(url) for url in item.images]
            for link in item.links:
                link.text, link.url = clean(link.text), encodable(link.url)
            for field in _RAW:
                if text := getattr(item, field):
                    setattr(item, field, encodable(text))
        return item
