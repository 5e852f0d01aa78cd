"""The article's text out of the blocks where it lies: paragraphs, their links, and what is left out."""

import re
from dataclasses import dataclass, field
from itertools import islice

from caravan_crawler.pages.blocks import SUBHEADS, Block, Element
from caravan_crawler.pages.boxes import Boxes
from caravan_crawler.pages.bylines import (
    Byline,
    is_author_label,
    is_marked_as_author,
    is_person,
    is_place,
    is_the_site,
    names_speaker,
    people_in,
    read_byline,
    signature,
)
from caravan_crawler.pages.credited_source import names_source
from caravan_crawler.pages.document import Document
from caravan_crawler.pages.fact_forms import Fact, caption_credit, credit_in_text
from caravan_crawler.pages.fact_lines import facts_of
from caravan_crawler.pages.labels import (
    ends_sentence,
    fold,
    is_advert_label,
    is_end_label,
    is_label,
    is_label_with_links,
    is_markup,
    is_network,
    is_prose,
    is_see_also,
)
from caravan_crawler.pages.layout import Layout
from caravan_crawler.pages.selectors import is_author_box, is_source
from caravan_crawler.pages.tags import is_list_of_sections, tag_texts
from caravan_crawler.pages.text_range import clutter_around

_CELLS = frozenset(["td", "th"])
#: A cell's text may stand so deep in it.
_DEEPEST_IN_CELL = 3
_AROUND_SEE_ALSO = " –—-→➡►▶👉[]"
#: Letters of the words before the linked headline of another article, and of that headline: ``Напомним, ранее: …``.
_LONGEST_LEAD_IN, _SHORTEST_TEASER = 40, 18
_NO_BUTTONS = _CELLS | SUBHEADS | {"dt"}
_LABEL_OF_LINKS = re.compile(r"\s*[^\W\d_]+\s*:(?:[\s,;|•]|[^\W\d_]+\s*:)*")
#: Reasons for which links to other articles are left out.
_LINKS_LEFT_OUT = ("is a link to another page", "stands in a box of links")
#: Marks that stand in an element of their own before a line of a list.
_BULLETS = frozenset("•·▪●–—-")
#: Elements around two blocks whose names are compared.
_DEEPEST_ALIKE = 2
#: Letters of the heading of a box that ends in a colon.
_LONGEST_HEADING = 60


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
    source: str | None = None
    """The line behind the last paragraph that names the source."""
    facts: list[Fact] = field(default_factory=list)
    """Facts that stood behind the last paragraph."""
    left_out: dict[int, str] = field(default_factory=dict)
    """Blocks that are not of the text, by their places on the page, and why not."""


def read_text(document: Document, layout: Layout) -> Text:
    """Collect the paragraphs of ``layout.text``."""
    text = Text()
    kept = _without_boxes(document, layout, text)
    within = [block.index for block in kept]
    size = 0
    while len(kept) != size:  # the lines stand in any order
        size = len(kept)
        _take_off_tail(document, kept, text)
        _take_off_byline(kept, text)
        _take_off_facts(kept, text)
    left = {block.index for block in kept}
    text.left_out |= {index: "stands behind the text" for index in within if index not in left}
    row: Element | None = None
    cell: Element | None = None
    for before, block in zip([None, *kept], kept, strict=False):
        if before is not None and _is_copy(block, before):
            text.left_out[block.index] = "stands twice"
            continue
        for words, href in block.linked_texts():
            if words and (url := document.absolute(href)):
                text.links.append((words, url))
        previous_row, previous_cell = row, cell
        row, cell = _place_in_table(block)
        if row is not None and row is previous_row and cell is not previous_cell:
            text.paragraphs[-1] += f"\t{block.text}"
        else:
            text.paragraphs.append(block.text)
    return text


def _is_copy(block: Block, before: Block) -> bool:
    """Whether a paragraph stands twice, each in an element of its own: for phones and for wide screens."""
    is_apart = block.element.parent is not before.element.parent
    return is_apart and block.text == before.text and is_prose(block)


def _place_in_table(block: Block) -> tuple[Element | None, Element | None]:
    """Return row and cell of a block that is in a table's cell; None and None elsewhere."""
    for cell in islice(block.element.around, _DEEPEST_IN_CELL + 1):
        if cell.tag in _CELLS:
            # A whole article may be in a cell of a table that makes columns.
            is_cells_text = cell is block.element or cell.last - cell.first == 1
            return (cell.parent, cell) if is_cells_text or block.tag == "p" else (None, None)
    return None, None


def _without_boxes(document: Document, layout: Layout, text: Text) -> list[Block]:
    """Return the blocks of the text without boxes of links, labels, credits, adverts and menus."""
    kept: list[Block] = []
    in_box = False
    adverts: list[Element] = []
    container = layout.text.container
    boxes = Boxes(document, layout)
    for block in layout.text.blocks:
        reason = None
        clutter = clutter_around(block.element, container, boxes.voided)
        if block.is_pager:
            reason = "links the pages of the article"
        elif tags := tag_texts(block, document.site, document.base_url):
            text.tags += tags
            reason = "is tags"
        elif block.zone is not None and not _is_zone_of_text(block, boxes.voided):
            reason = f"stands in {block.zone}"
            _read_box(block, text)
        elif layout.headline is not None and fold(block.text) == fold(document.blocks[layout.headline].text):
            reason = "is the headline again"
        elif any(block.is_within(advert) for advert in adverts):
            reason = "stands beside the label of an advert"
        elif clutter is not None:
            reason = f"stands in {clutter!r}"
            _read_box(block, text, clutter)
        elif box := boxes.reason_for(block):
            reason = box
            if name := boxes.author_in(block):
                text.byline = Byline((name,)).joined(text.byline)
            _read_box(block, text)
        elif in_box and (block.is_all_links or _begins_with_teaser(block, document)):
            reason = "stands in a box of links"
        else:
            in_box = is_see_also(block.text)
            if in_box or _is_box_line(block, document):
                reason = "heads a box of links"
            elif _is_label(block) or is_label_with_links(block):
                reason = "is a label"
                text.facts += facts_of(block)
                if is_advert_label(block.text):
                    adverts += _advert_around(block, container, kept)
            elif (credit := credit_in_text(block.text)) is not None:
                text.credit = text.credit or credit
                reason = "is a photo's credit"
            elif block.text in _BULLETS:
                reason = "is the mark of a list's line"
            elif is_markup(block.text):
                reason = "is markup that a program left behind"
        if reason is None:
            kept.append(block)
        else:
            text.left_out[block.index] = reason
    while len(kept) > 1 and _heads_links(kept[-1], text):
        text.left_out[kept.pop().index] = "heads what is left out"
    places = {block.index for block in kept}
    for block in reversed(kept):  # in a box of links, names stand under the headings
        if _heads_what_is_left_out(block, container, places, text):
            places.discard(block.index)
    return [block for block in kept if block.index in places]


def _heads_links(block: Block, text: Text) -> bool:
    """Whether a heading or a short line stands over links to other articles, which are left out."""
    is_heading = block.tag in SUBHEADS or block.text[-1] == ":"
    is_over_links = text.left_out.get(block.index + 1) in _LINKS_LEFT_OUT
    return is_heading and is_over_links and len(block.text) <= _LONGEST_HEADING


def _begins_with_teaser(block: Block, document: Document) -> bool:
    """Whether a block is the linked headline of another article and its excerpt."""
    link = block.pieces[0][1]
    return link is not None and _leads_to_article(link.get("href") or "#", document)


def _leads_away(block: Block) -> bool:
    """Whether a block has a link, and not only a mail address."""
    return any(not href.startswith("mailto:") for _, href in block.linked_texts())


def _leads_to_article(href: str, document: Document) -> bool:
    return document.site.address(href, document.base_url) is not None


def _heads_what_is_left_out(block: Block, container: Element | None, kept: set[int], text: Text) -> bool:
    """Whether a short line stands in an element of which nothing else is kept, and so is of a box."""
    if ends_sentence(block.text) and not (block.text[-1] == ":" and len(block.text) <= _LONGEST_HEADING):
        return False
    box = next((each for each in block.element.below(container) if each.last - each.first > 1), None)
    is_heading = box is not None and kept.isdisjoint({*range(box.first, box.last)} - {block.index})
    if is_heading:
        text.left_out[block.index] = "heads what is left out"
    return is_heading


def _is_zone_of_text(block: Block, voided: list[Element]) -> bool:
    """Whether the element that gives a block its zone is around the text: some themes put all of it in an ``aside``."""
    return any(each.tag == block.zone and each in voided for each in block.element.around)


def _read_box(block: Block, text: Text, box: Element | None = None) -> None:
    """Read what a box says of the article: its author, its photo's credit."""
    if box is not None and is_author_box(box.names) and is_person(block.text):
        text.byline = Byline((block.text,)).joined(text.byline)
    elif text.credit is None and (credit := caption_credit(block)):
        text.credit = credit


def _is_label(block: Block) -> bool:
    """Whether a block is a label; a number or the name of a network is text in a subhead or in a table."""
    is_of_text = block.tag in _NO_BUTTONS and (is_network(block.text) or not any(map(str.isalpha, block.text)))
    return is_label(block.text) and not is_of_text


def _is_box_line(block: Block, document: Document) -> bool:
    """Whether a block is ``Читайте также: <link>`` or other words, a colon and the headline of another article."""
    outside = " ".join("".join(text for text, link, _ in block.pieces if link is None).split())
    heading, _, _ = outside.partition("//")  # behind it may be the date of the other article
    heading = heading.strip(_AROUND_SEE_ALSO)
    if is_see_also(heading):
        return True
    links = block.linked_texts()
    is_lead_in = heading.rstrip(".")[-1:] == ":" and len(heading) <= _LONGEST_LEAD_IN and len(links) == 1
    return is_lead_in and len(links[0][0]) >= _SHORTEST_TEASER and _leads_to_article(links[0][1], document)


def _advert_around(label: Block, container: Element | None, before: list[Block]) -> list[Element]:
    """Return the element an advert's label shares with the advert: its parent, if that is not the text's.

    It is the text's where some of the text, the blocks ``before``, is in it.
    """
    element = label.element
    parent = element.parent
    if parent is None or container is None:
        return []
    if container.is_within(parent) or any(block.is_within(parent) for block in before):
        return [element] if element is not container else []
    return [parent]


def _take_off_tail(document: Document, kept: list[Block], text: Text) -> None:
    """Drop what stands behind the last paragraph: boxes, the source, lists of sections and names, facts."""
    del kept[_end_of_text(kept) :]
    while len(kept) > 1:
        line = kept[-1].text
        head, _, last_line = line.rpartition("\n")
        if head and names_source(last_line):
            last = kept.pop()
            kept.append(Block(last.element, last.zone, head, last.pieces, last.index))
            text.source = last_line
            continue
        is_named = is_source(kept[-1].element.names) and len(line) <= _LONGEST_HEADING and not ends_sentence(line)
        if not (is_named or names_source(line) or _lists_names(kept[-1], document)):
            break
        text.source = line if names_source(line) else f"Источник: {line}" if is_named else text.source
        kept.pop()
    _take_off_facts(kept, text)


def _take_off_facts(kept: list[Block], text: Text) -> None:
    while len(kept) > 1 and (facts := facts_of(kept[-1])):
        # A bare number is a fact where paragraphs have a tag of their own.
        is_apart = kept[-1].tag == "div" and kept[0].tag == "p"
        is_in_table = kept[-1].tag in _CELLS and kept[-2].tag in _CELLS
        # It says when the article was published, how often it was read or shared.
        kinds = {fact.kind for fact in facts if not fact.is_bare}
        are_people = kinds == {"author", "credit"}
        is_announced = kinds == {"other"} and kept[-2].text[-1] == ":" and not facts_of(kept[-2])
        if is_in_table or is_announced or not (is_apart or are_people or kinds & {"date", "views", "other"}):
            break
        text.facts = facts + text.facts
        kept.pop()


def _lists_names(block: Block, document: Document) -> bool:
    """Whether a block is a list of sections, or labels and their links, if any: ``Места: Семей, Абайская область``."""
    outside = "".join(text for text, link, _ in block.pieces if link is None)
    return _LABEL_OF_LINKS.fullmatch(outside) is not None or is_list_of_sections(
        block, document.site, document.base_url
    )


def _end_of_text(kept: list[Block]) -> int:
    """Return the place of the first heading, such as ``Об авторе``, behind which nothing is like the text before it."""
    # By names, as a page builder puts each paragraph into an element of its own.
    places = [
        tuple((element.tag, element.get("class")) for element in islice(block.element.around, _DEEPEST_ALIKE))
        for block in kept
    ]
    last = {place: index for index, place in enumerate(places)}
    end, before, behind = 0, 0, sum(len(block.text) for block in kept if is_prose(block))
    for index, block in enumerate(kept):
        before += len(block.text) if is_prose(block) else 0
        is_of_authors = is_author_label(block.text) and 2 * before >= behind  # else of those over the text
        is_heading = is_of_authors or is_end_label(block.text)
        if is_heading and end < index:
            return index
        end = end if is_heading or block.tag in SUBHEADS else max(end, last[places[index]])
    return len(kept)


def _take_off_byline(kept: list[Block], text: Text) -> None:
    """Take the authors' lines off the end, whether paragraphs of their own or the last line of one."""
    if len(kept) > 1 and is_the_site(kept[-1].text):
        del kept[-1]
    last = kept[-1] if len(kept) > 1 else None
    before = next((block.text for block in reversed(kept[:-1]) if not facts_of(block)), "")
    is_name = last is not None and (is_marked_as_author(last) or (ends_sentence(before) and not _leads_away(last)))
    if last is not None and is_name and (names := people_in(last.text, is_marked=is_marked_as_author(last))):
        text.byline = Byline(tuple(names)).joined(text.byline)
        del kept[-1]
        return
    for position in range(len(kept) - 1, max(-1, len(kept) - 3), -1):
        block = kept[position]
        lines = block.text.split("\n")
        if position == len(kept) - 1 and (name := signature(block.text)):
            lines = [block.text[: block.text.rindex(name)].rstrip(), name]
        elif read_byline(block.text) is not None:
            lines = [block.text]
        end = len(lines)
        while end and (byline := read_byline(lines[end - 1])) is not None and not names_speaker(kept, position):
            text.byline = byline.joined(text.byline)
            end -= 1
        if end == len(lines):
            continue
        if all(is_place(after.text) for after in kept[position + 1 :]):
            del kept[position + 1 :]
        if end:
            kept[position] = Block(block.element, block.zone, "\n".join(lines[:end]), block.pieces, block.index)
        else:
            del kept[position]
