"""Where headline, lede, facts and text are on a page, by evidence that adds up.

A page is read in one direction: the headline is the candidate with the most evidence; from there on each block is a
fact, a text or something to pass over, until it is certain where the text begins; the text goes on to the trending
block, the end of its containers or the page's foot. The weights are in ``HEADLINE`` and ``LEDE``; ``scrapy inspect
--why`` prints what was decided by them.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import islice, pairwise

from caravan_crawler.pages.blocks import HEADINGS, SUBHEADS, Block, Element, common_container, is_teaser
from caravan_crawler.pages.bylines import is_author_label, is_person, is_single_name, is_the_site
from caravan_crawler.pages.document import Document
from caravan_crawler.pages.labels import (
    TRENDING_HEADING,
    Fact,
    facts_of,
    fold,
    is_clock,
    is_colophon,
    is_comments_label,
    is_dated,
    is_end_label,
    is_passed_over,
    is_prose,
)
from caravan_crawler.pages.selectors import is_author, is_clutter, is_lede
from caravan_crawler.pages.titles import title_candidates
from caravan_crawler.pages.trending import TrendingBlock, find_trending

#: Evidence for a block to be the headline.
HEADLINE = {
    "is the title": 4,
    "is in an h1": 3,
    "is in another heading": 1,
    "stands in main or article": 1,
    "a dated line follows": 3,
    "another fact follows": 1,
    "a paragraph follows": 1,
    "a teaser follows": -1,
    "is a link among links": -4,
    "stands in a column or the foot": -4,
    "stands in a menu": -8,
}
#: Evidence for the texts before the last fact, or for the first text where no fact follows it, to be the lede.
LEDE = {
    "date or views follow": 4,
    "a credit follows": 1,
    "is named as lede": 5,
    "stands apart from the text": 2,
    "is a paragraph before bare text": 1,
    "is the cut beginning of the text": 4,
    "a date stands before it": -2,
    "is a paragraph among paragraphs": -2,
}
_LEDE_FROM = 1
#: How many blocks of text may stand between the headline and the facts under it.
LONGEST_LEDE = 2
#: Blocks behind a headline that count as evidence for it; and at most so many facts, paragraphs and teasers.
_WINDOW, _MOST_FACTS, _MOST_PARAGRAPHS = 14, 2, 3
#: Candidates of each kind that are weighed.
_MOST_CANDIDATES = 20
#: Most blocks before the headline that may be facts of the article.
_FARTHEST_ABOVE = 4
#: Most blocks behind the last paragraph that may be facts of the article.
_FARTHEST_BEHIND = 16
#: Letters of a lede; a longer text before facts and nothing else is the article.
_LONGEST_LONE_LEDE = 100
#: Most blocks before such facts in the element that holds them and the headline: a section, a crumb.
_MOST_BEFORE_FACTS = 2
_PARTS_OF_TEXT = frozenset("tr tbody thead tfoot table ul ol dl dd dt li blockquote figure p".split())
#: Tags with which a text may begin before the element of its paragraphs; other short lines there do not belong to it.
_TAGS_OF_TEXT = SUBHEADS | frozenset("p td th dt dd".split())
_BEGINNINGS = SUBHEADS | frozenset("p li td th dt dd blockquote".split())
#: Paragraphs in one element from which it contains the text.
_FEWEST_PARAGRAPHS = 2
#: Share of a text's letters from which an element is no box in it, whatever its name says.
_MOST_OF_TEXT = 0.5
#: Letters of a name.
_LONGEST_NAME = 60


@dataclass
class Weighed:
    """A decision: the ``block`` it is about and the evidence, each with its weight."""

    block: int
    evidence: list[tuple[str, int]] = field(default_factory=list)

    @property
    def sum(self) -> int:
        """All weights together."""
        return sum(weight for _, weight in self.evidence)

    def add(self, table: dict[str, int], name: str) -> None:
        """Add a piece of evidence of ``table``."""
        self.evidence.append((name, table[name]))


@dataclass
class TextRange:
    """The text: its ``blocks``, still with boxes and labels in it, in ``range(start, end)``; ``container`` is around it."""

    start: int
    end: int
    container: Element | None = None
    blocks: list[Block] = field(default_factory=list)


@dataclass
class Layout:
    """Indices into ``document.blocks``, and what the facts around headline and text say.

    ``first_headline`` and ``headline`` are the first and the last place of the headline before the article,
    ``lede`` the blocks of the lede, ``facts`` the lines in order, ``behind`` those under the text.
    """

    first_headline: int | None = None
    headline: int | None = None
    facts: list[Fact] = field(default_factory=list)
    behind: list[Fact] = field(default_factory=list)
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
    _find_headline(document, layout)
    if layout.headline is None or layout.first_headline is None:
        layout.trending = find_trending(document, headed_only=True)
        layout.text = TextRange(len(blocks), len(blocks))
        return layout
    known = document.text_container
    start = _read_front(document, layout, known)
    if layout.first("date") is None:
        layout.facts += _facts_above(blocks, layout.first_headline)
    layout.trending = find_trending(document, start)
    layout.text = _text_in(known, blocks, layout) if known else _text_from(start, document, layout)
    layout.behind = _facts_behind(blocks, layout)
    return layout


# The headline


def _find_headline(document: Document, layout: Layout) -> None:
    blocks = document.blocks
    texts = [block.text for block in blocks]
    titles = _title_places(document, texts)
    headings = [index for index, block in enumerate(blocks) if _heading(block) == "h1" and not is_the_site(block.text)]
    candidates = [*titles, *(index for index in headings[:_MOST_CANDIDATES] if index not in titles)]
    if not candidates:
        twins = (index + 1 for index, (text, following) in enumerate(pairwise(texts)) if len(text) > 12 and text == following)
        candidates = list(twins)[:_MOST_CANDIDATES]
    if not candidates:
        return
    is_teaser_here = partial(is_teaser, site=document.site, page_url=document.base_url)
    layout.weighed = [_weigh_headline(blocks, index, index in titles, is_teaser_here) for index in candidates]
    best = max(layout.weighed, key=lambda weighed: weighed.sum).block
    wanted = fold(blocks[best].text)
    same = [index for index in sorted({*candidates, *titles}) if fold(blocks[index].text) == wanted]
    first = last = best
    for index in same:
        # The headline may stand twice, or in the breadcrumbs over it; the article follows the last one.
        if last < index <= last + LONGEST_LEDE + 1 and not _has_facts_between(blocks, last, index):
            last = index
    for index in reversed(same):
        if first - LONGEST_LEDE - 1 <= index < first:
            first = index
    layout.first_headline, layout.headline = first, last


def _has_facts_between(blocks: list[Block], first: int, last: int) -> bool:
    return any(facts_of(block) for block in blocks[first + 1 : last])


def _title_places(document: Document, texts: list[str]) -> list[int]:
    """Return the blocks that print the page's title, of the likeliest of its forms that any block prints."""
    for candidate in title_candidates(document.structured):
        wanted = fold(candidate)
        cut = candidate.endswith(("…", "..."))
        if len(wanted) < 2:
            continue
        if candidate in texts:
            same = [index for index, text in enumerate(texts) if text == candidate]
        else:
            same = [
                index
                for index, text in enumerate(texts)
                if abs(len(text) - len(candidate)) <= 24 + len(candidate) // 4 or cut
                if (folded := fold(text)) == wanted or (cut and len(wanted) > 15 and folded.startswith(wanted))
            ]
        if same:
            return same[:_MOST_CANDIDATES]
    return []


def _weigh_headline(blocks: list[Block], index: int, is_title: bool, is_teaser_here: "partial[bool]") -> Weighed:
    block = blocks[index]
    weighed = Weighed(index)
    if is_title:
        weighed.add(HEADLINE, "is the title")
    if heading := _heading(block):
        weighed.add(HEADLINE, "is in an h1" if heading == "h1" else "is in another heading")
    if any(element.tag in ("main", "article") for element in block.element.around):
        weighed.add(HEADLINE, "stands in main or article")
    if block.zone in ("aside", "footer", "form"):
        weighed.add(HEADLINE, "stands in a column or the foot")
    if block.zone == "nav":
        weighed.add(HEADLINE, "stands in a menu")
    wanted = fold(block.text)
    texts = facts = teasers = paragraphs = 0
    for position in range(index + 1, min(index + 1 + _WINDOW, len(blocks))):
        following = blocks[position]
        if fold(following.text) == wanted:
            continue
        if block.link is not None and not facts and not texts and is_teaser_here(following):
            weighed.add(HEADLINE, "is a link among links")
            break
        found = [fact for fact in facts_of(following) if fact.kind != "other"]
        if any(fact.kind == "date" and is_dated(fact.value) for fact in found) and facts == 0:
            weighed.add(HEADLINE, "a dated line follows")
            facts += 1
        elif found and facts < _MOST_FACTS and not all(fact.kind == "date" and is_clock(fact.value) for fact in found):
            weighed.add(HEADLINE, "another fact follows")
            facts += 1
        elif not found and is_prose(following) and following.zone is None and paragraphs < _MOST_PARAGRAPHS:
            weighed.add(HEADLINE, "a paragraph follows")
            paragraphs += 1
        elif not found and is_teaser_here(following) and teasers < _MOST_PARAGRAPHS:
            weighed.add(HEADLINE, "a teaser follows")
            teasers += 1
        if not found and not is_passed_over(following):
            texts += 1
            if texts > LONGEST_LEDE and (facts or texts > _MOST_PARAGRAPHS + 1):
                break
    return weighed


def _heading(block: Block) -> str | None:
    """Return the tag of the heading around a block, even where the heading's text stands in a child of it."""
    for depth, element in enumerate(block.element.around):
        if element.tag in HEADINGS:
            return element.tag
        if depth == 2:
            break
    return next((inline.tag for _, _, inline in block.pieces if inline is not None and inline.tag == "h1"), None)


# Facts and lede


def _read_front(document: Document, layout: Layout, known: Element | None) -> int:
    """Read the lede and the facts under the headline; return where the text begins."""
    assert layout.headline is not None
    blocks = document.blocks
    headline = fold(blocks[layout.headline].text)
    texts: list[int] = []
    facts: list[tuple[int, list[Fact]]] = []
    position = layout.headline + 1
    since_facts = 0
    is_author_next = False
    while position < len(blocks):
        block = blocks[position]
        if known is not None and block.is_within(known):
            break
        if TRENDING_HEADING.fullmatch(block.text) or block.zone == "footer":
            break
        if texts and is_end_label(block.text) and not _is_text_near(blocks, texts[-1], position):
            break
        found = facts_of(block)
        if found and _is_text([fact for _, each in facts for fact in each], found, blocks, position):
            found = []
        if found:
            facts.append((position, found))
            since_facts = since_facts if all(fact.kind in ("other", "author") for fact in found) else 0
            is_author_next = is_author_label(block.text)
        elif _names_somebody(block):
            if is_author_next or _is_marked_as_author(block):
                facts.append((position, [Fact("author", block.text)]))
        elif fold(block.text) == headline or block.is_pager or is_passed_over(block):
            pass
        else:
            texts.append(position)
            since_facts += 1
            if known is None and since_facts > LONGEST_LEDE:
                break
        position += 1
    return _divide(blocks, layout, texts, facts, known, position)


def _is_text_near(blocks: list[Block], text: int, position: int) -> bool:
    """Whether a label stands among paragraphs: one like the last one before it follows."""
    following = blocks[position + 1] if position + 1 < len(blocks) else None
    return following is not None and is_prose(following) and _are_siblings(blocks[text], following)


def _divide(
    blocks: list[Block],
    layout: Layout,
    texts: list[int],
    facts: list[tuple[int, list[Fact]]],
    known: Element | None,
    stopped: int,
) -> int:
    """Divide the first texts into lede and text; return where the text begins."""
    if known is not None:
        layout.facts = [fact for _, each in facts for fact in each]
        layout.lede = texts[-LONGEST_LEDE:]
        return stopped
    last_fact = _last_front_fact(blocks, texts, facts)
    before = [text for text in texts if text < last_fact]
    after = [text for text in texts if text > last_fact]
    if before:
        between = [fact for position, each in facts if before[-1] < position <= last_fact for fact in each]
        earlier = [fact for position, each in facts if position < before[0] for fact in each]
        weighed = _weigh_lede(blocks, before, after, between, earlier)
    elif after:
        weighed = _weigh_lede(blocks, after[:1], after[1:], [], [fact for _, each in facts for fact in each])
        before, after = after[:1], after[1:]
    else:
        layout.facts = [fact for _, each in facts for fact in each]
        return stopped
    layout.weighed.append(weighed)
    # A page may show a video in place of a text; one line under a text is no reason to take it for a lede.
    is_lede = weighed.sum >= _LEDE_FROM and bool(after or last_fact > before[-1])
    start = (after[0] if after else stopped) if is_lede else before[0]
    layout.lede = before if is_lede else []
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
        if before > LONGEST_LEDE or not (is_certain if before and has_date else kinds & {"date", "views", "credit"}):
            continue
        has_date = has_date or "date" in kinds
        behind_texts = {fact.kind for at, one in facts if not texts or at >= texts[0] for fact in one}
        is_lone_lede = len(behind_texts) > 1 and all(len(blocks[text].text) < _LONGEST_LONE_LEDE for text in texts)
        if before < len(texts) or is_lone_lede:
            last = position
    return last


def _is_set_as_text(block: Block) -> bool:
    return any(element.tag in _TAGS_OF_TEXT for element in islice(block.element.around, 3))


def _weigh_lede(
    blocks: list[Block], lede: list[int], after: list[int], between: list[Fact], earlier: list[Fact]
) -> Weighed:
    weighed = Weighed(lede[0])
    first = blocks[lede[0]]
    kinds = {fact.kind for fact in between}
    if kinds & {"date", "views"}:
        weighed.add(LEDE, "date or views follow")
    elif "credit" in kinds:
        weighed.add(LEDE, "a credit follows")
    if any(fact.kind == "date" for fact in earlier):
        weighed.add(LEDE, "a date stands before it")
    if not after:
        return weighed
    following = blocks[after[0]]
    shared = common_container(first, following)
    if any(is_lede(element.names) for element in _below(first, shared)):
        weighed.add(LEDE, "is named as lede")
    text, text_after = fold(first.text), fold(following.text)
    if len(text_after) > len(text) and text_after.startswith(text[: max(20, len(text) - 12)]):
        weighed.add(LEDE, "is the cut beginning of the text")
    if not kinds & {"date", "views"} and _are_siblings(blocks[lede[-1]], following):
        weighed.add(LEDE, "is a paragraph among paragraphs")
    elif len(after) > 1 and _stands_apart(first, following, blocks[after[1]]):
        weighed.add(LEDE, "stands apart from the text")
    elif first.tag == "p" and following.element is first.element.parent:
        weighed.add(LEDE, "is a paragraph before bare text")
    return weighed


def _below(block: Block, container: Element) -> Iterator[Element]:
    """Yield the elements around a block that are inside of ``container``."""
    for element in block.element.around:
        if element is container:
            return
        yield element


def _are_siblings(first: Block, second: Block) -> bool:
    one, other = first.element, second.element
    return one is other or (one.tag == other.tag and one.parent is other.parent)


def _stands_apart(lede: Block, first: Block, second: Block) -> bool:
    """Whether two texts share an element, other than a list or a quotation, that a text before them is not in."""
    shared = _outside_of_parts(common_container(first, second))
    return shared.tag not in ("body", "html") and not lede.is_within(shared)


def _outside_of_parts(element: Element) -> Element:
    """Return the innermost element around ``element`` that is not a list, a quotation or a table."""
    while element.tag in _PARTS_OF_TEXT and element.parent is not None:
        element = element.parent
    return element


def _facts_above(blocks: list[Block], headline: int) -> list[Fact]:
    """Return the facts that a theme prints over the headline: a date with its year, inside of what holds the article.

    The header, which prints the date of the visit, is outside.
    """
    for block in blocks[max(0, headline - _FARTHEST_ABOVE) : headline]:
        found = facts_of(block)
        has_date = any(fact.kind == "date" and is_dated(fact.value) and not fact.value[:4].isdecimal() for fact in found)
        if has_date and block.zone is None and _shares_article(block, blocks[headline]):
            return found
    return []


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
    is_author_next = False
    for block in blocks[last_prose + 1 : min(end, last_prose + _FARTHEST_BEHIND)]:
        if is_end_label(block.text) and not is_author_label(block.text):
            break
        if block.zone not in (None, "footer"):
            continue
        facts = [] if block.is_all_links else facts_of(block)
        is_name = _names_somebody(block) or (is_author_next and is_single_name(block.text))
        if is_name and (is_author_next or _is_marked_as_author(block)):
            found.append(Fact("author", block.text))
            is_author_next = is_author_next and is_person(block.text)  # a label may be followed by several
            continue
        found += [fact for fact in facts if fact.kind == "author" or block.is_within(article)]
        is_author_next = is_author_label(block.text)
    return found


def _is_text(facts: list[Fact], found: list[Fact], blocks: list[Block], position: int) -> bool:
    """Whether a block that looks like facts is the text's first: a number or a day alone, set as text is."""
    has_date = any(fact.kind == "date" for fact in facts)
    if blocks[position].tag in SUBHEADS and (has_date or all(fact.kind == "views" for fact in found)):
        return True
    # The credit is the last of the lines.
    is_dated_line = any(fact.kind == "date" and is_dated(fact.value) for fact in found)
    is_certain = is_dated_line and not _is_set_as_text(blocks[position])
    has_credit = any(fact.kind == "credit" for fact in facts)
    return has_credit and (has_date or not is_certain) and _is_paragraph(blocks, position)


def _names_somebody(block: Block) -> bool:
    """Whether a block is a person's name or the site's, and so neither lede nor text."""
    return len(block.text) < _LONGEST_NAME and (is_person(block.text) or is_the_site(block.text))


def _is_marked_as_author(block: Block) -> bool:
    """Whether an element around a name says whose it is: two words in capitals may be a place or a section, too."""
    around = [block.element, block.element.parent, *(inline for _, _, inline in block.pieces)]
    marks = " ".join(f"{each.names} {each.get('itemprop')} {each.get('rel')}" for each in around if each is not None)
    return is_author(marks) and is_person(block.text)


def _is_paragraph(blocks: list[Block], position: int) -> bool:
    """Whether a block is among the paragraphs: next to one, in an element of the same kind."""
    if position + 1 >= len(blocks):
        return False
    element, following = blocks[position].element, blocks[position + 1].element
    return element.tag == following.tag and element is not following and element.parent is following.parent


# The text


def _text_in(container: Element, blocks: list[Block], layout: Layout) -> TextRange:
    """Return the text in a container known to hold it, less a trending block inside."""
    start, end = container.first, container.last
    if layout.trending and start <= layout.trending.start < end:
        end = layout.trending.start
    return TextRange(start, end, container, blocks[start:end])


def _text_from(start: int, document: Document, layout: Layout) -> TextRange:
    """Return the text that begins at ``start``; it ends at the trending block, or with its containers, or at the foot."""
    blocks, trending = document.blocks, layout.trending
    assert layout.headline is not None
    limit = trending.start if trending else len(blocks)
    foot = next((index for index in range(start, limit) if blocks[index].zone == "footer"), limit)
    if trending is None:
        foot = next((index for index in range(start, foot) if _is_foot(blocks[index])), foot)
    if start >= len(blocks):
        return TextRange(start, start)
    headline = blocks[layout.headline]
    paragraphs = _first_paragraphs(blocks, start, foot)
    article = common_container(headline, paragraphs[0] if paragraphs else blocks[start])
    container = _container(paragraphs, article)
    is_apart = container is not None and not headline.is_within(container)
    if container is not None and is_apart:
        start = _without_stray_lines(blocks, start, container)
    text = TextRange(start, start, container)
    others: list[Element] = []
    for block in blocks[start:foot]:
        is_inside = container is None or block.is_within(container)
        if trending is None and text.blocks and is_comments_label(block.text):
            break
        if not is_inside and (is_apart or trending is None):
            if text.blocks and is_end_label(block.text):
                break
            if not any(block.is_within(other) for other in others):
                if container is None or not _goes_on(block, container, article, before_trending=trending is not None):
                    continue
                other = _outside_of_parts(block.element)
                others += [other] if other is not article and not headline.is_within(other) else []
        text.blocks.append(block)
    text.end = text.blocks[-1].index + 1 if text.blocks else start
    return text


def _is_foot(block: Block) -> bool:
    """Whether a block begins the page's foot, or heads a trending block that could not be read."""
    return is_colophon(block.text) or TRENDING_HEADING.fullmatch(block.text) is not None


def _goes_on(block: Block, container: Element, article: Element, *, before_trending: bool) -> bool:
    """Whether a block outside of the text's container continues the text."""
    if block.zone is not None or in_clutter(block, article):
        return False
    # The text may lie in several containers alike, with an advert between them.
    for element in block.element.around:
        if element.parent is container.parent:
            is_twin = element.tag == container.tag and bool(element.get("class"))
            if is_twin and element.get("class") == container.get("class") and not block.is_all_links:
                return True
            break
    if not is_prose(block):
        return False
    return before_trending or (article.tag not in ("body", "html") and block.is_within(article))


def _first_paragraphs(blocks: list[Block], start: int, end: int) -> list[Block]:
    """Return the text's first two sentences as they show where it lies; of a text without such, its first blocks.

    A button, a caption or a line to subscribe before the text lies elsewhere.
    """
    first: list[Block] = []
    sentences: list[Block] = []
    for block in blocks[start:end]:
        if block.zone is not None:
            continue
        if len(first) < _FEWEST_PARAGRAPHS:
            first.append(block)
        if is_prose(block):
            sentences.append(block)
            if len(sentences) == _FEWEST_PARAGRAPHS:
                return sentences
    return first


def _without_stray_lines(blocks: list[Block], start: int, container: Element) -> int:
    """Return the place of the text's first block, behind lines that are neither in its container nor like text."""
    while start < len(blocks) and not blocks[start].is_within(container):
        if is_prose(blocks[start]) or blocks[start].tag in _BEGINNINGS:
            break
        start += 1
    return start


def _container(paragraphs: list[Block], article: Element) -> Element | None:
    """Return the innermost element around the text's first two ``paragraphs``.

    Where the second stands outside of the element around headline and text, there is only one.
    """
    if not paragraphs:
        return None
    first = paragraphs[0]
    if len(paragraphs) < _FEWEST_PARAGRAPHS or not paragraphs[1].is_within(article):
        return article
    shared = common_container(first, paragraphs[1])
    # A text may begin with a list or a table.
    while shared.tag in _PARTS_OF_TEXT and shared.parent is not None and shared is not article:
        shared = shared.parent
    return shared


# Boxes


def in_clutter(block: Block, container: Element) -> bool:
    """Whether ``block`` stands in an element inside of ``container`` that is named as clutter."""
    return clutter_around(block.element, container) is not None


def clutter_around(inner: Element, container: Element | None) -> Element | None:
    """Return the innermost element from ``inner`` to below ``container`` that is named as clutter, or None."""
    for element in inner.around:
        if element is container:
            return None
        if element.attributes and is_clutter(element.tag, element.names):
            return element
    return None
