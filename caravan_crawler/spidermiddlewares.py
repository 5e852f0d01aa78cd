"""Spider middleware that commits the result of each page."""

from typing import Any

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.http import Response
from scrapy.spidermiddlewares.base import BaseSpiderMiddleware

from caravan_crawler.extensions.crawl_store import CrawlStore
from caravan_crawler.items import Article, PageWrites
from caravan_crawler.store.article_store import article_key


class PageCommitMiddleware(BaseSpiderMiddleware):
    """Take the :class:`PageWrites` out of the spider's output and store each.

    A page's rows are one transaction. If the page has an article, they are stored with the item, by
    ``StorePipeline``, or when a pipeline drops it. Scrapy handles the page's requests only after its item is stored.
    Disabled for spiders of other projects.
    """

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        crawl_store = CrawlStore.used_by(crawler)
        self._articles = crawl_store.articles
        crawl_store.spider.commit = self._articles.accept_page
        crawler.signals.connect(self.item_dropped, signals.item_dropped)

    def get_processed_item(self, item: Any, response: Response | None) -> Any:
        """Commit the page's writes; pass on all other output."""
        if isinstance(item, PageWrites):
            self._articles.accept_page(item)
            return None
        return item

    def item_dropped(self, item: Any) -> None:
        """Store the links and aliases of an article outside the period or the sections.

        Called for every dropped article; only the page of one outside the period or sections is still to be stored.
        """
        if isinstance(item, Article):
            self._articles.add_outside(item, article_key(item))
