"""Completeness of a page, to compare the raw with the rendered one."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from selectolax.lexbor import LexborNode

from caravan_crawler.items import UNSOUND
from caravan_crawler.pages.document import Document
from caravan_crawler.pages.listing import article_links, read_listing
from caravan_crawler.pages.page import PageReading, read_page

#: Tags that may be a "more" button.
PRESSABLE = ("button", "a", "input")
_LABEL = re.compile(
    r"(?:показать|загрузить|смотреть|ещ[её])\s+(?:ещ[её]|больше|далее)(?:\s+\w+)?|ещ[её]\s+(?:новости|статьи|материалы)"
    r"|больше\s+(?:новостей|статей|материалов)|көбірек(?:\s+көрсету)?|тағы(?:\s+(?:да\s+)?(?:көрсету|жүктеу))?"
    r"|(?:load|show|view)\s+more(?:\s+\w+)?",
    re.IGNORECASE,
)
_LONGEST_LABEL = 40


def more_button(document: Document) -> str | None:
    """Return the label of the first button that loads more cards, or None; a link to another page is no button."""
    for node in document.root.css(", ".join(PRESSABLE)):
        if not (node.attributes.get("href") or "#").startswith(("#", "javascript:")):
            continue
        label = " ".join(_text(node).split())
        if len(label) <= _LONGEST_LABEL and _LABEL.fullmatch(label.strip(" .…»→↓+")):
            return label
    return None


def _text(node: LexborNode) -> str:
    if node.tag != "input":
        return node.text()
    is_button = node.attributes.get("type") in ("button", "submit")
    return (node.attributes.get("value") or "") if is_button else ""


#: Page facts: the same on every page.
EVERYWHERE = frozenset({"rates", "weather", "trending"})
#: A page without any of these lacks the content it was requested for.
ESSENTIAL = frozenset({"article", "cards"})
#: Article fields that few articles lack.
_USUAL = frozenset({"headline", "body", "date_published", "views"})
#: Characters, menus included; a page with less text is only a frame that scripts fill.
_FRAME = 200


class ExpectedPage(StrEnum):
    """Kinds of pages, by the callback that reads them."""

    HOME = "home"
    LIST = "list"
    ARTICLE = "article"


@dataclass(frozen=True)
class Completeness:
    """Missing values of a page, and its number of cards."""

    lacks: frozenset[str]
    """``article`` (the page is none), ``cards`` (no card), ``more`` (further cards only by a "more" button), fields of
    an article, and :data:`EVERYWHERE`."""
    cards: int = 0
    more: str | None = None
    """Label of the "more" button."""

    def gained(self, before: Self) -> frozenset[str]:
        """Return the names that ``before`` lacks and this reading has; ``more`` if it has more cards."""
        gained = before.lacks - self.lacks
        return gained | {"more"} if self.cards > before.cards and "more" in before.lacks else gained

    def is_better_than(self, before: Self) -> bool:
        """Whether it has values that ``before`` lacks, and all values that ``before`` has."""
        return self.lacks <= before.lacks and self.cards >= before.cards and bool(self.gained(before))


def completeness_of(document: Document, expected: ExpectedPage) -> Completeness | None:
    """Return the completeness of a page; None if it is cut, not parsed, an error page or a challenge."""
    reading = read_page(document)
    if reading.kind in UNSOUND:
        return None
    lacks = {name for name, is_shown in reading.parts.items() if not is_shown} & EVERYWHERE
    if expected is ExpectedPage.ARTICLE:
        return Completeness(frozenset(lacks | _lacking_of_article(document, reading)))
    if expected is ExpectedPage.HOME:
        cards = len(article_links(document))
        return Completeness(frozenset(lacks if cards else lacks | {"cards"}), cards)
    trending = {line.address.key for line in reading.trending}
    listing = read_listing(document)
    cards = sum(card.address.key not in trending for card in listing.cards)
    more = None if listing.is_paginated else more_button(document)
    if not cards:
        lacks.add("cards")
    if more is not None:
        lacks.add("more")
    return Completeness(frozenset(lacks), cards, more)


def _lacking_of_article(document: Document, reading: PageReading) -> frozenset[str]:
    if reading.article is not None:
        return _USUAL.intersection(reading.missing)
    # Other pages, such as contacts, have addresses without a number; some articles have too.
    address = document.site.address(document.url, document.url)
    is_numbered = address is not None and address.article_id is not None
    is_empty = sum(len(block.text) for block in document.blocks) < _FRAME
    return _USUAL | {"article"} if is_numbered or is_empty else frozenset()
