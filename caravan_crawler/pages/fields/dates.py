"""Readers of the date of publication: as printed, and the page's metadata as a second witness."""

from datetime import UTC, date, datetime

from lxml import etree

from caravan_crawler.normalise.dates import parse_date
from caravan_crawler.pages.article_page import ArticlePage
from caravan_crawler.pages.blocks import Block
from caravan_crawler.pages.frontmatter import is_dated, printed_date
from caravan_crawler.pages.tree import is_within


def date_breadcrumb(page: ArticlePage) -> str | None:
    """``time.full-breadcrumb__time`` of the second generation."""
    return page.breadcrumb_date[0] if page.breadcrumb_date else None


def date_printed(page: ArticlePage) -> str | None:
    """The date among the lines under the headline."""
    return printed_date(page.layout.front)


def date_time_element(page: ArticlePage) -> str | None:
    """A date with its year in a ``time`` element next to the headline or between it and the text."""
    first = page.layout.first_headline
    if first is None or not page.document.structured.times:
        return None
    # Of the header's date of the visit it differs in that the year stands with it in one element.
    for block in page.document.blocks[max(0, first - 3) : page.layout.text.start]:
        for element in _time_elements(block):
            text = " ".join("".join(element.itertext()).split())
            if is_dated(text) and not _is_of_the_page(element, page.document.blocks[first]):
                return text
    return None


def _is_of_the_page(element: etree._Element, headline: Block) -> bool:
    """Whether an element is in a header or menu that the headline is not in."""
    return any(not is_within(headline.element, around) for around in element.iterancestors("header", "nav"))


def _time_elements(block: Block) -> list[etree._Element]:
    """Return the ``time`` elements in the block and the one it stands in."""
    parent = block.element.getparent()
    around = [parent] if parent is not None and parent.tag == "time" else []
    return around + list(block.element.iter("time"))


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
    layout = page.layout
    if layout.first("date") is None or layout.headline is None or not page.document.structured.times:
        return None
    for block in page.document.blocks[layout.headline : layout.text.start]:
        for element in _time_elements(block):
            stamp = element.get("datetime")
            if stamp and is_dated(stamp):
                return stamp
    return None
