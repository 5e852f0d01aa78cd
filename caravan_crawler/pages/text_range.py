"""Where the text of an article lies: the paragraphs from its first one to the trending block or the page's foot."""

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from itertools import pairwise

from caravan_crawler.pages.blocks import SUBHEADS, Block, Element, common_container
from caravan_crawler.pages.bylines import is_person, names_role
from caravan_crawler.pages.document import Document
from caravan_crawler.pages.fact_forms import has_dated
from caravan_crawler.pages.fact_lines import facts_of
from caravan_crawler.pages.headline import heads_another
from caravan_crawler.pages.labels import (
    ends_sentence,
    is_colophon,
    is_comments_label,
    is_end_label,
    is_in_other_article,
    is_label,
    is_prose,
    is_trending_heading,
)
from caravan_crawler.pages.selectors import is_author, is_clutter, is_of_text
from caravan_crawler.pages.trending import TrendingBlock, ends_text, outside_of

_PARTS_OF_TEXT = frozenset(
    "tr tbody thead tfoot table ul ol dl dd dt li blockquote figure p a b strong i em u font span small".split()
)
#: Tags with which a text may begin before the element of its paragraphs; other short lines there do not belong to it.
_BEGINNINGS = SUBHEADS | frozenset("p li td th dt dd blockquote".split())
_WHOLE_PAGE = frozenset(["body", "html"])
#: Paragraphs in one element from which it contains the text.
_FEWEST_PARAGRAPHS = 2
#: Blocks, as a caption or buttons, between an introduction that stands with the headline and the text.
_MOST_BETWEEN_PARTS = 8
_SIGNATURE, _LONGEST_SIGNATURE = re.compile(r"[^\W\d].*\d\W+\d{1,2}:\d{2}\W*"), 60
#: Words of an id that somebody has thought of.
_MOST_WORDS_OF_ID = 3
#: Letters of a text far longer than another one, to that one's.
_FAR_LONGER = 2
#: Blocks that show whether an element is of the text.
_MOST_ASKED = 40


@dataclass
class TextRange:
    """The text: its ``blocks`` in ``range(start, end)``, with boxes and labels in it; ``container`` is around it."""

    start: int
    end: int
    container: Element | None = None
    blocks: list[Block] = field(default_factory=list)


def text_in(container: Element, start: int, blocks: list[Block], trending: TrendingBlock | None) -> TextRange:
    """Return the text from ``start`` in a container known to hold it, less a trending block inside."""
    start, end = max(start, container.first), container.last
    if ends_text(trending, blocks, start, end) and trending.start >= start:
        end = min(end, trending.start)
    return TextRange(start, end, container, [*outside_of(trending, blocks[start:end])])


def text_from(start: int, document: Document, headline_at: int, trending: TrendingBlock | None, foot: int) -> TextRange:
    """Return the text that begins at ``start``; it ends at the trending block, with its containers, or at the foot."""
    blocks = document.blocks
    is_before_trending = ends_text(trending, blocks, start, foot)
    if trending is not None and is_before_trending:
        foot = min(foot, trending.start)
    if start >= len(blocks) or is_end_label(blocks[start].text):
        return TextRange(start, start)
    headline = blocks[headline_at]
    paragraphs = _first_paragraphs(blocks, start, foot)
    article = common_container(headline, paragraphs[0] if paragraphs else blocks[start])
    container = _container(paragraphs, article)
    if len(paragraphs) == _FEWEST_PARAGRAPHS:
        article = _with_next_part(article, headline, blocks[:foot])
    if container is not None and not headline.is_within(container):
        start = _without_stray_lines(blocks, start, container)
    collector = _Collector(blocks, headline, article, container, is_before_trending=is_before_trending)
    for block in outside_of(trending, blocks[start:foot]):
        if collector.ends_at(block):
            break
        collector.take(block)
    end = collector.text[-1].index + 1 if collector.text else start
    return TextRange(start, end, container, collector.text)


def longer_text(blocks: list[Block], headline: int, text: TextRange, foot: int) -> int | None:
    """Return where a far longer text begins than the one found, or None: that one is an introduction or a summary."""
    groups: defaultdict[Element, list[Block]] = defaultdict(list)
    for before, block in pairwise(blocks[headline:foot]):
        if is_end_label(block.text):
            break
        is_other = block.zone is None and is_prose(block) and not text.start <= block.index < text.end
        if is_other and not (before.is_all_links or _is_signed(before)) and clutter_around(block.element, None) is None:
            around = block.element.parent or block.element
            groups[around.parent if around.parent and around.tag not in _WHOLE_PAGE else around].append(block)
    longest = max(groups.values(), key=_letters, default=[])
    is_far_longer = _letters(longest) > _FAR_LONGER * _letters(filter(is_prose, text.blocks))
    return longest[0].index if len(longest) > _FEWEST_PARAGRAPHS and is_far_longer else None


def _letters(blocks: Iterable[Block]) -> int:
    return sum(len(block.text) for block in blocks)


class _Collector:
    """Collects a text: the blocks of its ``container``, then those of other elements that continue it."""

    def __init__(
        self,
        blocks: list[Block],
        headline: Block,
        article: Element,
        container: Element | None,
        *,
        is_before_trending: bool,
    ) -> None:
        self.text: list[Block] = []
        self._blocks = blocks
        self._headline = headline
        self._article = article
        self._container = container
        self._is_before_trending = is_before_trending
        self._others: list[Element] = []
        self._between: list[Block] = []

    def ends_at(self, block: Block) -> bool:
        """Whether a block ends the text: the heading of the comments, or that of another box outside of the text."""
        if not self.text:  # over the text it may be a button
            return False
        is_named_end = is_end_label(block.text) and not self._goes_on_behind(block)
        if is_named_end and is_comments_label(block.text) and clutter_around(block.element, self._container) is None:
            return True
        return self._is_outside(block) and (is_named_end or heads_another(block, self._headline, self._blocks))

    def _goes_on_behind(self, label: Block) -> bool:
        """Whether a paragraph set as the last one, in the same element, follows soon: the label heads a box between."""
        last = next((each.element for each in reversed(self.text) if is_prose(each)), None)
        following = filter(is_prose, self._blocks[label.index + 1 : label.index + _MOST_ASKED])
        return last is not None and any(each.element.is_set_as(last) for each in following)

    def take(self, block: Block) -> None:
        """Add a block that is of the text, and what stood between it and the one before."""
        if self._is_outside(block) and not any(block.is_within(other) for other in self._others):
            if is_in_other_article(block, self._headline, self._blocks) or _is_comment(block):
                return
            if not self._continues(block):
                if _may_be_between(block, self._article, self._blocks):
                    self._between.append(block)
                return
            behind = self._blocks[self.text[-1].index + 1 if self.text else block.index : block.index]
            between = {each.index for each in self._between}
            self.text += (each for each in behind if each.index in between or _is_beside(each, block))
            self._others.append(self._part_around(block))
        elif not self.text:
            self.text += self._between  # a subhead over the text
        self._between = []
        self.text.append(block)

    def _part_around(self, block: Block) -> Element:
        """Return the element that holds the rest of the text: that of several blocks, if the next are sentences."""
        part = outside_of_parts(_around_several(block))
        its = self._blocks[block.index : min(part.last, block.index + _MOST_ASKED)]
        is_of_text = 2 * sum(ends_sentence(each.text) for each in its) > len(its)
        return part if is_of_text and not self._headline.is_within(part) else outside_of_parts(block.element)

    def _is_outside(self, block: Block) -> bool:
        """Whether a block is not in the text's container; up to a trending block all is that holds the headline."""
        if self._container is None or block.is_within(self._container):
            return False
        return not self._is_before_trending or not self._headline.is_within(self._container)

    def _continues(self, block: Block) -> bool:
        """Whether a block outside of the container is the text's next paragraph, and not a teaser's or a comment's."""
        container, article = self._container, self._article
        assert container is not None
        if is_label(block.text):
            return False
        goes_on = _goes_on(block, container, article, before_trending=self._is_before_trending) or self._is_next(block)
        # Behind a linked heading, a name or a date an excerpt, a biography or a comment follows.
        before = self._blocks[block.index - 1]
        if names_role(before.text):
            before = self._blocks[before.index - 1]
        is_signed = before.zone is None and _is_signed(before) and not _is_twin(block, container, article)
        return goes_on and not is_signed and not (before.tag in SUBHEADS and before.is_all_links)

    def _is_next(self, block: Block) -> bool:
        """Whether a short sentence right behind the text is set as that, or next to an article closed too early."""
        last = self.text[-1] if self.text else None
        if last is None or last.index + 1 != block.index or block.has_links or not ends_sentence(block.text):
            return False
        element, before = block.element, last.element
        is_alike = (element.tag, element.get("class")) == (before.tag, before.get("class"))
        is_beside = self._is_before_trending and block.tag == "p" and element.parent is self._article.parent
        return is_beside or (is_alike and element.parent is before.parent)


def _is_beside(line: Block, paragraph: Block) -> bool:
    """Whether a line that has a link is set as the paragraph, in the same element."""
    return line.element.parent is paragraph.element.parent and line.tag == paragraph.tag and not line.is_all_links


def _is_comment(block: Block) -> bool:
    """Whether a block begins with a line of a name and the time at which a reader wrote."""
    line, _, rest = block.text.partition("\n")
    return bool(rest) and len(line) < _LONGEST_SIGNATURE and _SIGNATURE.fullmatch(line) is not None


def _with_next_part(article: Element, headline: Block, blocks: list[Block]) -> Element:
    """Return the element around headline and text, where ``article`` may hold but the headline and an introduction."""
    if article.tag in _WHOLE_PAGE or sum(map(is_prose, blocks[article.first : article.last])) > _FEWEST_PARAGRAPHS:
        return article
    for following in blocks[article.last : article.last + _MOST_BETWEEN_PARTS]:
        if is_prose(following) and following.zone is None and clutter_around(following.element, article) is None:
            break
    else:
        return article
    return common_container(headline, following)


def _may_be_between(block: Block, article: Element, blocks: list[Block]) -> bool:
    """Whether a block in an element of its own, a subhead, a list or a table, may stand between paragraphs."""
    is_of_text = block.tag in _BEGINNINGS and block.zone is None and not block.has_links and block.is_within(article)
    if not is_of_text or is_end_label(block.text) or clutter_around(block.element, article) is not None:
        return False
    part = _around_several(block)
    return not any(is_label(other.text) for other in blocks[part.first : part.last] if part is not article)


def find_foot(blocks: list[Block], headline: int) -> int:
    """Return the place of the page's foot behind the headline, or that of the last block's end.

    A footer and what is said of rights and registration may stand in an article, too: in the card of another one, in a
    caption. The foot is behind all paragraphs that stand in one element, and next to the headline in some larger one.
    """
    behind = blocks[headline + 1 :]
    prose = [block for block in behind if block.zone is None and is_prose(block) and not is_colophon(block.text)]
    places = [block.index for block in prose]
    text_end = 0
    for block in prose:
        last = places[bisect_left(places, _around_several(block).last) - 1]
        is_near = not text_end or common_container(blocks[headline], block).tag not in _WHOLE_PAGE
        if last > block.index and is_near:
            text_end = max(text_end, last)
    for block in behind:
        if block.index <= text_end:
            continue
        is_foot = block.zone == "footer" or is_colophon(block.text) or is_trending_heading(block.text)
        if is_foot and (text_end or _ends_what_holds_both(blocks[headline], block)):
            return block.index
    return len(blocks)


def _ends_what_holds_both(headline: Block, block: Block) -> bool:
    """Whether nothing but one line follows in the article around both, or that is the whole page."""
    shared = common_container(headline, block)
    article = next((each for each in shared.around if each.tag in ("article", "main")), shared)
    return article.tag in _WHOLE_PAGE or block.index + 2 >= article.last


def _around_several(block: Block) -> Element:
    """Return the innermost element around a block that holds further ones."""
    element = block.element
    while element.parent is not None and element.last - element.first <= 1:
        element = element.parent
    return element


def _goes_on(block: Block, container: Element, article: Element, *, before_trending: bool) -> bool:
    """Whether a block outside of the text's container continues the text."""
    if block.zone is not None or clutter_around(block.element, container):
        return False
    # The text may lie in several containers alike, with an advert between them.
    if not block.is_all_links and (_is_twin(block, container, article) or _is_in_next_part(block, container)):
        return True
    if not is_prose(block):
        return False
    return before_trending or (article.tag not in _WHOLE_PAGE and block.is_within(article))


def _is_twin(block: Block, container: Element, article: Element) -> bool:
    """Whether a block stands in a twin of the text's container."""
    return any(_are_alike(element, container) for element in block.element.below(article))


def _is_in_next_part(block: Block, container: Element) -> bool:
    """Whether a sentence stands in an element without a name next to the text's, which has none either."""
    part = block.element.parent
    if part is None or part.attributes or container.attributes or part.parent is not container.parent:
        return False
    return part.tag == container.tag and block.tag in ("p", "div") and ends_sentence(block.text)


def _are_alike(element: Element, container: Element) -> bool:
    """Whether an element is a twin of the text's container: named as it is, in the same one or one named alike."""
    names = element.get("class")
    if not names or element.tag != container.tag or names != container.get("class"):
        return False
    around, its = element.parent, container.parent
    if around is its or around is None or its is None:
        return around is its
    return around.get("class") == (its.get("class") or "") or kind_of(around) == kind_of(its) != set()


def kind_of(element: Element) -> set[str]:
    """Return the names of an element without those that number it, as page builders do."""
    return {name for name in element.names.split() if not any(map(str.isdecimal, name))}


def _is_signed(before: Block) -> bool:
    """Whether a block is a name or a date."""
    return is_person(before.text) or has_dated(facts_of(before))


def _first_paragraphs(blocks: list[Block], start: int, end: int) -> list[Block]:
    """Return the text's first two sentences as they show where it lies; of a text without such, its first blocks.

    A button, a caption or a line to subscribe before the text lies elsewhere.
    """
    first: list[Block] = []
    sentences: list[Block] = []
    for block in blocks[start:end]:
        if block.zone is not None:
            continue
        if block.tag in SUBHEADS and is_end_label(block.text) and any(map(is_prose, first)):
            break
        if len(first) < _FEWEST_PARAGRAPHS:
            first.append(block)
        if is_prose(block):
            sentences.append(block)
            if len(sentences) == _FEWEST_PARAGRAPHS:
                return sentences
    return first


def _without_stray_lines(blocks: list[Block], start: int, container: Element) -> int:
    """Return the place of the text's first block: in its container, or a subhead right before that."""
    first = next((block.index for block in blocks[start:] if block.is_within(container)), len(blocks))
    is_headed = start < first < len(blocks) and blocks[first - 1].tag in SUBHEADS and blocks[first - 1].zone is None
    return first - is_headed


def _container(paragraphs: list[Block], article: Element) -> Element | None:
    """Return the innermost element around the text's first two ``paragraphs``.

    Where the second is outside of the element around headline and text, or about the author, there is only one.
    """
    if not paragraphs:
        return None
    first = paragraphs[0]
    is_alone = len(paragraphs) < _FEWEST_PARAGRAPHS or not paragraphs[1].is_within(article)
    named = next((each for each in outside_of_parts(first.element).below(article) if is_of_text(each.names)), None)
    is_one = is_alone or any(is_author(each.names) for each in paragraphs[1].element.below(article))
    if is_prose(first) and named is not None and is_one:
        return named
    if is_alone:
        return article
    shared = common_container(first, paragraphs[1])
    # A text may begin with a list or a table.
    while shared.tag in _PARTS_OF_TEXT and shared.parent is not None and shared is not article:
        shared = shared.parent
    return shared


def outside_of_parts(element: Element) -> Element:
    """Return the innermost element around ``element`` that is not a list, a quotation or a table."""
    while element.tag in _PARTS_OF_TEXT and element.parent is not None:
        element = element.parent
    return element


def _names_of_box(element: Element) -> str:
    """Return an element's names, without an id that is made of the words of a heading."""
    words = (element.get("id") or "").count("-") + 1
    if element.tag in SUBHEADS or words > _MOST_WORDS_OF_ID:
        return element.get("class") or ""
    return element.names


def clutter_around(inner: Element, container: Element | None, but: Collection[Element] = ()) -> Element | None:
    """Return the innermost element around ``inner``, but not around ``container``, that is named as clutter, or None.

    Elements of ``but`` are none, whatever their names say.
    """
    for element in inner.around:
        if container is not None and container.is_within(element):
            return None
        if element.attributes and is_clutter(element.tag, _names_of_box(element)) and element not in but:
            return element
    return None
