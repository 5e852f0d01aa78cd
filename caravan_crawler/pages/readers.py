"""The readers of an article's fields, one small function per field and layout.
``article.py`` says in which order they are asked. A date that names no day (``undefined``, a database's zero) must
not hide a good one, so each reader of a date returns one that names a day; the last of each field returns what is
there where none does.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from lxml import etree

from caravan_crawler.normalise.dates import day_named
from caravan_crawler.pages.blocks import Block, is_within
from caravan_crawler.pages.body import Text, read_text
from caravan_crawler.pages.bylines import find_source, is_person, read_byline
from caravan_crawler.pages.document import Document
from caravan_crawler.pages.front_matter import is_date, is_dated, printed_date, views_before_headline
from caravan_crawler.pages.headline import title_candidates
from caravan_crawler.pages.layout import Layout
from caravan_crawler.pages.selectors import breadcrumb_date
from caravan_crawler.pages.tags import may_hold_tags, tag_texts


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


def headline_printed(page: ArticlePage) -> str | None:
    """The block that prints what the page's title says; else its main heading or its twice-printed line."""
    index = page.layout.headline
    return None if index is None else page.document.blocks[index].text.replace("\n", " ")


def headline_metadata(page: ArticlePage) -> str | None:
    """The title of the page's metadata, if it is not cut."""
    return next(
        (title for title in title_candidates(page.document.structured) if not title.endswith(("…", "..."))), None
    )


def lede_printed(page: ArticlePage) -> str | None:
    """The block or two between the headline and the lines under it."""
    return "\n".join(page.document.blocks[index].text for index in page.layout.lede) or None


def body_printed(page: ArticlePage) -> str | None:
    """The paragraphs from the lines under the headline to the trending block or the text's end."""
    return "\n\n".join(page.text.paragraphs) or None


def body_metadata(page: ArticlePage) -> str | None:
    """``articleBody`` of JSON-LD, where nothing is printed and it holds no markup."""
    text = page.document.structured.article_text("articleBody")
    return text if text and "<" not in text and len(text) > 100 else None


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
    # Unlike the header's date of the visit, it has its year in the same element.
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
    """Return the first timestamp of the metadata, even if it names no day."""
    structured = page.document.structured
    return next(iter([*structured.published, *structured.article_texts("datePublished")]), None)


def _first_named(stamps: Iterable[str]) -> str | None:
    return next((stamp for stamp in stamps if day_named(stamp)), None)


def _is_unfilled(element: etree._Element) -> bool:
    """Whether an element has no date as its text, nor is named for the last change."""
    names = " ".join(element.get(name) or "" for name in ("class", "itemprop", "id"))
    return not is_date("".join(element.itertext()).strip()) and not _MODIFIED.search(names)


_VIEWS_MARK = re.compile(r"view|eye|просмотр|қарал|prosmotr", re.IGNORECASE)


def views_generation_2(page: ArticlePage) -> str | None:
    """``Опубликовано: 2600`` above the headline, taken to be views."""
    for block in page.document.blocks[: page.layout.headline or 0]:
        if "публиковано" not in block.text and "арияланды" not in block.text:
            continue
        # The line may be in the breadcrumbs, next to the date.
        label_on = block.text[re.search("[Оо]публиковано|[Жж]арияланды", block.text).start() :]  # type: ignore[union-attr]
        if count := views_before_headline(label_on):
            return count
        for text, _ in block.pieces:
            if count := views_before_headline(" ".join(text.split())):
                return count
    return None


def views_printed(page: ArticlePage) -> str | None:
    """The number among the lines under the headline; of several without a label, the one its element names."""
    found = [line for line in page.layout.front if line.kind == "views"]
    labelled = next((line.value for line in found if not line.is_bare), None)
    counts = {line.value for line in found}
    return labelled or (counts.pop() if len(counts) == 1 else _marked_as_views(page, counts))


def _marked_as_views(page: ArticlePage, counts: set[str]) -> str | None:
    """Return the one of some numbers whose element is named for views; the others may count comments or likes."""
    for block in page.document.blocks[page.layout.headline : page.layout.text.start] if counts else ():
        for element in block.element.iter():
            text = " ".join("".join(element.itertext()).split())
            if text in counts and _is_marked_as_views(element):
                return text
    return None


def _is_marked_as_views(element: etree._Element) -> bool:
    around = (element, *element.iterancestors("span", "li", "p"), *element)
    names = ("class", "title", "aria-label", "id")
    return any(_VIEWS_MARK.search(each.get(name) or "") for each in around for name in names)


def credit_printed(page: ArticlePage) -> str | None:
    """``Фото - …`` under the headline."""
    return page.layout.first("credit")


def credit_in_text(page: ArticlePage) -> str | None:
    """``Фото - …`` of a picture in the text."""
    return page.text.credit


def tags_printed(page: ArticlePage) -> list[str]:
    """Links to topics in or under the text, up to the trending block."""
    document, layout = page.document, page.layout
    end = layout.trending.start if layout.trending else len(document.blocks)
    below = [block for block in document.blocks[layout.text.end : end] if may_hold_tags(block)]
    tags = [tag for block in below for tag in tag_texts(block, document.site, document.base_url)]
    return list(dict.fromkeys(page.text.tags + tags))


def tags_meta(page: ArticlePage) -> list[str]:
    """``article:tag`` of the page's metadata."""
    return list(dict.fromkeys(page.document.structured.article_tags))


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
    people = [{"@type": "Person", "name": person} if isinstance(person, str) else person for person in people]
    known = [person for person in people if isinstance(person, dict)]
    # Plugins for search engines give name and "@id" alone.
    names = [person.get("name") for person in known if person.get("@type", "Person") == "Person"]
    return [name.strip() for name in names if isinstance(name, str) and is_person(name.strip())]
