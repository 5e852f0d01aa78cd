"""An article, field by field: the table of contents of everything the crawler knows of article pages.

Each field has an ordered list of readers; the first that finds something gives the value, and its name
goes into ``found_by``. To teach the crawler a new markup, write a reader into the module of ``fields``
where it belongs and put it into its field's list here. A reader takes the page (:class:`ArticlePage`) and
returns text as printed, or None.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from caravan_crawler.pages.article_page import ArticlePage
from caravan_crawler.pages.document import Document
from caravan_crawler.pages.fields import credits, dates, marks, texts
from caravan_crawler.pages.identity import language_of, own_address
from caravan_crawler.pages.layout import Layout, find_layout
from caravan_crawler.pages.pictures import picture_urls
from caravan_crawler.site import Address


@dataclass
class ArticleReading:
    """What the page says, as printed. Fields are named as the items' and have no value where it says nothing.

    ``date_structured`` is the date of the page's metadata, the second witness beside ``date_published``.
    """

    address: Address | None = None
    headline: str | None = None
    lede: str | None = None
    body: str | None = None
    date_published: str | None = None
    date_structured: str | None = None
    views: str | None = None
    photo_credit: str | None = None
    source: str | None = None
    language: str = "ru"
    authors: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    images: list[str] = field(default_factory=list)
    links: list[tuple[str, str]] = field(default_factory=list)
    found_by: dict[str, str] = field(default_factory=dict)
    """Field to the name of the reader that found it; a field that is not here was not found."""


READERS: dict[str, tuple[Callable[[ArticlePage], str | list[str] | None], ...]] = {
    "headline": (texts.headline_printed, texts.headline_metadata),
    "lede": (texts.lede_printed,),
    "body": (texts.body_printed, texts.body_metadata),
    "date_published": (dates.date_breadcrumb, dates.date_printed, dates.date_time_element, dates.date_as_it_is),
    "date_structured": (
        dates.stamp_confirming_breadcrumb,
        dates.stamp_breadcrumb_contradicted,
        dates.stamp_breadcrumb,
        dates.stamp_meta,
        dates.stamp_json_ld,
        dates.stamp_time_element,
        dates.stamp_as_it_is,
    ),
    "views": (marks.views_generation_2, marks.views_printed),
    "photo_credit": (marks.credit_printed, marks.credit_in_text),
    "source": (credits.source_in_text,),
    "authors": (credits.authors_byline, credits.authors_labelled, credits.authors_json_ld),
    "tags": (marks.tags_printed, marks.tags_meta),
}


def read_article(document: Document, layout: Layout | None = None) -> ArticleReading:
    """Read every field of the article on the page, by the first of its readers that finds something."""
    page = ArticlePage(document, layout or find_layout(document))
    reading = ArticleReading()
    for name, readers in READERS.items():
        for reader in readers:
            value = reader(page)
            if value:
                setattr(reading, name, value)
                reading.found_by[name] = reader.__name__
                break
    reading.address, reading.found_by["address"] = own_address(document, reading.headline)
    reading.links = page.text.links
    reading.images = picture_urls(page.document, page.layout)
    reading.language = language_of(document, reading.headline, reading.body or reading.lede)
    return reading
