"""An article's page taken apart once, for all readers of its fields."""

from dataclasses import dataclass
from functools import cached_property

from caravan_crawler.pages.body import Text, read_text
from caravan_crawler.pages.document import Document
from caravan_crawler.pages.generations import breadcrumb_date
from caravan_crawler.pages.layout import Layout


@dataclass
class ArticlePage:
    """An article's page, taken apart: its ``document``, the ``layout`` of its blocks, its ``text``."""

    document: Document
    layout: Layout

    @cached_property
    def text(self) -> Text:
        """The paragraphs and what stood among them."""
        return read_text(self.document, self.layout)

    @cached_property
    def breadcrumb_date(self) -> tuple[str, str | None] | None:
        """The second generation's date: as printed, and in ISO 8601."""
        if self.layout.headline is None:
            return None
        return breadcrumb_date(self.document.structured.times, self.document.root)
