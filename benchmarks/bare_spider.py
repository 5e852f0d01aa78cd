"""Baseline spider: Scrapy with its default settings, only URL and title of each article.

It finds articles in the simplest way: it follows the links of listings and requests every card.
"""

from collections.abc import Iterator
from typing import Any

import scrapy
from scrapy.http import Response


class BareSpider(scrapy.Spider):
    """Follows listings and cards; one selector per page."""

    name = "bare"

    def __init__(self, site: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.start_urls = [
            f"{site}{section}/" for section in ("news", "gazeta", "sport", "art", "crime", "zhangalyqtar")
        ]

    def parse(self, response: Response, **kwargs: Any) -> Iterator[Any]:
        """Parse a listing."""
        cards = response.css("a::attr(href)").getall()
        for href in cards:
            parts = [part for part in href.split("?")[0].split("/") if part]
            if "/page/" in href:
                yield response.follow(href, self.parse)
            elif len(parts) >= 2 and parts[-2] in ("news", "gazeta", "sport", "art", "crime", "zhangalyqtar"):
                yield response.follow(href, self.parse_article)

    def parse_article(self, response: Response) -> Iterator[Any]:
        """Parse an article."""
        yield {"url": response.url, "title": response.css("title::text").get()}
