"""Decide the day of publication."""

from datetime import datetime
from typing import Any

from caravan_crawler.items import Article
from caravan_crawler.normalise.dates import decide_publication
from caravan_crawler.pipelines.base import CountingPipeline


class DatePipeline(CountingPipeline):
    """Weigh the printed date against that of the metadata, which wins only where none is printed.

    Counts each verdict (``printed``, ``refined``, ``structured``, ``disagree``, ``missing``) and the
    reason of each refusal (``unreadable``, ``impossible``, ``too_early``, ``future``).
    """

    name = "normalise/dates"

    def process_item(self, item: Any) -> Any:
        """Turn the raw date into ISO 8601, in place."""
        if isinstance(item, Article):
            stamp = item.date_published
            printed = item.date_published_raw if item.date_published_raw != stamp else None
            decision = decide_publication(printed, stamp, datetime.fromisoformat(item.observed_at))
            item.date_published = decision.date.iso
            self.count(decision.verdict)
            if decision.date.problem and item.date_published_raw:
                self.count(decision.date.problem)
        return item
