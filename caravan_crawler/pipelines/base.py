"""What the pipelines share: the crawl's stats and its spider."""

from scrapy.crawler import Crawler


class CountingPipeline:
    """A pipeline that counts under ``caravan/<name>/…``."""

    name = ""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "CountingPipeline":
        """Scrapy's constructor."""
        return cls(crawler)

    def count(self, event: str) -> None:
        """Count one event."""
        self.crawler.stats.inc_value(f"caravan/{self.name}/{event}")
