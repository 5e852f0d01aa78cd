"""Read the values of the header's ticker."""

from typing import Any

from caravan_crawler.items import ExchangeRate
from caravan_crawler.normalise.numbers import parse_rate
from caravan_crawler.pipelines.base import CountingPipeline


class RatePipeline(CountingPipeline):
    """Turn a printed rate into a Decimal; one that is none, or outside the sane band, stays raw and is counted."""

    name = "normalise/rates"

    def process_item(self, item: Any) -> Any:
        """Set the item's ``rate``, in place."""
        if isinstance(item, ExchangeRate):
            item.rate = parse_rate(item.rate_raw)
            self.count("read" if item.rate is not None else "refused")
        return item
