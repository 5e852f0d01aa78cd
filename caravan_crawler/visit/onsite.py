"""Keeps the crawl on its host: no link and no redirect leads anywhere else."""

from urllib.parse import urlsplit

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest

from caravan_crawler.urls import Site, address_problem


class OnSiteMiddleware:
    """Refuses requests to other hosts and ports and to addresses without end, those of redirects among them.

    Scrapy's own middleware would let subdomains and other ports pass.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "OnSiteMiddleware":
        """Scrapy's constructor."""
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        """Let the request pass or refuse it."""
        site: Site | None = getattr(self._crawler.spider, "site", None)
        if site is None:  # `scrapy shell` and others have a spider of their own, and the user says where it goes
            return
        parts = urlsplit(request.url)
        if parts.scheme not in ("http", "https") or not site.is_host(parts.netloc):
            raise IgnoreRequest(f"offsite: {parts.netloc}")
        if problem := address_problem(request.url, site.longest_address):
            raise IgnoreRequest(problem)
