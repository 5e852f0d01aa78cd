"""Where headline, lede, facts and text are on a page, by evidence that adds up.

A page is read in one direction: the headline is the candidate with the most evidence; from there on each block is a
fact, a text or something to pass over, until it is certain where the text begins; the text ends at the trending
block, at the end of its containers or at the page's foot. The weights are in
:data:`~caravan_crawler.pages.headline.HEADLINE` and :data:`~caravan_crawler.pages.lede.LEDE`;
``scrapy inspect --why`` prints what was decided by them.
"""

import re
from dataclasses import dataclass, field
from itertools import islice

from caravan_crawler.pages.blocks import SUBHEADS, Block, Element, common_container
from caravan_crawler.pages.bylines import (
    Byline,
    is_author_label,
    is_person,
    is_single_name,
    is_the_site,
    people_in,
    read_byline,
)
from caravan_crawler.pages.document import Document
from caravan_crawler.pages.fact_lines import Fact, facts_of, is_dated, marks_author, names_around
from caravan_crawler.pages.headline import MOST_LEDE_BLOCKS, Weighed, find_headline, section_names
from caravan_crawler.pages.labels import (
    ends_sentence,
    fold,
    is_end_label,
    is_label,
    is_passed_over,
    is_prose,
    is_see_also,
    is_trending_heading,
)
from caravan_crawler.pages.lede import LEDE_FROM, are_siblings, weigh_lede
from caravan_crawler.pages.selectors import is_author, is_count_of_views, is_lede
from caravan_crawler.pages.text_range import TextRange, clutter_around, text_from, text_in
from caravan_crawler.pages.trending import TrendingBlock, find_trending

#: Most blocks before the headline, and behind the last paragraph, that may be facts of the article.
_FARTHEST_ABOVE, _FARTHEST_BEHIND = 4, 16
#: Stop after this number of fact blocks under the headline.
_MOST_FACTS = 200
#: An element with this number of paragraphs is text, even if its name says it is a box.
_FEWEST_OF_TEXT = 2
#: In the element around facts and headline, at most this number of blocks may come before the facts.
_MOST_BEFORE_FACTS = 2
_TAGS_OF_TEXT = SUBHEADS | frozenset("p td th dt dd".split())
#: Letters of a name, and of a section's name or a button among the facts over a headline.
_LONGEST_NAME, _LONGEST_SECTION = 60, 30
_AROUND_NAMES = " ·•|,"
_BETWEEN_SECTIONS = re.compile(r"\s*[-–—/|»>,]\s*")


@dataclass
class Layout:
    """Indices into ``document.blocks``, and what the facts around headline and text say.

    ``first_headline`` and ``headline`` are the first and the last place of the headline before the article,
    ``lede`` the blocks of the lede, ``facts`` the lines in order, ``facts_after_text`` those under it.
    """

    first_headline: int | None = None
    headline: int | None = None
    front_start: int | None = None
    """The place of the first fact over the headline, or that of the headline."""
    facts: list[Fact] = field(default_factory=list)
    facts_after_text: list[Fact] = field(default_factory=list)
    lede: list[int] = field(default_factory=list)
    text: TextRange = field(default_factory=lambda: TextRange(0, 0))
    trending: TrendingBlock | None = None
    weighed: list[Weighed] = field(default_factory=list)
    """The candidates for the headline, then the texts weighed as lede."""

    def first(self, kind: str) -> str | None:
        """Return the value of the first fact of ``kind``, or None."""
        return next((fact.value for fact in self.facts if fact.kind == kind and fact.value), None)


def find_layout(document: Document) -> Layout:
    """Find the parts of the article on the page; what is not there stays empty."""
    blocks = document.blocks
    layout = Layout()
    headline = find_headline(document)
    if headline is None:
        layout.trending = find_trending(document, headed_only=True)
        layout.text = TextRange(len(blocks), len(blocks))
        return layout
    layout.first_headline, layout.headline, layout.weighed = headline.first, headline.last, headline.weighed
    container = document.text_container
    start = _read_front(document, layout, container)
    above, layout.front_start = _facts_above(blocks, headline.first)
    if not above:  # the first place may be in the breadcrumbs
        above, _ = _facts_above(blocks, headline.last)
    kinds = {fact.kind for fact in layout.facts}
    layout.facts += [fact for fact in above if fact.kind not in kinds]
    layout.trending = find_trending(document, start)
    if container is not None:
        layout.text = text_in(container, blocks, layout.trending)
    else:
        layout.text = text_from(start, document, headline.last, layout.trending)
    layout.facts_after_text = _facts_behind(blocks, layout)
    return layout


def _read_front(document: Document, layout: Layout, container: Element | None) -> int:
    """Read the lede and the facts under the headline; return where the text begins."""
    assert layout.headline is not None
    blocks = document.blocks
    headline = fold(blocks[layout.headline].text)
    texts: list[int] = []
    facts: list[tuple[int, list[Fact]]] = []
    position = layout.headline + 1
    since_facts = 0
    is_author_next = False
    while position < len(blocks) and len(facts) < _MOST_FACTS:
        block = blocks[position]
        if container is not None and block.is_within(container):
            break
        is_quoted = any(element.tag == "blockquote" for element in block.element.around)
        found = [] if is_quoted else facts_of(block)
        if block.zone == "figcaption":  # the number of a picture in a gallery is no count
            found = [fact for fact in found if fact.kind == "credit"]
        # Drupal prints date and author in a footer over the text.
        is_foot = block.zone == "footer" and not (found and position - layout.headline <= MOST_LEDE_BLOCKS)
        if is_trending_heading(block.text) or is_foot:
            break
        is_among_facts = bool(found and facts and position - facts[-1][0] <= MOST_LEDE_BLOCKS)
        is_end = bool(texts) and not is_among_facts and is_end_label(block.text) and not is_author_label(block.text)
        if is_end and not _is_text_near(blocks, texts[-1], position):
            break
        if found and _is_text([fact for _, each in facts for fact in each], found, blocks, position):
            found = []
        if found:
            facts.append((position, found))
            since_facts = since_facts if all(fact.kind in ("other", "author") for fact in found) else 0
            is_author_next = is_author_label(block.text)
        elif is_author_label(block.text):
            is_author_next = True
        elif _names_somebody(block):
            people = people_in(block.text.strip(_AROUND_NAMES))
            if people and (is_author_next or _is_marked_as_author(block)):
                facts.append((position, [Fact("author", name) for name in people]))
        elif (
            (is_quoted and facts_of(block))
            or fold(block.text) == headline
            or block.is_pager
            or is_passed_over(block)
            or _is_in_box(blocks, layout, block)
            or _is_section(block, blocks[: layout.headline])
        ):
            pass
        else:
            texts.append(position)
            since_facts += 1
            if container is None and since_facts > MOST_LEDE_BLOCKS:
                break
        position += 1
    return _divide(document, layout, texts, facts, container, position)


def _is_text_near(blocks: list[Block], text: int, position: int) -> bool:
    """Whether a label stands among paragraphs: one like the last one before it follows."""
    following = blocks[position + 1] if position + 1 < len(blocks) else None
    return following is not None and is_prose(following) and are_siblings(blocks[text], following)


def _is_section(block: Block, before: list[Block]) -> bool:
    """Whether a line with a link names a section, as a link ``before`` the headline does: ``Культура - Лица``."""
    if not block.has_links or len(block.text) > _LONGEST_SECTION or ends_sentence(block.text):
        return False
    if block.text[-1] == ",":
        return True
    return _BETWEEN_SECTIONS.split(block.text, maxsplit=1)[0] in section_names(before)


def _is_in_box(blocks: list[Block], layout: Layout, block: Block) -> bool:
    """Whether a block stands in a box, by the name of an element that the headline is not in, and is no lede."""
    headline = blocks[layout.headline or 0]
    box = clutter_around(block.element, common_container(headline, block))
    if box is None or any(is_lede(element.names) for element in (*block.element.below(box), box)):
        return False
    return sum(map(is_prose, blocks[box.first : box.last])) < _FEWEST_OF_TEXT


def _divide(
    document: Document,
    layout: Layout,
    texts: list[int],
    facts: list[tuple[int, list[Fact]]],
    container: Element | None,
    stopped: int,
) -> int:
    """Divide the first texts into lede and text; return where the text begins."""
    blocks = document.blocks
    if container is not None:
        layout.facts = [fact for _, each in facts for fact in each]
        layout.lede = texts[-MOST_LEDE_BLOCKS:]
        return stopped
    last_fact = _last_front_fact(blocks, texts, facts)
    before = [text for text in texts if text < last_fact]
    after = [text for text in texts if text > last_fact]
    if before:
        between = [fact for position, each in facts if before[-1] < position <= last_fact for fact in each]
        earlier = [fact for position, each in facts if position < before[0] for fact in each]
        weighed = weigh_lede(document, before, after, between, earlier)
    elif after:
        weighed = weigh_lede(document, after[:1], after[1:], [], [fact for _, each in facts for fact in each])
        before, after = after[:1], after[1:]
    else:
        layout.facts = [fact for _, each in facts for fact in each]
        return stopped
    layout.weighed.append(weighed)
    # A page may show a video in place of a text, or a new template lose it: a text under date and views is then the
    # lede, as on the site's own pages. One line of facts under a text is no reason to take it for a lede.
    all_kinds = {fact.kind for _, each in facts for fact in each}
    over_it = {fact.kind for position, each in facts if position < before[0] for fact in each}
    has_lede = weighed.sum >= LEDE_FROM
    if not after:
        has_lede = has_lede and last_fact > before[-1]
        has_lede = has_lede or all_kinds >= {"date", "views", "credit"} or over_it >= {"date", "views"}
        has_lede = has_lede or (bool(facts) and not ends_sentence(blocks[before[-1]].text))
    start = (after[0] if after else stopped) if has_lede else before[0]
    layout.lede = before if has_lede else []
    layout.facts = [fact for position, each in facts if position < start for fact in each]
    return start


def _last_front_fact(blocks: list[Block], texts: list[int], facts: list[tuple[int, list[Fact]]]) -> int:
    """Return the place of the last fact before the text, or -1; further ones are in the text or under it."""
    last = -1
    has_date = False
    for position, each in facts:
        before = sum(text < position for text in texts)
        kinds = {fact.kind for fact in each}
        is_certain = "credit" in kinds or any(
            (fact.kind == "views" and (not fact.is_bare or not _is_set_as_text(blocks[position])))
            or (fact.kind == "date" and (is_dated(fact.value) or not has_date))
            for fact in each
        )
        if before > MOST_LEDE_BLOCKS or not (
            is_certain if before and has_date else kinds & {"date", "views", "credit"}
        ):
            continue
        has_date = has_date or "date" in kinds
        # Several blocks of facts and no text behind them are the site's own order without a text; one is under a text.
        is_lone_lede = bool(texts) and sum(at > texts[0] for at, one in facts if _are_of_front(one)) > 1
        if before < len(texts) or is_lone_lede:
            last = position
    return last


def _are_of_front(facts: list[Fact]) -> bool:
    return any(fact.kind in ("date", "views", "credit") for fact in facts)


def _is_set_as_text(block: Block) -> bool:
    return any(element.tag in _TAGS_OF_TEXT for element in islice(block.element.around, 3))


def _facts_above(blocks: list[Block], headline: int) -> tuple[list[Fact], int]:
    """Return the facts that a theme prints over the headline, and the place of the first of them.

    They stand next to each other, at most a section or a button between them, inside of what holds the article: the
    header, which prints the date of the visit, is outside.
    """
    found: list[Fact] = []
    first = headline
    for position in range(headline - 1, max(-1, headline - 1 - _FARTHEST_ABOVE), -1):
        block = blocks[position]
        facts = facts_of(block)
        is_caption = block.zone == "figcaption" and any(fact.kind == "credit" for fact in facts)
        if not (block.zone is None or is_caption) or not _shares_article(block, blocks[headline]):
            break
        if not facts and _names_somebody(block) and any(fact.kind == "date" for fact in found):
            facts = [Fact("author", block.text)] if is_person(block.text) else []
        if any(fact.kind in ("date", "views", "credit", "author") for fact in facts):
            found, first = facts + found, position
        elif not facts and not is_passed_over(block) and len(block.text) > _LONGEST_SECTION:
            break
    is_certain = any(
        (fact.kind == "date" and is_dated(fact.value) and not fact.value[:4].isdecimal())
        or (fact.kind in ("views", "credit") and not fact.is_bare)
        for fact in found
    )
    return (found, first) if is_certain else ([], headline)


def _shares_article(block: Block, headline: Block) -> bool:
    """Whether the innermost named part around a block has the headline; without such, whether one element begins so."""
    parts = (each for each in block.element.around if each.tag in ("article", "main", "header", "section"))
    around = next(parts, None)
    if around is not None:
        return headline.is_within(around)
    return common_container(block, headline).first >= block.index - _MOST_BEFORE_FACTS


def _facts_behind(blocks: list[Block], layout: Layout) -> list[Fact]:
    """Return the facts under the text, inside of what holds headline and text: ``Опубликовано 26 апреля 2023``.

    Authors may stand outside of it, as in a box of their own.
    """
    if layout.headline is None or not layout.text.blocks:
        return []
    article = common_container(blocks[layout.headline], layout.text.blocks[-1])
    if article.tag in ("body", "html"):
        article = layout.text.container or article
    end = layout.trending.start if layout.trending else len(blocks)
    last_prose = next((block.index for block in reversed(layout.text.blocks) if is_prose(block)), layout.text.start)
    found: list[Fact] = []
    is_author_next = is_in_box = False
    for block in blocks[last_prose + 1 : min(end, last_prose + _FARTHEST_BEHIND)]:
        if is_end_label(block.text) and not is_author_label(block.text):
            break
        if block.zone not in (None, "footer"):
            continue
        card = next((each for each in block.element.around if each.tag == "article"), None)
        if card is not None and not layout.text.blocks[0].is_within(card):
            continue
        is_in_box = is_in_box or is_see_also(block.text)
        if is_in_box:  # further articles, and perhaps the author's box behind them
            found += [Fact("author", name) for name in people_in(block.text) if _is_marked_as_author(block)]
            continue
        facts = [] if block.is_all_links else facts_of(block)
        is_single = is_author_next and is_single_name(block.text) and not is_label(block.text)
        is_name = is_single or _names_somebody(block)
        if block.tag in SUBHEADS and not (facts or is_name or is_label(block.text) or is_author_label(block.text)):
            break
        if not facts and not found and (byline := read_byline(block.text)) is not None and byline != Byline():
            found += [Fact("author", name) for name in byline.authors]
            found += [Fact("credit", name) for name in byline.photographers]
            continue
        if is_name and (is_author_next or (is_person(block.text) and _is_marked_as_author(block))):
            found.append(Fact("author", block.text))
            is_author_next = is_author_next and is_person(block.text)  # a label may be followed by several
            continue
        is_certain = any(fact.kind in ("date", "views") and not fact.is_bare for fact in facts)
        is_next = block.index - 1 in (last_prose, layout.text.end - 1) and (is_certain or _is_marked_as_views(block))
        found += [fact for fact in facts if fact.kind == "author" or is_next or block.is_within(article)]
        is_author_next = is_author_label(block.text)
    return found


def _is_text(facts: list[Fact], found: list[Fact], blocks: list[Block], position: int) -> bool:
    """Whether a block that looks like facts is the text's first: a number or a day alone, set as text is."""
    has_date = any(fact.kind == "date" for fact in facts)
    if blocks[position].tag in SUBHEADS and (has_date or all(fact.kind == "views" for fact in found)):
        return True
    # The credit is the last of the lines.
    if any(fact.kind != "date" and not fact.is_bare for fact in found):
        return False
    is_dated_line = any(fact.kind == "date" and is_dated(fact.value) for fact in found)
    is_certain = is_dated_line and not _is_set_as_text(blocks[position])
    has_credit = any(fact.kind == "credit" for fact in facts)
    return has_credit and (has_date or not is_certain) and _is_paragraph(blocks, position)


def _names_somebody(block: Block) -> bool:
    """Whether a block is a person's name or the site's, and so neither lede nor text."""
    text = block.text.strip(_AROUND_NAMES)
    if len(text) >= _LONGEST_NAME:
        return False
    return bool(people_in(text)) or is_the_site(text) or (is_single_name(text) and _is_marked_as_author(block))


def _is_marked_as_author(block: Block) -> bool:
    """Whether an element around a name says whose it is: two words in capitals may be a place or a section, too."""
    around = [block.element, block.element.parent, *(inline for _, _, inline in block.pieces)]
    marks = " ".join(f"{each.names} {each.get('itemprop')} {each.get('rel')}" for each in around if each is not None)
    is_marked = is_author(marks) or any(marks_author(link, None) for _, link, _ in block.pieces)
    return is_marked and (bool(people_in(block.text.strip(_AROUND_NAMES))) or is_single_name(block.text))


def _is_marked_as_views(block: Block) -> bool:
    """Whether an element or icon around a number says that it counts views."""
    return any(is_count_of_views(names_around(block, inline)) for _, _, inline in block.pieces)


def _is_paragraph(blocks: list[Block], position: int) -> bool:
    """Whether a block is among the paragraphs: next to one, in an element of the same kind."""
    if position + 1 >= len(blocks):
        return False
    element, following = blocks[position].element, blocks[position + 1].element
    return element.tag == following.tag and element is not following and element.parent is following.parent
