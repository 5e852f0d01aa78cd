"""Keep every record in the store."""

from typing import Any

from scrapy.exceptions import DropItem

from caravan_crawler.items import Article
from caravan_crawler.keep.keeper import Fate, Keeper, article_key
from caravan_crawler.pipelines.base import CountingPipeline


class StorePipeline(CountingPipeline):
    """Store each record, and let pass what is new or has changed: the feeds of a run hold no more than that."""

    name = "articles"

    def process_item(self, item: Any) -> Any:
        """Return the item or drop it."""
        keeper: Keeper = self.crawler.spider.keeper  # type: ignore[union-attr]
        if not isinstance(item, Article):
            keeper.keep_shown(item)
            return item
        fate = keeper.keep(item, article_key(item))
        self.count(fate)
        if fate in (Fate.UNCHANGED, Fate.LOST_FIELDS):
            raise DropItem(f"{fate}: {item.url}", log_level="DEBUG")
        return item
