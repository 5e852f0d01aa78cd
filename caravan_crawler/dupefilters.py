"""Scrapy's duplicate filter for one site: articles by their number, other pages by their URL.

The spider asks the frontier before it builds a request, so an article's request is new. It cannot know where a redirect
leads: a short link may lead to an article read before.
"""

from scrapy import Request, Spider
from scrapy.crawler import Crawler
from scrapy.dupefilters import BaseDupeFilter

from caravan_crawler.frontier.articles import Frontier
from caravan_crawler.urls import Site


class ArticleDupeFilter(BaseDupeFilter):
    """Duplicate filter by article key or URL; a check costs one set look-up."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._urls: set[str] = set()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "ArticleDupeFilter":
        """Scrapy's constructor."""
        return cls(crawler)

    def request_seen(self, request: Request) -> bool:
        """Whether the article or URL was requested before."""
        redirected_from = request.meta.get("redirect_urls") or []
        if request.url in redirected_from:
            return False  # the redirect limit ends a loop, with an error
        spider = self._crawler.spider
        # Spiders of `scrapy shell` and others have no frontier; their pages are compared by URL.
        site: Site | None = getattr(spider, "site", None)
        frontier: Frontier | None = getattr(spider, "frontier", None)
        address = site.address(request.url) if site is not None else None
        if site is None or frontier is None or address is None:
            seen = request.url in self._urls
            self._urls.add(request.url)
            return seen
        if not redirected_from:
            return False
        first = site.address(redirected_from[0])
        return (first is None or first.key != address.key) and frontier.admit(address, request.url) is None

    def log(self, request: Request, spider: Spider) -> None:
        """Log nothing: the spider counts dropped requests (``on_dropped``)."""
