"""An article, field by field: the table of contents of everything the crawler knows of article pages.

Each field has an ordered list of readers; the first that finds something gives the value and its name
goes into ``found_by``. To teach the crawler a new markup, write a reader and put it into its field's
list. A reader takes the page (:class:`ArticlePage`) and returns text as printed, or None.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cached_property

from lxml import etree

from caravan_crawler.normalise.dates import parse_date
from caravan_crawler.pages.attribution import find_source
from caravan_crawler.pages.body import Text, read_text
from caravan_crawler.pages.bylines import is_person, read_byline
from caravan_crawler.pages.document import Document
from caravan_crawler.pages.frontmatter import is_dated, views_before_headline
from caravan_crawler.pages.generations import breadcrumb_date
from caravan_crawler.pages.headline import title_candidates
from caravan_crawler.pages.layout import Layout, find_layout
from caravan_crawler.pages.pictures import picture_urls
from caravan_crawler.pages.tags import tag_texts
from caravan_crawler.site import Address


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
        return breadcrumb_date(self.document.source, self.document.root) if self.layout.headline is not None else None


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


# Headline


def headline_printed(page: ArticlePage) -> str | None:
    """The block that prints what the page's title says; else its main heading or its twice-printed line."""
    index = page.layout.headline
    return None if index is None else page.document.blocks[index].text.replace("\n", " ")


def headline_metadata(page: ArticlePage) -> str | None:
    """The title of the page's metadata, if it is not cut."""
    return next(
        (title for title in title_candidates(page.document.structured) if not title.endswith(("…", "..."))), None
    )


# Lede


def lede_printed(page: ArticlePage) -> str | None:
    """The block or two between the headline and the lines under it."""
    return "\n".join(page.document.blocks[index].text for index in page.layout.lede) or None


# Body


def body_printed(page: ArticlePage) -> str | None:
    """The paragraphs from the lines under the headline to the trending block or the text's end."""
    return "\n\n".join(page.text.paragraphs) or None


def body_metadata(page: ArticlePage) -> str | None:
    """``articleBody`` of JSON-LD, where nothing is printed and it holds no markup."""
    text = page.document.structured.article_text("articleBody")
    return text if text and "<" not in text and len(text) > 100 else None


# Date of publication


def date_breadcrumb(page: ArticlePage) -> str | None:
    """``time.full-breadcrumb__time`` of the second generation."""
    return page.breadcrumb_date[0] if page.breadcrumb_date else None


def date_printed(page: ArticlePage) -> str | None:
    """The date among the lines under the headline."""
    return page.layout.first("date")


def date_time_element(page: ArticlePage) -> str | None:
    """A date with its year in a ``time`` element next to the headline or between it and the text."""
    layout = page.layout
    if layout.first_headline is None or b"<time" not in page.document.source:
        return None
    near = page.document.blocks[max(0, layout.first_headline - 3) : layout.text_start]
    for block in near:
        # Of the header's date of the visit it differs in that the year stands with it in a time element.
        if (
            block.tag == "time"
            or any(parent.tag == "time" for parent in _around(block.element))
            or _has_time(block.element)
        ):
            if is_dated(block.text):
                return block.text
            for piece, _ in block.pieces:
                if is_dated(piece):
                    return " ".join(piece.split())
    return None


def _around(element: etree._Element) -> list[etree._Element]:
    parent = element.getparent()
    return [] if parent is None else [parent]


def _has_time(element: etree._Element) -> bool:
    return any(child.tag == "time" for child in element.iterdescendants("time"))


# The second witness of the date


def stamp_confirming_breadcrumb(page: ArticlePage) -> str | None:
    """The metadata's stamp, where it is of the day the second generation prints."""
    stamp = stamp_meta(page) or stamp_json_ld(page)
    printed = stamp_breadcrumb(page)
    return stamp if stamp and printed and _day_of(stamp) == _day_of(printed) else None


def stamp_breadcrumb_contradicted(page: ArticlePage) -> str | None:
    """The second generation's date, where the metadata names another day."""
    return stamp_breadcrumb(page) if stamp_meta(page) or stamp_json_ld(page) else None


def stamp_breadcrumb(page: ArticlePage) -> str | None:
    """Day, month and year the second generation keeps in two places, put together."""
    return page.breadcrumb_date[1] if page.breadcrumb_date else None


_LATEST = datetime(9999, 12, 1, tzinfo=UTC)


def _day_of(stamp: str | None) -> date | None:
    return parse_date(stamp, _LATEST).day if stamp else None


def stamp_meta(page: ArticlePage) -> str | None:
    """``article:published_time`` or the ``datePublished`` of microdata; never a time of modification."""
    structured = page.document.structured
    return structured.text("article:published_time") or structured.text("datepublished")


def stamp_json_ld(page: ArticlePage) -> str | None:
    """``datePublished`` of the JSON-LD article."""
    return page.document.structured.article_text("datePublished")


def stamp_time_element(page: ArticlePage) -> str | None:
    """``datetime`` of the ``time`` element that prints the date."""
    printed = page.layout.first("date")
    layout = page.layout
    if printed is None or layout.headline is None or b"<time" not in page.document.source:
        return None
    for block in page.document.blocks[layout.headline : layout.text_start]:
        for element in (*block.element.iter("time"), *_around(block.element)):
            stamp = element.get("datetime") if element.tag == "time" else None
            if stamp and is_dated(stamp):
                return str(stamp)
    return None


# Views


def views_generation_2(page: ArticlePage) -> str | None:
    """``Опубликовано: 2600`` above the headline, taken to be views."""
    for block in page.document.blocks[: page.layout.headline or 0]:
        if "публиковано" not in block.text and "арияланды" not in block.text:
            continue
        # The line may stand in the breadcrumbs, beside the date.
        label_on = block.text[re.search("[Оо]публиковано|[Жж]арияланды", block.text).start() :]  # type: ignore[union-attr]
        if count := views_before_headline(label_on):
            return count
        for text, _ in block.pieces:
            if count := views_before_headline(" ".join(text.split())):
                return count
    return None


def views_printed(page: ArticlePage) -> str | None:
    """The number among the lines under the headline."""
    return page.layout.first("views")


# Photo credit, source, authors


def credit_printed(page: ArticlePage) -> str | None:
    """``Фото - …`` under the headline."""
    return page.layout.first("credit")


def credit_in_text(page: ArticlePage) -> str | None:
    """``Фото - …`` of a picture in the text."""
    return page.text.credit


def source_in_text(page: ArticlePage) -> str | None:
    """The first outside agency or site that lede and paragraphs credit, in reading order."""
    return find_source("\n\n".join([lede_printed(page) or "", *page.text.paragraphs]))


def authors_byline(page: ArticlePage) -> list[str]:
    """The people of the line at the end of the text."""
    return list(page.text.byline.authors) if page.text.byline else []


def authors_labelled(page: ArticlePage) -> list[str]:
    """``Автор: …`` among the lines under the headline."""
    byline = read_byline(f"Автор: {page.layout.first('author')}") if page.layout.first("author") else None
    return list(byline.authors) if byline else []


def authors_json_ld(page: ArticlePage) -> list[str]:
    """Authors of JSON-LD that are people by type and by name."""
    authors = page.document.structured.article.get("author")
    people = authors if isinstance(authors, list) else [authors]
    names = [person.get("name") for person in people if isinstance(person, dict) and person.get("@type") == "Person"]
    return [name.strip() for name in names if isinstance(name, str) and is_person(name.strip())]


# Tags


def tags_printed(page: ArticlePage) -> list[str]:
    """Links to topics in or under the text, up to the trending block."""
    document, layout = page.document, page.layout
    end = layout.trending.start if layout.trending else len(document.blocks)
    blocks = [block for block in document.blocks[layout.text_start : end] if block.zone not in ("nav", "footer")]
    return list(dict.fromkeys(tag for block in blocks for tag in tag_texts(block, document.site, document.url)))


def tags_meta(page: ArticlePage) -> list[str]:
    """``article:tag`` of the page's metadata."""
    return list(dict.fromkeys(page.document.structured.article_tags))


TEXT_READERS: dict[str, tuple[Callable[[ArticlePage], str | None], ...]] = {
    "headline": (headline_printed, headline_metadata),
    "lede": (lede_printed,),
    "body": (body_printed, body_metadata),
    "date_published": (date_breadcrumb, date_printed, date_time_element),
    "date_structured": (
        stamp_confirming_breadcrumb,
        stamp_breadcrumb_contradicted,
        stamp_breadcrumb,
        stamp_meta,
        stamp_json_ld,
        stamp_time_element,
    ),
    "views": (views_generation_2, views_printed),
    "photo_credit": (credit_printed, credit_in_text),
    "source": (source_in_text,),
}
LIST_READERS: dict[str, tuple[Callable[[ArticlePage], list[str]], ...]] = {
    "authors": (authors_byline, authors_labelled, authors_json_ld),
    "tags": (tags_printed, tags_meta),
}


def read_article(document: Document, layout: Layout | None = None) -> ArticleReading:
    """Read every field of the article on the page, by the first of its readers that finds something."""
    page = ArticlePage(document, layout or find_layout(document))
    reading = ArticleReading()
    for name, readers in TEXT_READERS.items():
        for reader in readers:
            value = reader(page)
            if value:
                setattr(reading, name, value)
                reading.found_by[name] = reader.__name__
                break
    for name, list_readers in LIST_READERS.items():
        for list_reader in list_readers:
            values = list_reader(page)
            if values:
                setattr(reading, name, values)
                reading.found_by[name] = list_reader.__name__
                break
    reading.address, reading.found_by["address"] = own_address(document)
    reading.links = page.text.links
    reading.images = picture_urls(page.document, page.layout)
    reading.language = language_of(document, reading)
    return reading


# Address and language


def own_address(document: Document) -> tuple[Address | None, str]:
    """Return the article's address with its own path, and where that was found.

    What the metadata claims counts only where it is an article's address and names the same number.
    """
    fetched = document.site.address(document.url, document.url)
    structured = document.structured
    article_id = fetched.article_id if fetched else None
    if article_id is None and (link := structured.links.get("shortlink")):
        claimed = document.site.claimed_address(link, document.url)
        article_id = claimed.article_id if claimed and claimed.path is None else None
    for name, href in (
        ("canonical", structured.links.get("canonical")),
        ("og_url", structured.text("og:url")),
        ("json_ld_url", structured.article_text("url")),
        ("amphtml", structured.links.get("amphtml")),
    ):
        claimed = document.site.claimed_address(href, document.url) if href else None
        if claimed is not None and claimed.path is not None and _may_be_own(claimed, fetched):
            return Address(claimed.path, claimed.article_id or article_id), name
    if fetched is None:
        return None, "none"
    return Address(fetched.path, article_id, fetched.path is None), "fetched_url"


def _may_be_own(claimed: Address, fetched: Address | None) -> bool:
    if fetched is None:
        return False
    if fetched.article_id is not None and claimed.article_id is not None:
        return fetched.article_id == claimed.article_id
    if fetched.path is None:
        return True
    # Of two paths that are not both numbered only the last part can show that they are one article's.
    return fetched.path.rsplit("/", 2)[-2] == (claimed.path or "").rsplit("/", 2)[-2]


_KAZAKH_LETTERS = re.compile("[әіңғүұқөһӘІҢҒҮҰҚӨҺ]")
#: Some 10 to 17 % of a Kazakh text are letters that Russian lacks; of a Russian one with Kazakh names under 1 %.
_KAZAKH_SHARE = 0.025
#: A shorter text is no sample.
_SAMPLE = 50


def language_of(document: Document, reading: ArticleReading) -> str:
    """Return ``kk`` or ``ru`` by the letters of headline and body, else by what the page declares."""
    sample = f"{reading.headline or ''} {(reading.body or reading.lede or '')[:1000]}"
    if len(_KAZAKH_LETTERS.findall(sample)) > len(sample) * _KAZAKH_SHARE:
        return "kk"
    declares_kazakh = document.structured.language.lower().startswith(("kk", "kz")) or "//kaz." in document.url
    return "kk" if declares_kazakh and len(sample) < _SAMPLE else "ru"
