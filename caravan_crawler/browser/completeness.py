"""Completeness of a page, to compare the raw with the rendered one."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from lxml import etree

from caravan_crawler.pages.document import Document
from caravan_crawler.pages.listing import article_links, read_listing
from caravan_crawler.pages.page import UNSOUND, PageReading, read_page

#: What may be pressed; ``press.js`` of the browser looks among the same.
PRESSABLE = ("button", "a", "input")
_WORDS = re.compile(
    r"(?:показать|загрузить|смотреть|ещ[её])\s+(?:ещ[её]|больше|далее)(?:\s+\w+)?|ещ[её]\s+(?:новости|статьи|материалы)"
    r"|больше\s+(?:новостей|статей|материалов)|көбірек(?:\s+көрсету)?|тағы(?:\s+(?:да\s+)?(?:көрсету|жүктеу))?"
    r"|(?:load|show|view)\s+more(?:\s+\w+)?",
    re.IGNORECASE,
)
_LONGEST = 40


def more_button(document: Document) -> str | None:
    """Return the words of the first button that promises more, or None; what leads to an address is a link."""
    for element in document.root.iter(*PRESSABLE):
        href = element.get("href")
        if href and not href.startswith(("#", "javascript:")):
            continue
        words = " ".join(_text(element).split())
        if len(words) <= _LONGEST and _WORDS.fullmatch(words.strip(" .…»→↓+")):
            return words
    return None


def _text(element: etree._Element) -> str:
    if element.tag == "input":
        return (element.get("value") or "") if element.get("type") in ("button", "submit") else ""
    return "".join(element.itertext())


#: Page facts: the same on every page.
EVERYWHERE = frozenset({"rates", "weather", "trending"})
#: A page without any of these lacks the content it was requested for.
ESSENTIAL = frozenset({"article", "cards"})
#: Article fields that few articles lack.
_USUAL = frozenset({"headline", "body", "date_published", "views"})
#: A page with less text than this, all menus included, is a place for one.
_HARDLY_ANYTHING = 200


class ExpectedPage(StrEnum):
    """What a page was asked for as."""

    HOME = "home"
    LIST = "list"
    ARTICLE = "article"


@dataclass(frozen=True)
class Completeness:
    """What a page ``lacks``, by name, and how many ``cards`` it has; ``more`` are the words of a button that adds some.

    The names: ``article`` (it is none), ``cards`` (it leads to no article), ``more`` (such a button is all that leads
    on), fields of an article, and :data:`EVERYWHERE`.
    """

    lacks: frozenset[str]
    cards: int = 0
    more: str | None = None

    def gained(self, before: Self) -> frozenset[str]:
        """Return what this reading has that the one ``before`` lacked."""
        gained = before.lacks - self.lacks
        return gained | {"more"} if self.cards > before.cards and "more" in before.lacks else gained

    def is_better_than(self, before: Self) -> bool:
        """Whether it has more, and all that the one ``before`` had."""
        return self.lacks <= before.lacks and self.cards >= before.cards and bool(self.gained(before))


def completeness_of(document: Document, asked: ExpectedPage) -> Completeness | None:
    """Return what the page lacks; None for one that is cut or not parsed, an error, or asks whether one is human."""
    reading = read_page(document)
    if reading.kind in UNSOUND:
        return None
    lacks = {name for name, is_shown in reading.parts.items() if not is_shown} & EVERYWHERE
    if asked is ExpectedPage.ARTICLE:
        return Completeness(frozenset(lacks | _lacking_of_article(document, reading)))
    if asked is ExpectedPage.HOME:
        cards = len(article_links(document))
        return Completeness(frozenset(lacks if cards else lacks | {"cards"}), cards)
    around = {line.address.key for line in reading.trending}
    listing = read_listing(document)
    cards = sum(card.address.key not in around for card in listing.cards)
    more = None if listing.is_paginated else more_button(document)
    lacks |= {name for name, is_lacking in (("cards", not cards), ("more", more is not None)) if is_lacking}
    return Completeness(frozenset(lacks), cards, more)


def _lacking_of_article(document: Document, reading: PageReading) -> frozenset[str]:
    if reading.article is not None:
        return _USUAL.intersection(reading.missing)
    # Addresses without a number are an article's or not; those of menus and contacts are not.
    address = document.site.address(document.url, document.url)
    is_numbered = address is not None and address.article_id is not None
    is_empty = sum(len(block.text) for block in document.blocks) < _HARDLY_ANYTHING
    return _USUAL | {"article"} if is_numbered or is_empty else frozenset()
