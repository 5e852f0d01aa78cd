"""The lede and the facts between headline and text.

The blocks under a headline are facts, texts or something to pass over. The texts are divided into lede and text by
evidence that adds up.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

from caravan_crawler.normalise.dates import day_named
from caravan_crawler.pages.blocks import HEADINGS, SUBHEADS, Block, Element, common_container
from caravan_crawler.pages.bylines import (
    Byline,
    announces_authors,
    is_marked_as_author,
    is_photo_label,
    is_sure_name,
    names_somebody,
    people_of,
    read_byline,
)
from caravan_crawler.pages.credited_source import names_source
from caravan_crawler.pages.document import Document
from caravan_crawler.pages.fact_forms import Fact, caption_credit, facts_in, has_dated, is_dated
from caravan_crawler.pages.fact_lines import facts_of, has_certain_fact, linked_authors
from caravan_crawler.pages.headline import MOST_LEDE_BLOCKS, Weighed, section_names
from caravan_crawler.pages.labels import (
    LONGEST_SECTION,
    box_under,
    ends_sentence,
    fold,
    is_colophon,
    is_end_label,
    is_in_other_article,
    is_list_of_links,
    is_of_card,
    is_passed_over,
    is_prose,
    is_see_also,
    is_trending_heading,
)
from caravan_crawler.pages.lede import (
    LEDE_FROM,
    emphasised_first,
    is_named_text,
    is_whole_text,
    last_fact_before_text,
    weigh_lede,
)
from caravan_crawler.pages.selectors import is_author_box, is_crumbs, is_lede
from caravan_crawler.pages.text_range import clutter_around

#: Stop after this number of fact blocks under the headline.
_MOST_FACTS = 200
#: An element with this number of paragraphs is text, even if its name says it is a box.
_FEWEST_OF_TEXT = 2
#: Blocks from a name to the date behind it.
_NEAR_DATE = 2
#: Words of a section's name.
_MOST_WORDS_OF_SECTION, _LARGEST_BOX_OF_FACTS = 3, 8
#: Breadcrumbs.
_IN_PATH = re.compile(r"[»›>/→]")
#: A line of a name and an office, a city or a photographer: ``— Роза Сергеева, обозреватель``.
_OFFICE_BEHIND = re.compile(r"^[—–]|,\s[^\W\d]+(?:\s[^\W\d]+){0,3}$|\s[/–—]\s")
#: A line of topics or of a section.
_LABELLED = re.compile(
    r"(?:форум|теги|тэги|метки|тегтер|разделы?|тем[аы]|бөлім|места?|персон[аы]|организаци[ия]|сюжеты?|регионы?)\s*:\s*\w",
    re.IGNORECASE,
)
_BETWEEN_SECTIONS = re.compile(r"\s*[-–—/|»>,]\s*")


@dataclass
class Front:
    """The ``facts`` in order, the blocks of the ``lede``, where the text begins, and the evidence for the lede."""

    facts: list[Fact]
    lede: list[int]
    text_start: int
    weighed: Weighed | None = None


def read_front(document: Document, headline: int, container: Element | None, foot: int) -> Front:
    """Read what stands under the headline, up to a ``container`` known to hold the text or to the page's foot."""
    scan = _Scan(document, headline, container, foot)
    scan.run()
    if container is None and not any(is_prose(document.blocks[text]) for text in scan.texts):
        # The element of the text may be named as a box.
        by_content = _Scan(document, headline, container, foot, by_names=False)
        by_content.run()
        if any(ends_sentence(document.blocks[text].text) for text in {*by_content.texts} - {*scan.texts}):
            scan = by_content
    scan.take_names_by_date()
    if container is not None:
        lede, start = scan.texts[-MOST_LEDE_BLOCKS:], scan.end
        if not lede and (first := emphasised_first(document, headline, container)) is not None:
            lede, start = [first], first + 1
        return Front(scan.facts_within(), lede, start)
    return _divide(document, scan)


@dataclass
class _Scan:
    """The blocks under a headline, sorted into facts and texts, each with its place, up to block ``end``."""

    document: Document
    headline: int
    container: Element | None
    foot: int
    by_names: bool = True
    texts: list[int] = field(default_factory=list)
    facts: list[tuple[int, list[Fact]]] = field(default_factory=list)
    end: int = 0
    _box_end: int = 0
    _is_author_next: bool = False
    _by_date: list[tuple[int, list[Fact]]] = field(default_factory=list)

    @property
    def blocks(self) -> list[Block]:
        """The page's blocks."""
        return self.document.blocks

    def run(self) -> None:
        """Sort blocks until the text has surely begun, or something behind an article begins."""
        for block in islice(self.blocks, self.headline + 1, None):
            self.end = block.index
            if len(self.facts) == _MOST_FACTS or (self.container is not None and block.is_within(self.container)):
                return
            found = self._facts_of(block)
            is_label_of_end = block.tag in SUBHEADS and is_end_label(block.text)
            is_behind = is_label_of_end and any(is_prose(self.blocks[text]) for text in self.texts)
            if is_behind or is_trending_heading(block.text) or block.index >= self.foot:
                return
            if is_see_also(block.text) and (box := box_under(block, self.blocks)) is not None:
                self._box_end = box.last
            if block.index < self._box_end:
                continue
            if self._is_behind_photo_label(block) and not (found or ends_sentence(block.text)):
                self.facts.append((block.index, [Fact("credit", block.text)]))
            elif found and not self._is_text(block, found):
                self.facts.append((block.index, found))
                self._is_author_next = announces_authors(block)
            elif announces_authors(block):
                self._is_author_next = True
            elif is_photo_label(block.text):
                continue
            elif (credit := self._credit_of_picture(block)) is not None:
                self.facts.append((block.index, [Fact("credit", credit)]))
            elif not ends_sentence(block.text) and (authors := linked_authors(block)):
                self.facts.append((block.index, authors))
            elif byline := self._byline_of(block):
                self.facts.append((block.index, facts_in(byline)))
            elif names_somebody(block):
                people = people_of(block)
                authors = [Fact("author", name) for name in people]
                if people and (self._is_author_next or is_marked_as_author(block)):
                    self.facts.append((block.index, authors))
                elif people and any(map(self._is_surely_a_person, people)) and self._may_be_authors(block):
                    self._by_date.append((block.index, authors))
            elif not self._is_passed_over(block):
                self.texts.append(block.index)
                if self.container is None and len(self.texts) > MOST_LEDE_BLOCKS:
                    return
        self.end = len(self.blocks)

    def take_names_by_date(self) -> None:
        """Take names next to the date as authors, if nothing else names one."""
        if not any(fact.kind == "author" for fact in self.facts_within()):
            self.facts = sorted([*self.facts, *self._by_date], key=lambda found: found[0])

    def facts_within(self, start: int = 0, end: int | None = None) -> list[Fact]:
        """Return the facts of the blocks in ``range(start, end)``."""
        return [
            fact for place, facts in self.facts if start <= place and (end is None or place < end) for fact in facts
        ]

    def _facts_of(self, block: Block) -> list[Fact]:
        headline = self.blocks[self.headline]
        if block.is_quoted or is_in_other_article(block, headline, self.blocks):
            return []
        found = facts_of(block)
        has_date = any(fact.kind == "date" for fact in found)
        is_below = block.index > self.headline + 1 and is_of_card(self.blocks[block.index - 1], block)
        if has_date and (is_below or self._is_of_event(block, found)):
            return []
        # The number of a picture in a gallery is no count.
        return [fact for fact in found if fact.kind == "credit"] if block.zone == "figcaption" else found

    def _is_text(self, block: Block, found: list[Fact]) -> bool:
        """Whether a block that looks like facts is the text's first: a number or a day alone, set as text is."""
        facts = self.facts_within()
        has_date = any(fact.kind == "date" for fact in facts)
        if block.tag in SUBHEADS and (has_date or all(fact.kind == "views" for fact in found)):
            return True
        if any(inline is not None and inline.tag == "time" for _, _, inline in block.pieces):
            return False
        if has_date and self._is_of_chronicle(block):
            return True
        # The credit is the last of the lines, unless it is that of a picture over lede and date.
        if any(fact.kind != "date" and not fact.is_bare for fact in found):
            return False
        if not has_date and (any(":" in fact.value for fact in found) or (len(found) > 1 and has_dated(found))):
            return False
        return any(fact.kind == "credit" for fact in facts) and _is_paragraph(self.blocks, block.index)

    def _is_of_chronicle(self, block: Block) -> bool:
        """Whether a day is set as a paragraph before it is, and another day behind it, too."""
        if not (self.texts and is_dated(block.text) and block.element.is_set_as(self.blocks[self.texts[-1]].element)):
            return False
        behind = self.blocks[block.index + 1 : self.foot]
        return any(is_dated(each.text) and each.element.is_set_as(block.element) for each in behind)

    def _is_of_event(self, block: Block, found: list[Fact]) -> bool:
        """Whether a paragraph of the text names a day other than that of the page's metadata: ``Дата: 1 марта``."""
        holder = block.element.parent
        is_in_text = block.tag == "p" and holder is not None and not self.blocks[self.headline].is_within(holder)
        if len(found) > 1 or not is_in_text or not _is_paragraph(self.blocks, block.index):
            return False
        days = {day_named(stamp) for stamp in self.document.structured.published} - {None}
        printed = day_named(found[0].value)
        return bool(days) and printed is not None and printed not in days

    def _is_passed_over(self, block: Block) -> bool:
        headline = self.blocks[self.headline]
        return bool(
            (block.is_quoted and bool(facts_of(block)))
            or fold(block.text) == fold(headline.text)
            or (_IN_PATH.search(block.text) and fold(block.text).endswith(fold(headline.text)))
            or block.is_pager
            or block.zone == "footer"
            or (block.zone == "aside" and headline.zone is None and not is_prose(block))
            or is_colophon(block.text)
            or names_source(block.text)
            or any(is_crumbs(each.names) for each in islice(block.element.around, 2))
            or is_passed_over(block)
            or is_list_of_links(block)
            or self._is_caption(block)
            or (_LABELLED.match(block.text) is not None and not ends_sentence(block.text))
            or self._is_in_labelled_pair(block)
            or self._is_in_box(block)
            or is_in_other_article(block, headline, self.blocks)
            or self._is_section(block)
        )

    def _is_in_labelled_pair(self, block: Block) -> bool:
        """Whether a block is the label, or the value, of two that are alone in an element: ``Тема:``, ``История``."""
        for label in (block, self.blocks[block.index - 1]):
            value = self.blocks[label.index + 1] if label.index + 1 < len(self.blocks) else label
            if label.text[-1] == ":" and len(label.text) <= LONGEST_SECTION and not ends_sentence(value.text):
                pair = common_container(label, value)
                return (pair.first, pair.last) == (label.index, value.index + 1)
        return False

    def _is_behind_photo_label(self, block: Block) -> bool:
        """Whether the block before is ``Фото:``, or ``Фото`` and alone with this one: a term and its description."""
        before = self.blocks[block.index - 1]
        if not is_photo_label(before.text):
            return False
        pair = common_container(before, block)
        return before.text[-1] == ":" or before.tag == "dt" or pair.last - pair.first == len((before, block))

    def _is_surely_a_person(self, name: str) -> bool:
        """Whether a name ends as surnames do, or the page's metadata has it as that of the author."""
        return is_sure_name(name) or name in (self.document.structured.text("author") or "")

    def _may_be_authors(self, block: Block) -> bool:
        """Whether names, which no link makes topics, stand next to the date; a place may stand between."""
        if block.has_links or block.zone is not None:
            return False
        near = self.blocks[max(self.headline + 1, block.index - _NEAR_DATE) : block.index + _NEAR_DATE + 1]
        return any(has_dated(self._facts_of(each)) for each in near)

    def _byline_of(self, block: Block) -> Byline | None:
        """Return the people of a line that names their office, or in which authors sign; None of a caption."""
        if _OFFICE_BEHIND.search(block.text):
            return read_byline(_labelled(block))
        is_line = block.zone is None and not block.has_links and block.tag not in HEADINGS
        return read_byline(block.text) if is_line and next(self._frames_before(block), None) is None else None

    def _credit_of_picture(self, block: Block) -> str | None:
        """Return whom the caption of a picture credits that stands in the same element before it; None of a text."""
        if is_prose(block) or block.zone == "figcaption":
            return None
        is_alone = any(frame.last - frame.first == 1 for frame in self._frames_before(block))
        return caption_credit(block) if is_alone else None

    def _frames_before(self, block: Block) -> Iterator[Element]:
        """Yield the innermost element with text around each picture right before a block."""
        for picture in self.document.pictures:
            if picture.position == block.index:
                yield from islice((each for each in picture.parent.around if each.last > each.first), 1)

    def _is_caption(self, block: Block) -> bool:
        """Whether a block is a badge on a picture, or behind one what is said of it: alone, or over its credit."""
        if is_prose(block):
            return False
        frame = next(self._frames_before(block), None)
        if frame is None or self.blocks[self.headline].is_within(frame):
            return False
        if frame.tag == "tr":  # in the second generation the lede stands in a cell next to the picture
            return False
        if frame.last - frame.first == 1:
            return not ends_sentence(block.text)
        following = self.blocks[block.index + 1 : frame.last]
        credits = (fact.kind == "credit" for each in following for fact in facts_of(each))
        return bool(self.texts) and len(following) == 1 and any(credits)

    def _is_in_box(self, block: Block) -> bool:
        """Whether a block stands in a box, by the name of an element that the headline is not in, and is no lede."""
        box = clutter_around(block.element, common_container(self.blocks[self.headline], block))
        around = () if box is None else (*block.element.below(box), box)
        is_named_lede = any(is_lede(each.names) and not is_author_box(each.names) for each in around)
        if box is None or not self.by_names or is_named_lede:
            return False
        return sum(map(is_prose, self.blocks[box.first : box.last])) < _FEWEST_OF_TEXT

    def _is_section(self, block: Block) -> bool:
        """Whether a line names a section, as a link over the headline does: ``Культура - Лица``."""
        if len(block.text) > LONGEST_SECTION or ends_sentence(block.text):
            return False
        if block.has_links and block.text[-1] == ",":
            return True
        names = section_names(self.blocks[: self.headline])
        if block.has_links:
            return _BETWEEN_SECTIONS.split(block.text, maxsplit=1)[0] in names
        # A lede may be as short; in a cell before that of the date it is none.
        following = self.blocks[block.index + 1 : block.index + 2]
        is_in_row = block.tag == "td" and any(each.tag == "td" and has_dated(facts_of(each)) for each in following)
        return (is_in_row and block.text in names) or self._is_among_facts(block)

    def _is_among_facts(self, block: Block) -> bool:
        """Whether a few words stand in a small element with a date or a count, and no paragraph does."""
        if len(block.text.split()) > _MOST_WORDS_OF_SECTION:
            return False
        for other in self.blocks[block.index - 1 : block.index + 2]:
            if other is block or not has_certain_fact(other):
                continue
            around = common_container(block, other)
            its = self.blocks[around.first : around.last]
            is_box = len(its) <= _LARGEST_BOX_OF_FACTS and not any(map(is_prose, its))
            if block.element.is_set_as(other.element) or (is_box and not self.blocks[self.headline].is_within(around)):
                return True
        return False


def _divide(document: Document, scan: _Scan) -> Front:
    """Divide the texts into lede and text."""
    blocks, texts, all_facts = scan.blocks, scan.texts, scan.facts_within()
    if not texts:
        return Front(all_facts, [], scan.end)
    last_fact = last_fact_before_text(texts, scan.facts)
    before = [text for text in texts if text < last_fact]
    after = [text for text in texts if text > last_fact]
    if before:
        between, earlier = scan.facts_within(before[-1], last_fact + 1), scan.facts_within(end=before[0])
    else:
        before, after = after[:1], after[1:]
        between, earlier = [], all_facts
    article = common_container(blocks[scan.headline], blocks[before[-1]])
    if after and not any(_may_be_text(block, article) for block in blocks[after[0] : scan.foot]):
        after = []  # lines of a column or of the page's foot
    weighed = weigh_lede(document, blocks[scan.headline], before, after, between, earlier)
    has_lede = weighed.sum >= LEDE_FROM and not is_whole_text(before, after, blocks[: scan.foot], article)
    if not after:
        is_text = len(before) > 1 and all(is_prose(blocks[text]) for text in before)
        is_text = is_text or any(fact.kind == "author" for fact in scan.facts_within(before[-1]))
        is_text = is_text or is_named_text(blocks[before[0]], article)
        has_lede = not is_text and has_lede and last_fact > before[-1]
    start = (after[0] if after else scan.end) if has_lede else before[0]
    return Front(scan.facts_within(end=start), before if has_lede else [], start, weighed)


def _labelled(block: Block) -> str:
    """Return a line with a label if its element says that it names an author."""
    return f"Автор: {block.text}" if is_marked_as_author(block) else block.text


def _may_be_text(block: Block, article: Element) -> bool:
    is_line = len(block.text) > LONGEST_SECTION and ends_sentence(block.text) and not block.is_all_links
    return is_line or block.is_within(article)


def _is_paragraph(blocks: list[Block], position: int) -> bool:
    """Whether a block is among the paragraphs: next to one, in an element of the same kind."""
    if position + 1 >= len(blocks):
        return False
    if facts_of(blocks[position + 1]):
        return False
    element, following = blocks[position].element, blocks[position + 1].element
    is_alike = element.tag == following.tag and element.names == following.names
    return is_alike and element is not following and element.parent is following.parent
