"""Where an article's text begins and ends among the visible blocks, and the element that holds it."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice

from lxml import etree

from caravan_crawler.pages.blocks import SUBHEADS, Block
from caravan_crawler.pages.furniture import (
    TRENDING_HEADING,
    is_colophon,
    is_comments_label,
    is_end_label,
    is_see_also,
)
from caravan_crawler.pages.tree import common_container, is_within
from caravan_crawler.pages.trending import TrendingBlock, is_prose

_PARTS_OF_TEXT = frozenset("tr tbody thead table ul ol dl blockquote figure p".split())
#: What a text may begin with before the element that holds its paragraphs; other short lines there are none of it.
_BEGINNINGS = SUBHEADS | frozenset("p li td th dt dd blockquote".split())
#: So many paragraphs show where a text lies.
_TO_TELL_BY = 2


@dataclass(frozen=True, slots=True)
class TextRange:
    """The text is ``blocks[start:end]``, still with boxes and labels in it; ``container`` is around it, if known."""

    start: int
    end: int
    container: etree._Element | None = None


def text_in(container: etree._Element, blocks: list[Block], trending: TrendingBlock | None) -> TextRange:
    """Return the text in a container known to hold it, less a trending block inside."""
    inside = [index for index, block in enumerate(blocks) if is_within(block.element, container)]
    if not inside:
        return TextRange(len(blocks), len(blocks), container)
    start, end = inside[0], inside[-1] + 1
    if trending and start <= trending.start < end:
        end = trending.start
    return TextRange(start, end, container)


def text_from(
    start: int,
    headline: int,
    blocks: list[Block],
    trending: TrendingBlock | None,
    is_teaser: Callable[[Block], bool],
) -> TextRange:
    """Return the text that begins at ``start``; ``is_teaser`` tells a bare link to another article.

    It ends at the trending block; on a page without one, where its container or the page's foot does.
    """
    limit = trending.start if trending else len(blocks)
    foot = next((index for index in range(start, limit) if blocks[index].zone == "footer"), limit)
    if trending is None:
        foot = next((index for index in range(start, foot) if _is_foot(blocks[index])), foot)
    if start >= len(blocks):
        return TextRange(start, start)
    paragraphs = _first_paragraphs(blocks, start, foot)
    first = paragraphs[0] if paragraphs else blocks[start]
    article = common_container(blocks[headline].element, first.element)
    container = _container(paragraphs, article)
    is_apart = container is not None and not is_within(blocks[headline].element, container)
    if container is not None and is_apart:
        start = _without_stray_lines(blocks, start, container)
    end = start
    for index in range(start, foot):
        block = blocks[index]
        if trending is None and end > start and is_comments_label(block.text):
            break
        if container is None or is_within(block.element, container):
            end = index + 1
        elif trending is not None and not is_apart:
            end = index + 1  # paragraphs lie side by side with all else, and the trending block ends them
        elif _goes_on(block, container, article, before_trending=trending is not None):
            end = index + 1
        elif is_end_label(block.text) or is_see_also(block.text) or is_teaser(block):
            break
    return TextRange(start, end, container)


def _is_foot(block: Block) -> bool:
    """Whether a block begins the page's foot, or heads a trending block that could not be read."""
    return is_colophon(block.text) or TRENDING_HEADING.fullmatch(block.text) is not None


def _goes_on(block: Block, container: etree._Element, article: etree._Element, *, before_trending: bool) -> bool:
    """Whether a paragraph outside of the text's container goes on with the text."""
    if not is_prose(block) or block.zone is not None:
        return False
    if before_trending or (article.tag not in ("body", "html") and is_within(block.element, article)):
        return True
    # The text may lie in two containers alike, with an advert between them.
    twin: etree._Element | None = block.element
    while twin is not None and twin.getparent() is not container.getparent():
        twin = twin.getparent()
    return (
        twin is not None
        and twin.tag == container.tag
        and bool(twin.get("class"))
        and twin.get("class") == container.get("class")
    )


def _first_paragraphs(blocks: list[Block], start: int, end: int) -> list[Block]:
    """Return the text's first two sentences as they show where it lies; of a text without such, its first blocks.

    A button, a caption or a line to subscribe before the text lies elsewhere.
    """
    visible = (block for block in islice(blocks, start, end) if block.zone is None)
    first: list[Block] = []
    sentences: list[Block] = []
    for block in visible:
        if len(first) < _TO_TELL_BY:
            first.append(block)
        if is_prose(block):
            sentences.append(block)
            if len(sentences) == _TO_TELL_BY:
                return sentences
    return first


def _without_stray_lines(blocks: list[Block], start: int, container: etree._Element) -> int:
    """Return the place of the text's first block, behind lines that are neither in its container nor like text."""
    while start < len(blocks) and not is_within(blocks[start].element, container):
        if is_prose(blocks[start]) or blocks[start].tag in _BEGINNINGS:
            break
        start += 1
    return start


def _container(paragraphs: list[Block], article: etree._Element) -> etree._Element | None:
    """Return the innermost element around the text's first two ``paragraphs``.

    Where the second stands outside of the element around headline and text, there is only one.
    """
    if not paragraphs:
        return None
    first = paragraphs[0].element
    if len(paragraphs) < 2 or not is_within(paragraphs[1].element, article):
        return article
    shared = first if first is paragraphs[1].element else common_container(first, paragraphs[1].element)
    # A text may begin with a list or a table, and goes on behind it.
    parent = shared.getparent()
    while shared.tag in _PARTS_OF_TEXT and parent is not None and shared is not article:
        shared, parent = parent, parent.getparent()
    return shared
