"""Readers of the date of publication: as printed, and the page's metadata as a second witness.

A date that cannot be (``undefined``, a database's zero) must not hide a good one, so each reader returns dates that
name a day, and the last of each field what is there where none does.
"""

import re
from collections.abc import Iterable

from lxml import etree

from caravan_crawler.normalise.dates import day_named
from caravan_crawler.pages.article_page import ArticlePage
from caravan_crawler.pages.blocks import Block
from caravan_crawler.pages.frontmatter import is_date, is_dated, printed_date
from caravan_crawler.pages.tree import is_within

_MODIFIED = re.compile(r"updat|modif|edited|izmen|obnov", re.IGNORECASE)


def date_breadcrumb(page: ArticlePage) -> str | None:
    """``time.full-breadcrumb__time`` of the second generation."""
    if not page.breadcrumb_date:
        return None
    printed, stamp = page.breadcrumb_date
    return printed if day_named(stamp or printed) else None


def date_printed(page: ArticlePage) -> str | None:
    """The date among the lines under the headline."""
    date = printed_date(page.layout.front)
    return date if date and day_named(date) else None


def date_time_element(page: ArticlePage) -> str | None:
    """A date with its year in a ``time`` element next to the headline or between it and the text."""
    first = page.layout.first_headline
    if first is None or not page.document.structured.times:
        return None
    # Of the header's date of the visit it differs in that the year stands with it in one element.
    for block in page.document.blocks[max(0, first - 3) : page.layout.text.start]:
        for element in _time_elements(block):
            text = " ".join("".join(element.itertext()).split())
            if is_dated(text) and day_named(text) and not _is_of_the_page(element, page.document.blocks[first]):
                return text
    return None


def date_as_it_is(page: ArticlePage) -> str | None:
    """What is printed in the place of a date and names no day."""
    return page.breadcrumb_date[0] if page.breadcrumb_date else printed_date(page.layout.front)


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
    printed = stamp_breadcrumb(page)
    stamp = stamp_meta(page) or stamp_json_ld(page) if printed else None
    return stamp if stamp and printed and day_named(stamp) == day_named(printed) else None


def stamp_breadcrumb_contradicted(page: ArticlePage) -> str | None:
    """The second generation's date, where the metadata names another day."""
    return stamp_breadcrumb(page) if stamp_meta(page) or stamp_json_ld(page) else None


def stamp_breadcrumb(page: ArticlePage) -> str | None:
    """Day, month and year the second generation keeps in two places, put together."""
    stamp = page.breadcrumb_date[1] if page.breadcrumb_date else None
    return stamp if stamp and day_named(stamp) else None


def stamp_meta(page: ArticlePage) -> str | None:
    """``article:published_time`` or the ``datePublished`` of microdata; never a time of modification."""
    return _first_named(page.document.structured.published)


def stamp_json_ld(page: ArticlePage) -> str | None:
    """``datePublished`` of the JSON-LD article."""
    return _first_named(page.document.structured.article_texts("datePublished"))


def stamp_time_element(page: ArticlePage) -> str | None:
    """``datetime`` of the ``time`` element that prints the date, or would if a script had filled it in."""
    layout = page.layout
    if layout.headline is None or not page.document.structured.times:
        return None
    is_printed = layout.first("date") is not None
    for block in page.document.blocks[layout.headline : layout.text.start]:
        for element in _time_elements(block):
            stamp = element.get("datetime")
            if stamp and is_dated(stamp) and day_named(stamp) and (is_printed or _is_unfilled(element)):
                return stamp
    return None


def stamp_as_it_is(page: ArticlePage) -> str | None:
    """What the metadata has in the place of a stamp and names no day."""
    structured = page.document.structured
    return next(iter([*structured.published, *structured.article_texts("datePublished")]), None)


def _first_named(stamps: Iterable[str]) -> str | None:
    return next((stamp for stamp in stamps if day_named(stamp)), None)


def _is_unfilled(element: etree._Element) -> bool:
    """Whether an element has no date as its text, nor is named for the last change."""
    names = " ".join(element.get(name) or "" for name in ("class", "itemprop", "id"))
    return not is_date("".join(element.itertext()).strip()) and not _MODIFIED.search(names)
