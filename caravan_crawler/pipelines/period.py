"""Keep to the period and the sections asked for."""

from datetime import date
from typing import Any

from scrapy.exceptions import DropItem

from caravan_crawler.arguments import CrawlArguments
from caravan_crawler.items import Article
from caravan_crawler.pipelines.base import CountingPipeline


class PeriodPipeline(CountingPipeline):
    """Drop articles outside ``since`` to ``until`` and outside ``sections``, each drop counted.

    With a period asked for, an article without a date cannot be shown to be in it and is dropped too.
    """

    name = "dropped"

    def process_item(self, item: Any) -> Any:
        """Return the item or drop it."""
        if isinstance(item, Article):
            reason = self._reason_to_drop(item)
            if reason:
                self.count(reason)
                raise DropItem(f"{reason}: {item.url}", log_level="DEBUG")
        return item

    def _reason_to_drop(self, item: Article) -> str | None:
        arguments: CrawlArguments = self.crawler.spider.arguments  # type: ignore[union-attr]
        if arguments.sections and item.section not in arguments.sections:
            return "other_section"
        if not (arguments.since or arguments.until):
            return None
        if item.date_published is None:
            return "undated"
        return None if arguments.covers(date.fromisoformat(item.date_published[:10])) else "outside_period"
