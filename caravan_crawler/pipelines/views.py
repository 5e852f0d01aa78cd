"""Read the view counts."""

from typing import Any

from caravan_crawler.items import Article
from caravan_crawler.normalise.numbers import parse_count
from caravan_crawler.pipelines.base import CountingPipeline


class ViewsPipeline(CountingPipeline):
    """Turn a printed view count into a number; one that cannot be read stays raw and is counted."""

    name = "normalise/views"

    def process_item(self, item: Any) -> Any:
        """Set the item's ``views``, in place."""
        if isinstance(item, Article) and item.views_raw is not None:
            item.views = parse_count(item.views_raw)
            self.count("read" if item.views is not None else "refused")
        return item
