"""An article's page: the table of its fields and their readers, its address and its language."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from caravan_crawler.pages import date_readers, readers
from caravan_crawler.pages.document import Document
from caravan_crawler.pages.images import picture_urls
from caravan_crawler.pages.layout import Layout, find_layout
from caravan_crawler.pages.readers import ArticlePage
from caravan_crawler.urls import Address, article_address, is_page_address, is_same_slug, slug_of

_DIGITS_AT_END = re.compile(r"(\d+)\W*$")
#: Letters at the end of a headline that are searched for a number, as a title may be of any length.
_LONGEST_NUMBER = 40


def own_address(document: Document, headline: str | None = None) -> tuple[Address | None, str]:
    """Return the article's address with its own path, and the source of that path.

    A URL in the metadata counts only if it is an article's and has the same number. A number that
    the ``headline`` ends in is part of the slug, not the site's.
    """
    digits = _DIGITS_AT_END.search((headline or "")[-_LONGEST_NUMBER:])
    headline_number = digits[1] if digits else ""

    def address_of(href: str, page_url: str) -> Address | None:
        address = document.site.address(href, page_url)
        if address is None or address.path is None or str(address.article_id) != headline_number:
            return address
        return replace(address, article_id=None)

    fetched = address_of(document.url, document.url)
    if fetched is None:
        return None, "none"
    structured, article_id = document.structured, fetched.article_id
    if article_id is None and (link := structured.links.get("shortlink")):
        claimed = address_of(link, document.base_url)
        article_id = claimed.article_id if claimed else None
    for name, href in (
        ("canonical", structured.links.get("canonical")),
        ("og_url", structured.text("og:url")),
        ("json_ld_url", structured.article_text("url")),
        ("amphtml", structured.links.get("amphtml")),
    ):
        claimed = address_of(href, document.base_url) if href else None
        if claimed is not None and claimed.path is not None and _may_be_own(claimed, fetched):
            return Address(claimed.path, claimed.article_id or article_id), name
    return Address(fetched.path, article_id, fetched.path is None), "fetched_url"


def claimed_address(document: Document) -> Address | None:
    """Return the address of another article that the page's metadata names as the page's own; None if there is none.

    The page may have been requested by a URL with a wrong number, a cache may have sent the page of another URL, or the
    metadata may be wrong.
    """
    structured, fetched = document.structured, document.site.address(document.url)
    for href in (structured.links.get("canonical"), structured.text("og:url"), structured.article_text("url")):
        claimed = document.site.address(href, document.base_url) if href else None
        if fetched is not None and claimed is not None and claimed.path is not None:
            return None if _may_be_own(claimed, fetched) else claimed
    return None


def named_url(document: Document) -> str | None:
    """Return the URL of an article that a page of unknown address names as its own, or None."""
    for claim in (document.structured.links.get("canonical"), document.structured.text("og:url")):
        if claim and is_page_address(claim) and article_address(urlsplit(claim).path, urlsplit(claim).query):
            return claim
    return None


def _may_be_own(claimed: Address, fetched: Address) -> bool:
    if fetched.article_id is not None and claimed.article_id is not None:
        return fetched.article_id == claimed.article_id
    if fetched.path is None:
        return True
    # If not both paths have a number, only their last parts show whether they are one article's: they are equal,
    # or belong to the same headline if the site has moved and dropped the number.
    if fetched.article_id is not None or claimed.article_id is not None:
        return is_same_slug(fetched.path, claimed.path or "")
    return slug_of(fetched.path) == slug_of(claimed.path or "/")


_KAZAKH_LETTERS = re.compile("[әіңғүұқөһӘІҢҒҮҰҚӨҺ]")
#: Some 10 to 17 % of a Kazakh text are letters that Russian lacks; of a Russian one with Kazakh names under 1 %.
_KAZAKH_SHARE = 0.025
#: A shorter text is no sample.
_SAMPLE = 50


def language_of(document: Document, headline: str | None, text: str | None) -> str:
    """Return ``kk`` or ``ru`` by the letters of headline and text, else by what the page declares."""
    sample = f"{headline or ''} {(text or '')[:1000]}"
    if len(_KAZAKH_LETTERS.findall(sample)) > len(sample) * _KAZAKH_SHARE:
        return "kk"
    declares_kazakh = document.structured.language.lower().startswith(("kk", "kz")) or "//kaz." in document.url
    return "kk" if declares_kazakh and len(sample) < _SAMPLE else "ru"


@dataclass
class ArticleReading:
    """An article's fields as printed. A field that the page does not have is empty.

    ``claimed`` is another article's address that the page's metadata names as the page's own.
    ``date_published`` is the printed date, which an item has as ``date_published_raw``; ``date_structured`` is the date
    of the page's metadata, its second witness.
    """

    address: Address | None = None
    claimed: Address | None = None
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
    "headline": (readers.headline_printed,),
    "lede": (readers.lede_printed,),
    "body": (readers.body_printed, readers.body_metadata),
    "date_published": (
        date_readers.date_breadcrumb,
        date_readers.date_printed,
        date_readers.date_time_element,
        date_readers.date_as_it_is,
    ),
    "date_structured": (
        date_readers.stamp_confirming_breadcrumb,
        date_readers.stamp_breadcrumb,
        date_readers.stamp_meta,
        date_readers.stamp_json_ld,
        date_readers.stamp_time_element,
        date_readers.stamp_page,
        date_readers.stamp_as_it_is,
    ),
    "views": (readers.views_generation_2, readers.views_printed, readers.views_titled),
    "photo_credit": (
        readers.credit_printed,
        readers.credit_in_caption,
        readers.credit_in_text,
        readers.credit_behind,
        readers.credit_byline,
    ),
    "source": (readers.source_in_text, readers.source_labelled),
    "authors": (readers.authors_byline, readers.authors_labelled, readers.authors_json_ld, readers.authors_meta),
    "tags": (readers.tags_printed, readers.tags_meta),
}


def read_article(document: Document, layout: Layout | None = None) -> ArticleReading:
    """Read every field of the article on the page, by the first of its readers that finds something."""
    page = ArticlePage(document, layout or find_layout(document))
    reading = ArticleReading()
    for name, candidates in READERS.items():
        for reader in candidates:
            value = reader(page)
            if value:
                setattr(reading, name, value)
                reading.found_by[name] = reader.__name__
                break
    reading.address, reading.found_by["address"] = own_address(document, reading.headline)
    if reading.found_by["address"] == "fetched_url":
        reading.claimed = claimed_address(document)
    reading.links = page.text.links
    reading.images = picture_urls(page.document, page.layout)
    reading.language = language_of(document, reading.headline, reading.body or reading.lede)
    return reading
