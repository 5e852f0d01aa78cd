"""Where headline, lede, front matter and text are on a page."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from itertools import islice

from lxml import etree

from caravan_crawler.pages.blocks import SUBHEADS, Block, common_container, is_teaser, is_within
from caravan_crawler.pages.boilerplate import (
    TRENDING_HEADING,
    fold,
    is_colophon,
    is_comments_label,
    is_end_label,
    is_see_also,
)
from caravan_crawler.pages.bylines import is_person, is_the_site
from caravan_crawler.pages.document import Document
from caravan_crawler.pages.front_matter import Line, is_dated, is_passed_over, lines
from caravan_crawler.pages.headline import LONGEST_LEDE, find_headline
from caravan_crawler.pages.trending import TrendingBlock, find_trending, is_prose

_PARTS_OF_TEXT = frozenset("tr tbody thead table ul ol dl blockquote figure p".split())
#: Tags with which a text may begin before the element of its paragraphs; other short lines there do not belong to it.
_BEGINNINGS = SUBHEADS | frozenset("p li td th dt dd blockquote".split())
#: Paragraphs in one element from which it contains the text.
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
    """Return the text that begins at ``start``; ``is_teaser`` says whether a block is a bare link to another article.

    It ends at the trending block, or else with its container or at the page's foot.
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
    """Whether a paragraph outside of the text's container continues the text."""
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
    # A text may begin with a list or a table.
    parent = shared.getparent()
    while shared.tag in _PARTS_OF_TEXT and parent is not None and shared is not article:
        shared, parent = parent, parent.getparent()
    return shared


#: Most blocks before the headline that may be lines of the article.
_FARTHEST_ABOVE = 4
_AUTHOR_MARK = re.compile(r"author|byline|journalist|avtor", re.IGNORECASE)


@dataclass
class Layout:
    """Indices into ``document.blocks``, and what the lines under the headline say.

    ``first_headline`` and ``headline`` are the first and the last place of the headline before the article,
    ``lede`` the blocks of the lede, ``front`` the lines in order, ``text`` the range of the text.
    """

    first_headline: int | None = None
    headline: int | None = None
    front: list[Line] = field(default_factory=list)
    lede: list[int] = field(default_factory=list)
    text: TextRange = field(default_factory=lambda: TextRange(0, 0))
    trending: TrendingBlock | None = None

    def first(self, kind: str) -> str | None:
        """Return the value of the first line of ``kind``, or None."""
        return next((line.value for line in self.front if line.kind == kind and line.value), None)


def find_layout(document: Document) -> Layout:
    """Find the parts of the article on the page; what is not there stays empty."""
    blocks = document.blocks
    layout = Layout()
    headline = find_headline(document)
    if headline is None:
        layout.trending = find_trending(blocks, document.site, document.base_url, headed_only=True)
        layout.text = TextRange(len(blocks), len(blocks))
        return layout
    layout.first_headline, layout.headline = headline
    known = document.text_container
    start = _read_front(blocks, layout, known)
    if layout.first("date") is None:
        layout.front += _lines_above(blocks, headline[0])
    layout.trending = find_trending(blocks, document.site, document.base_url, start)
    if known is not None:
        layout.text = text_in(known, blocks, layout.trending)
    else:
        teaser = partial(is_teaser, site=document.site, page_url=document.base_url)
        layout.text = text_from(start, layout.headline, blocks, layout.trending, teaser)
    return layout


def _read_front(blocks: list[Block], layout: Layout, known: etree._Element | None) -> int:
    """Read the lede and the lines under the headline; return where the text begins."""
    assert layout.headline is not None
    headline = fold(blocks[layout.headline].text)
    leading: list[int] = []
    position = layout.headline + 1
    started = False
    while position < len(blocks):
        block = blocks[position]
        if known is not None and is_within(block.element, known):
            break
        found = lines(block)
        if found and _is_text(layout.front, found, blocks, position):
            break
        if not found and _names_somebody(block):
            layout.front += [Line("author", block.text)] * _is_marked_as_author(block)
        elif found and all(line.kind == "other" for line in found):
            pass
        elif found and (known is not None or started or len(leading) <= LONGEST_LEDE):
            layout.front.extend(found)
            started = True
        elif (fold(block.text) == headline and not started) or (
            is_passed_over(block) and not (started and block.link is None and known is None)
        ):
            pass
        elif known is None and (started or len(leading) >= LONGEST_LEDE):
            break
        else:
            leading.append(position)
        position += 1
    if known is not None or started:
        layout.lede = leading[: LONGEST_LEDE + 1] if known is None else leading[-LONGEST_LEDE:]
        return position
    # No line at all between headline and text: the lede shows only where it is set apart from the text.
    if leading and _stands_apart(blocks, leading[0], headline):
        layout.lede = leading[:1]
        return leading[0] + 1
    return leading[0] if leading else position


def _lines_above(blocks: list[Block], headline: int) -> list[Line]:
    """Return the lines that a theme prints over the headline: a date with its year, inside of what holds the article.

    The header, which prints the date of the visit, is outside.
    """
    for block in blocks[max(0, headline - _FARTHEST_ABOVE) : headline]:
        found = lines(block) or []
        has_date = any(line.kind == "date" and is_dated(line.value) for line in found)
        if has_date and block.zone is None and _shares_article(block.element, blocks[headline].element):
            return found
    return []


def _shares_article(element: etree._Element, headline: etree._Element) -> bool:
    """Whether the innermost named part of the page around ``element`` is the article, with its headline."""
    around = next(element.iterancestors("article", "main", "header", "section"), None)
    return around is not None and is_within(headline, around)


def _is_text(front: list[Line], found: list[Line], blocks: list[Block], position: int) -> bool:
    """Whether a block that looks like lines is the text's first: a number or a day alone, set as text is."""
    has_date = any(line.kind == "date" for line in front)
    if blocks[position].tag in SUBHEADS and (has_date or all(line.kind == "views" for line in found)):
        return True
    # The credit is the last of the lines.
    return any(line.kind == "credit" for line in front) and _is_paragraph(blocks, position)


def _names_somebody(block: Block) -> bool:
    """Whether a block is a person's name or the site's, and so neither lede nor text."""
    return len(block.text) < 60 and (is_person(block.text) or is_the_site(block.text))


def _is_marked_as_author(block: Block) -> bool:
    """Whether an element around a name says whose it is: two words in capitals may be a place or a section, too."""
    around = (block.element, *islice(block.element.iterancestors(), 1), *block.element)
    marks = " ".join(element.get(name) or "" for element in around for name in ("class", "itemprop", "rel"))
    return _AUTHOR_MARK.search(marks) is not None and is_person(block.text)


def _is_paragraph(blocks: list[Block], position: int) -> bool:
    """Whether a block is among the paragraphs: next to one, in an element of the same kind."""
    if position + 1 >= len(blocks):
        return False
    element, following = blocks[position].element, blocks[position + 1].element
    return element.tag == following.tag and element is not following and element.getparent() is following.getparent()


def _stands_apart(blocks: list[Block], lede: int, headline: str) -> bool:
    """Whether a block is a lede although no line parts it from the text."""
    following = [block for block in blocks[lede + 1 : lede + 3] if fold(block.text) != headline]
    if not following:
        return False
    text = fold(blocks[lede].text)
    after = fold(following[0].text)
    if len(after) > len(text) and after.startswith(text[: max(20, len(text) - 12)]):
        return True
    if len(following) < 2:
        return False
    shared = common_container(following[0].element, following[1].element)
    return shared.tag not in ("body", "html") and not is_within(blocks[lede].element, shared)
