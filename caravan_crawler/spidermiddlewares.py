"""Spider middleware that commits the result of each page."""

from collections.abc import AsyncIterator, Iterable, Iterator
from typing import Any

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured
from scrapy.http import Response

from caravan_crawler.extensions.crawl_store import CrawlStore
from caravan_crawler.items import Article
from caravan_crawler.page_writes import PageWrites
from caravan_crawler.spiders.caravan import CaravanSpider
from caravan_crawler.store.article_store import ArticleStore, article_key


class PageCommitMiddleware:
    """Take the :class:`PageWrites` out of the spider's output and commit each in one transaction.

    If the page has an article, its writes are committed with the item, by ``StorePipeline``, or when a pipeline drops
    it. Later output of the page is processed after that.
    """

    def __init__(self, articles: ArticleStore) -> None:
        self._articles = articles

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "PageCommitMiddleware":
        """Connect to the store of the crawl. Disabled for spiders of other projects."""
        crawl_store = CrawlStore.of(crawler)
        if crawl_store is None or not isinstance(crawler.spider, CaravanSpider):
            raise NotConfigured
        middleware = cls(crawl_store.articles)
        crawler.spider.commit = middleware.commit
        crawler.signals.connect(middleware.item_dropped, signals.item_dropped)
        return middleware

    def process_spider_output(self, response: Response, result: Iterable[Any]) -> Iterator[Any]:
        """Commit the page's writes; yield its items and requests."""
        for each in result:
            if isinstance(each, PageWrites):
                self.commit(each)
            else:
                yield each

    async def process_spider_output_async(self, response: Response, result: AsyncIterator[Any]) -> AsyncIterator[Any]:
        """Do the same for asynchronous callbacks."""
        async for each in result:
            if isinstance(each, PageWrites):
                self.commit(each)
            else:
                yield each

    def commit(self, page: PageWrites) -> None:
        """Store the result of a page; if it has an item, together with that."""
        self._articles.commit(page)

    def item_dropped(self, item: Any) -> None:
        """Store the links and aliases of an article outside the period or the sections."""
        if isinstance(item, Article):
            self._articles.pass_over(item, article_key(item))
