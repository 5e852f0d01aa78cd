"""The article's text out of the blocks where it lies: paragraphs, their links, and what is left out."""

from dataclasses import dataclass, field
from itertools import islice

from lxml import etree

from caravan_crawler.pages.blocks import SUBHEADS, Block, is_teaser, is_within
from caravan_crawler.pages.boilerplate import (
    SEE_ALSO_HEADING,
    SEE_ALSO_START,
    TRENDING_HEADING,
    in_clutter,
    is_advert_label,
    is_colophon,
    is_label,
    is_label_with_links,
    is_network,
    is_see_also,
)
from caravan_crawler.pages.bylines import Byline, read_byline
from caravan_crawler.pages.document import Document
from caravan_crawler.pages.front_matter import credit_in_text, is_date
from caravan_crawler.pages.layout import Layout
from caravan_crawler.pages.tags import may_hold_tags, tag_texts

_CELLS = frozenset(["td", "th"])
#: A cell's text may stand so deep in it.
_DEEPEST_IN_CELL = 3
_NO_BUTTONS = _CELLS | SUBHEADS | {"dt"}


@dataclass
class Text:
    """The article's paragraphs as printed, and what stood among them."""

    paragraphs: list[str] = field(default_factory=list)
    links: list[tuple[str, str]] = field(default_factory=list)
    """Text and absolute URL of each link in the paragraphs, in order."""
    tags: list[str] = field(default_factory=list)
    """The topics linked among the paragraphs, in order."""
    byline: Byline | None = None
    credit: str | None = None


def read_text(document: Document, layout: Layout) -> Text:
    """Collect the paragraphs between ``layout.text.start`` and ``layout.text.end``."""
    text = Text()
    kept = _without_boxes(document, layout, text)
    _take_off_tail(document, kept)
    _take_off_byline(kept, text)
    row: etree._Element | None = None
    cell: etree._Element | None = None
    for block in kept:
        for words, href in block.linked_texts():
            if words and (url := document.absolute(href)):
                text.links.append((words, url))
        previous_row, previous_cell = row, cell
        row, cell = _place_in_table(block)
        if row is not None and row is previous_row and cell is not previous_cell:
            text.paragraphs[-1] += "\t" * _cells_between(row, previous_cell, cell) + block.text
        else:
            text.paragraphs.append(block.text)
    return text


def _place_in_table(block: Block) -> tuple[etree._Element | None, etree._Element | None]:
    """Return row and cell of a block that is in a table's cell; None and None elsewhere."""
    for depth, cell in enumerate((block.element, *islice(block.element.iterancestors(), _DEEPEST_IN_CELL))):
        if cell.tag in _CELLS:
            # A whole article may be in a cell of a table that makes columns.
            is_cells_text = depth == 0 or "".join(cell.itertext()).split() == block.text.split()
            return (cell.getparent(), cell) if is_cells_text or block.tag == "p" else (None, None)
    return None, None


def _cells_between(row: etree._Element, first: etree._Element | None, second: etree._Element | None) -> int:
    """Return how many cells further the second one is; empty ones in between are no blocks."""
    cells = [each for each in row if each.tag in _CELLS]
    return cells.index(second) - cells.index(first) if first in cells and second in cells else 1


def _without_boxes(document: Document, layout: Layout, text: Text) -> list[Block]:
    """Return the blocks of the text without boxes of links, labels, credits, adverts and menus."""
    kept: list[Block] = []
    in_box = False
    adverts: list[etree._Element] = []
    container = layout.text.container if layout.text.container is not None else document.root
    for block in document.blocks[layout.text.start : layout.text.end]:
        if tags := tag_texts(block, document.site, document.base_url):
            text.tags += tags if may_hold_tags(block) else []
            continue
        if block.zone is not None or any(is_within(block.element, advert) for advert in adverts):
            if text.credit is None:
                text.credit = credit_in_text(block.text)
            continue
        if in_box and (block.is_all_links or is_card_detail(block.text)):
            continue
        in_box = is_see_also(block.text)
        if in_box or _is_box_line(block) or _is_label(block) or is_label_with_links(block):
            if is_advert_label(block.text):
                adverts += _advert_around(block, container, kept)
            continue
        if (credit := credit_in_text(block.text)) is not None:
            text.credit = text.credit or credit
            continue
        if not in_clutter(block.element, container):
            kept.append(block)
    return kept


def _is_label(block: Block) -> bool:
    """Whether a block is a label; the name of a network in a subhead or in a table is text."""
    return is_label(block.text) and not (block.tag in _NO_BUTTONS and is_network(block.text))


def _is_box_line(block: Block) -> bool:
    """Whether a block is ``Читайте также: <link>``, all but the first words a link."""
    match = SEE_ALSO_START.match(block.text)
    if match is None:
        return False
    outside = " ".join("".join(text for text, link in block.pieces if link is None).split())
    return block.is_all_links or SEE_ALSO_HEADING.fullmatch(outside) is not None


def _advert_around(label: Block, container: etree._Element, before: list[Block]) -> list[etree._Element]:
    """Return the element an advert's label shares with the advert: its parent, if that is not the text's.

    It is the text's where some of the text, the blocks ``before``, is in it.
    """
    element = label.element
    parent = element.getparent()
    if parent is None or is_within(container, parent) or any(is_within(one.element, parent) for one in before):
        return [element] if element is not container else []
    return [parent]


def _take_off_tail(document: Document, kept: list[Block]) -> None:
    """Drop what stands behind the last paragraph: rights reserved, cards of other articles with their dates."""
    while len(kept) > 1 and is_colophon(kept[-1].text):
        kept.pop()
    end = len(kept)
    has_link = False
    while end > 1:
        block = kept[end - 1]
        teases = is_teaser(block, document.site, document.base_url)
        if not (teases or is_card_detail(block.text) or TRENDING_HEADING.fullmatch(block.text)):
            break
        has_link = has_link or teases or TRENDING_HEADING.fullmatch(block.text) is not None
        end -= 1
    if has_link:
        del kept[end:]


def is_card_detail(text: str) -> bool:
    """Whether a block is a detail of a card, not its headline: a date, a count."""
    return is_date(text) or (len(text) < 12 and text.replace(" ", "").isdigit())


def _take_off_byline(kept: list[Block], text: Text) -> None:
    """Take the author's line off the end, whether a paragraph of its own or the last line of one."""
    for position in range(len(kept) - 1, max(-1, len(kept) - 3), -1):
        block = kept[position]
        head, _, last_line = block.text.rpartition("\n")
        byline = read_byline(last_line)
        if byline is None:
            continue
        text.byline = byline.joined(text.byline)
        if head:
            kept[position] = Block(block.element, block.zone, head, block.pieces)
        else:
            del kept[position]
