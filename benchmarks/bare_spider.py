"""The spider to beat: bare Scrapy with its default settings, URL and title of each article, nothing else.

It finds the articles as simply as one can: it walks the lists by their links and asks for every card.
"""

from collections.abc import Iterator
from typing import Any

import scrapy
from scrapy.http import Response


class BareSpider(scrapy.Spider):
    """Follows lists and cards; one selector for each page."""

    name = "bare"

    def __init__(self, site: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.start_urls = [
            f"{site}{section}/" for section in ("news", "gazeta", "sport", "art", "crime", "zhangalyqtar")
        ]

    def parse(self, response: Response, **kwargs: Any) -> Iterator[Any]:
        """Read a list."""
        cards = response.css("a::attr(href)").getall()
        for href in cards:
            parts = [part for part in href.split("?")[0].split("/") if part]
            if "/page/" in href:
                yield response.follow(href, self.parse)
            elif len(parts) >= 2 and parts[-2] in ("news", "gazeta", "sport", "art", "crime", "zhangalyqtar"):
                yield response.follow(href, self.parse_article)

    def parse_article(self, response: Response) -> Iterator[Any]:
        """Read an article."""
        yield {"url": response.url, "title": response.css("title::text").get()}
