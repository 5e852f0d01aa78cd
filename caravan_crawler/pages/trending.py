"""The trending block: pairs of a topic's label and an article's headline, straight after the text.

Known of it: the pairs, their order and the heading ``В тренде:``, which some copies lack. Labels may be
links (to a topic's page) or not; nothing is known of the tags around them.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple, TypeGuard

from caravan_crawler.pages.blocks import HEADINGS, Block, Element, common_container
from caravan_crawler.pages.document import Document
from caravan_crawler.pages.fact_forms import is_date
from caravan_crawler.pages.fact_lines import facts_of
from caravan_crawler.pages.headline import section_names
from caravan_crawler.pages.labels import (
    ends_sentence,
    is_end_label,
    is_label,
    is_prose,
    is_see_also,
    is_trending_heading,
)
from caravan_crawler.urls import Address

#: A topic's label is short and no sentence.
LONGEST_LABEL = 48
#: Consecutive pairs that are a trending block even without its heading.
FEWEST_PAIRS = 2
#: Pairs that are one, whatever follows; the known block has about eighteen.
ENOUGH_PAIRS = 5

#: Letters of a block with pairs; all of them may be in one.
_LONGEST = 1500
#: Labels of links to the article before or behind this one.
_OF_NEIGHBOUR = re.compile(r"(?:назад|далее|впер[её]д|предыдущ|следующ|алдыңғы|келесі|prev|next)", re.IGNORECASE)
#: Text of a link next to the heading.
_ALL_TOPICS = re.compile(r"(?:все|барлық)\s+(?:темы|тренды|новости|материалы|тақырып\w*|жаңалық\w*)", re.IGNORECASE)
_TO_COMMENT = re.compile(r"#(?:comment|respond|c-?\d)")
_PLAIN_NUMBER = re.compile(r"[\d\s.,:%°+\-–]+")


class TopicLine(NamedTuple):
    """One pair as printed: the topic's label, the headline and the address of the article it leads to."""

    topic: str
    headline: str
    address: Address


@dataclass(frozen=True, slots=True)
class TrendingBlock:
    """The pairs, in order, and the blocks ``start`` (with the heading, if any) to ``end`` they take."""

    lines: tuple[TopicLine, ...]
    start: int
    end: int


class _Part(NamedTuple):
    """A stretch of text under one link or none, and the number of its block."""

    text: str
    link: int | None
    address: Address | None
    block: int
    begins_line: bool = False


def find_trending(
    document: Document, start: int = 0, end: int | None = None, *, headed_only: bool = False
) -> TrendingBlock | None:
    """Return the trending block among the page's blocks from ``start`` to ``end``, or None.

    With ``headed_only`` a block without the heading does not count: outside of articles, cards with a
    label over each headline look the same.
    """
    blocks = document.blocks[:end]
    scan = _Scan(blocks, document)
    return _headed(scan, blocks, start) or (None if headed_only else _unheaded(scan, blocks, start))


def _headed(scan: "_Scan", blocks: list[Block], start: int) -> TrendingBlock | None:
    for position in range(start, len(blocks)):
        block = blocks[position]
        is_short = len(block.text) <= LONGEST_LABEL
        if not is_short and (len(block.pieces) < 3 or len(block.pieces[0][0]) > LONGEST_LABEL):
            continue
        if is_trending_heading(block.text):
            first = position + 1
            if first < len(blocks) and _ALL_TOPICS.fullmatch(blocks[first].text):
                first += 1
            found = scan.pairs(first) or scan.cards(first)
            if found:
                return TrendingBlock(found.lines, position, found.end)
        elif len(block.pieces) > 2 and is_trending_heading(block.pieces[0][0]):
            # All of it in one line of the source: the heading and the links side by side.
            found = scan.pairs(position, skip=1)
            if found:
                return found
    return None


def _unheaded(scan: "_Scan", blocks: list[Block], start: int) -> TrendingBlock | None:
    is_box = False
    passed = start
    sections = section_names(blocks[:start])
    for position in range(start, len(blocks)):
        block = blocks[position]
        # Cards under "Похожие новости" or any other heading may have a label each, too.
        following = blocks[position + 1 : position + 2]
        is_subhead = any(ends_sentence(each.text) and not each.has_links for each in following)
        is_box = (_heads_a_box(block) and not is_subhead) or (is_box and not is_prose(block))
        found = scan.pairs(position) if position >= passed and scan.may_begin(position) else None
        is_headed = position > start and _heads_pairs(blocks[position - 1], block)
        if found and (is_headed or _are_cards(found, sections)):
            passed = found.end
        elif found and (
            len(found.lines) >= ENOUGH_PAIRS
            or (
                not is_box
                and len(found.lines) >= FEWEST_PAIRS
                and not _text_goes_on(blocks, start, position, found.end)
            )
        ):
            return found
    return None


def _are_cards(found: TrendingBlock, sections: set[str]) -> bool:
    """Whether pairs are cards with their sections, before or behind the headlines, or with excerpts that are cut."""
    behind = {line.headline for line in found.lines}
    is_cut = all(text.endswith(("…", "...")) for text in behind)
    are_sections = len(behind) == 1 or all(line.topic in sections for line in found.lines)
    return len(found.lines) >= FEWEST_PAIRS and (are_sections or is_cut)


def _heads_a_box(block: Block) -> bool:
    if is_see_also(block.text) or is_end_label(block.text):
        return True
    return block.tag in HEADINGS and not block.has_links and len(block.text) <= LONGEST_LABEL


def _heads_pairs(block: Block, first: Block) -> bool:
    """Whether a block is the heading of the pairs that begin behind it, and not that of the trending block."""
    if _heads_a_box(block):
        return True
    is_short = len(block.text) <= LONGEST_LABEL and not block.has_links and not ends_sentence(block.text)
    begins_box = common_container(block, first).first == block.index
    return is_short and block.zone is None and not is_label(block.text) and begins_box


class _Scan:
    """The blocks as parts, each block taken apart once and only when looked at."""

    def __init__(self, blocks: list[Block], document: Document) -> None:
        self._blocks = blocks
        self._site = document.site
        self._page_url = document.base_url
        self._links = document.visible.links
        self._parts: dict[int, list[_Part]] = {}

    def may_begin(self, position: int) -> bool:
        """Whether a label or a pair may stand at ``position``; cheap, as it is asked of every block."""
        block = self._blocks[position]
        if len(block.text) > 4 * LONGEST_LABEL or block.zone in ("nav", "footer"):
            return False
        parts = self._at(position)
        if len(parts) > 1:
            return parts[1].address is not None
        following = self._at(position + 1) if position + 1 < len(self._blocks) else []
        return bool(following) and following[0].address is not None

    def pairs(self, start: int, skip: int = 0) -> TrendingBlock | None:
        """Read pairs from ``start`` on, less ``skip`` parts, until something is no pair."""
        lines: list[TopicLine] = []
        form: tuple[object, ...] | None = None
        box: Element | None = None
        end = start
        parts = self._from(start)
        for _ in range(skip):
            next(parts, None)
        label, headline = next(parts, None), next(parts, None)
        while label is not None and headline is not None:
            if headline.address is None or not _is_topic(label, headline):
                break
            # One template prints all pairs, so the first that is put together otherwise is none.
            place = self._blocks[label.block].element
            if label.block != headline.block and any(
                fact.kind in ("date", "views") and not fact.is_bare
                for part in (label, headline)
                for fact in facts_of(self._blocks[part.block])
            ):
                break
            pair_form = (label.block == headline.block, label.link == headline.link, place.tag, place.get("class"))
            around = common_container(self._blocks[label.block], self._blocks[headline.block])
            if form not in (None, pair_form) or not _is_alike(around, box, is_second=len(lines) == 1):
                break
            form, box = pair_form, around if len(lines) < 2 else box
            text = headline.text
            after = next(parts, None)
            # A headline may go on in further pieces of the same link, in the same block.
            while after is not None and after.link == headline.link and after.block == headline.block:
                text = f"{text} {after.text}"
                after = next(parts, None)
            if after is not None and after.block == headline.block and after.link is None and not after.begins_line:
                break  # text after the link, so this is a paragraph
            lines.append(TopicLine(label.text, text, headline.address))
            end = headline.block + 1
            label, headline = after, next(parts, None)
        return TrendingBlock(tuple(lines), start, end) if lines else None

    def cards(self, start: int) -> TrendingBlock | None:
        """Read cards from ``start`` on, each a label, a headline, and a link without text that lies over both."""
        lines: list[TopicLine] = []
        for label, headline in zip(self._blocks[start::2], self._blocks[start + 1 :: 2], strict=False):
            card = common_container(label, headline)
            links = [link for link in self._links if link.is_within(card)]
            if len(links) != 1 or links[0].first != links[0].last or not _may_be_topic(label.text):
                break
            address = self._address(links[0])
            if address is None:
                break
            lines.append(TopicLine(label.text, headline.text, address))
        return TrendingBlock(tuple(lines), start, start + 2 * len(lines)) if lines else None

    def _address(self, link: Element) -> Address | None:
        """Return the article that a link leads to; a comment on one is no line of the block."""
        href = link.get("href") or ""
        return None if _TO_COMMENT.search(href) else self._site.address(href, self._page_url)

    def _from(self, start: int) -> Iterator[_Part]:
        for number in range(start, len(self._blocks)):
            if len(self._blocks[number].text) > _LONGEST:
                return
            for part in self._at(number):
                is_count = part.link is None and _PLAIN_NUMBER.fullmatch(part.text)
                if not (is_count or (part.text[0].isdigit() and is_date(part.text))):  # a card may have them
                    yield part

    def _at(self, number: int) -> list[_Part]:
        parts = self._parts.get(number)
        if parts is None:
            parts = self._parts[number] = self._taken_apart(number)
        return parts

    def _taken_apart(self, number: int) -> list[_Part]:
        parts: list[_Part] = []
        block = self._blocks[number]
        if len(block.pieces) == 1:
            link = block.pieces[0][1]
            address = self._address(link) if link is not None else None
            return [_Part(block.text, None if link is None else id(link), address, number)]
        is_new_line = False
        for text, link, _ in block.pieces:
            is_new_line = is_new_line or text == "\n"
            text = " ".join(text.split())
            if not text:
                continue
            if link is not None:
                parts.append(_Part(text, id(link), self._address(link), number))
            elif parts and parts[-1].link is None and not is_new_line:
                parts[-1] = _Part(f"{parts[-1].text} {text}", None, None, number)
            else:
                parts.append(_Part(text, None, None, number, is_new_line))
            is_new_line = False
        return parts


def _is_alike(around: Element, box: Element | None, *, is_second: bool) -> bool:
    """Whether the element around a pair is that of the pairs before it, or one like theirs."""
    if box is None or around is box:
        return True
    is_flat = not is_second and box.last - around.first > 0 and around.is_within(box)
    return (
        not is_flat and not box.is_within(around) and around.tag == box.tag and around.get("class") == box.get("class")
    )


def _is_topic(label: _Part, headline: _Part) -> bool:
    if label.address is not None and label.address.key != (headline.address.key if headline.address else None):
        return False
    return label.text != headline.text and _may_be_topic(label.text) and not is_date(headline.text)


# The same labels stand on every page of a visit.
@lru_cache(maxsize=1024)
def _may_be_topic(label: str) -> bool:
    text = label.strip(" :#")
    if not any(map(str.isalnum, text)) or label.endswith(("к записи", "в теме", "on")) or _OF_NEIGHBOUR.match(label):
        return False
    if not text or len(text) > LONGEST_LABEL or text[0].islower():
        return False
    if ends_sentence(label) or _PLAIN_NUMBER.fullmatch(text) or is_date(text):
        return False
    return not (is_label(text) or is_see_also(text) or is_trending_heading(text))


def ends_text(trending: TrendingBlock | None, blocks: list[Block], start: int, end: int) -> TypeGuard[TrendingBlock]:
    """Whether there is a trending block, and no paragraph behind it is in one element with those from ``start``."""
    return trending is not None and not _text_goes_on(blocks[:end], start, trending.start, trending.end)


def outside_of(trending: TrendingBlock | None, blocks: list[Block]) -> Iterator[Block]:
    """Yield the blocks that are not of the trending block."""
    return (block for block in blocks if trending is None or not trending.start <= block.index < trending.end)


def _text_goes_on(blocks: list[Block], start: int, first: int, end: int) -> bool:
    """Whether paragraphs like those before the pairs, in the same container, follow behind them."""
    containers = {block.element.parent for block in blocks[start:first] if is_prose(block)}
    return any(is_prose(block) and block.element.parent in containers for block in blocks[end:])
