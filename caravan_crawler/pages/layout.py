"""Where headline, lede, facts and text are on a page, by evidence that adds up.

A page is read in one direction: the headline is the candidate with the most evidence; from there on each block is a
fact, a text or something to pass over, until it is certain where the text begins; the text ends at the trending
block, at the end of its containers or at the page's foot. The weights are in
:data:`~caravan_crawler.pages.headline.HEADLINE` and :data:`~caravan_crawler.pages.lede.LEDE`;
``scrapy inspect --why`` prints what was decided by them.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

from caravan_crawler.normalise.dates import day_named
from caravan_crawler.pages.blocks import HEADINGS, SUBHEADS, Block, common_container
from caravan_crawler.pages.bylines import (
    Byline,
    announces_authors,
    is_author_label,
    is_marked_as_author,
    is_person,
    is_photo_label,
    is_single_name,
    names_role,
    names_somebody,
    names_speaker,
    people_of,
    read_byline,
)
from caravan_crawler.pages.document import Document
from caravan_crawler.pages.fact_forms import Fact, facts_in, has_dated, is_certain_date, is_clock, is_dated
from caravan_crawler.pages.fact_lines import facts_of, has_certain_fact, linked_authors
from caravan_crawler.pages.front import read_front
from caravan_crawler.pages.headline import Weighed, find_headline, heads_another
from caravan_crawler.pages.labels import (
    LONGEST_SECTION,
    box_under,
    is_end_label,
    is_label,
    is_of_card,
    is_passed_over,
    is_prose,
    is_see_also,
)
from caravan_crawler.pages.selectors import is_page_top, is_photographer
from caravan_crawler.pages.text_range import (
    TextRange,
    find_foot,
    longer_text,
    text_from,
    text_in,
)
from caravan_crawler.pages.trending import TrendingBlock, find_trending

#: Most blocks before the headline, and behind the last paragraph, that may be facts of the article.
_FARTHEST_ABOVE, _FARTHEST_BEHIND = 12, 16
#: In the element around facts and headline, at most this number of blocks may come before the facts.
_MOST_BEFORE_FACTS = 2


@dataclass
class Layout:
    """Indices into ``document.blocks``, and what the facts around headline and text say.

    ``headline`` is the place of the headline, ``lede`` the blocks of the lede, ``facts`` the lines in order,
    ``facts_after_text`` those under the text.
    """

    headline: int | None = None
    front_start: int = 0
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
    headline, layout.weighed = find_headline(document)
    if headline is None:
        layout.trending = find_trending(document, headed_only=True)
        layout.text = TextRange(len(blocks), len(blocks))
        return layout
    layout.headline = headline
    container = document.visible.text_container
    foot = find_foot(blocks, headline)
    front = read_front(document, headline, container, foot)
    layout.facts, layout.lede = front.facts, front.lede
    layout.weighed += [front.weighed] if front.weighed else []
    above, layout.front_start = _facts_above(document, headline)
    kinds = {fact.kind for fact in layout.facts}
    if "date" in kinds and all(fact.kind == "date" for fact in above):
        layout.front_start = headline  # that of the visit
    layout.facts += [fact for fact in above if fact.kind not in kinds]
    layout.trending = find_trending(document, front.text_start)
    if container is not None:
        layout.text = text_in(container, front.text_start, blocks, layout.trending)
    else:
        layout.text = text_from(front.text_start, document, headline, layout.trending, foot)
        start = _begun_again(blocks, layout.text, foot) or longer_text(blocks, headline, layout.text, foot)
        if start is not None:
            layout.text = text_from(start, document, headline, layout.trending, foot)
    layout.facts_after_text = _without_other_days(_facts_behind(document, layout), document)
    return layout


def _begun_again(blocks: list[Block], text: TextRange, foot: int) -> int | None:
    """Return where a text begins again, or None: a theme prints its first paragraphs, the last one cut, over it."""
    first = blocks[text.start] if text.blocks else None
    if first is None or not is_prose(first):
        return None
    again = next((each.index for each in blocks[first.index + 1 : foot] if each.text == first.text), foot)
    excerpt = [each.text for each in filter(is_prose, blocks[first.index : again])]
    repeated = len(excerpt) > 1 and {*excerpt[:-1]} <= {each.text for each in blocks[again:foot]}
    return again if repeated else None


def _facts_above(document: Document, headline: int) -> tuple[list[Fact], int]:
    """Return the facts that a theme prints over the headline, and the place of the first of them.

    They stand next to each other, at most a section or a button between them, inside of what holds the article: the
    header, which prints the date of the visit, is outside.
    """
    blocks = document.blocks
    found: list[Fact] = []
    first = headline
    dated = {time.first for time in document.visible.times if is_dated(time.get("datetime") or "")}
    are_marked = False
    dated_in = None  # around the nearest date and the headline
    for position in range(headline - 1, max(-1, headline - 1 - _FARTHEST_ABOVE), -1):
        block = blocks[position]
        facts = facts_of(block)
        if has_dated(facts) and dated_in is not None and not block.is_within(dated_in):
            break  # the day of the visit
        is_caption = block.zone == "figcaption" and any(fact.kind == "credit" for fact in facts)
        is_heading = block.tag in SUBHEADS and position == headline - 1
        if not (block.zone is None or is_caption) or not (is_heading or _shares_article(block, blocks, headline)):
            break
        if facts and position and is_of_card(blocks[position - 1], block) and not names_somebody(blocks[position - 1]):
            break
        is_dated_time = block.index in dated and any(fact.kind == "date" for fact in facts)
        are_marked = are_marked or is_dated_time or any(fact.kind == "author" for fact in facts)
        is_author = position > 0 and announces_authors(blocks[position - 1])
        is_by_a_date = any(fact.kind == "date" for fact in found) or _is_set_as_fact(block, blocks[position - 1])
        is_by_a_date = is_by_a_date and not block.is_all_links
        is_marked = is_marked_as_author(block)
        if not facts and (is_marked or (names_somebody(block) and (is_author or is_by_a_date))):
            facts = [Fact("author", name) for name in people_of(block)]
            are_marked = are_marked or (is_marked and bool(facts))
        if any(fact.kind in ("date", "views", "credit", "author") for fact in facts):
            found, first = facts + found, position
            if dated_in is None and any(fact.kind == "date" and not is_clock(fact.value) for fact in facts):
                dated_in = common_container(block, blocks[headline])
        elif not facts and not is_passed_over(block) and len(block.text) > LONGEST_SECTION:
            break
    kinds = {fact.kind for fact in found}
    is_certain = are_marked or any(
        (fact.kind == "date" and is_dated(fact.value))
        or (fact.kind in ("views", "credit") and not fact.is_bare)
        or (fact.kind == "date" and not kinds.isdisjoint(("author", "views")) and is_certain_date(fact))
        for fact in found
    )
    return (found, first) if is_certain else ([], headline)


def _shares_article(block: Block, blocks: list[Block], place: int) -> bool:
    """Whether the innermost named part around a block has the headline; without such, whether one element begins so."""
    headline = blocks[place]
    parts = (each for each in block.element.around if each.tag in ("article", "main", "header"))
    around = next(parts, None)
    if around is not None:
        return headline.is_within(around)
    if any(each.tag == "article" for each in headline.element.around):
        return False
    shared = common_container(block, headline)
    if any(is_page_top(each.names) for each in block.element.below(shared)):
        return False
    before = _outside_of_headers(blocks, shared.first, block.index, headline)
    if shared.first:  # not the whole page
        before = (each for each in before if not (facts_of(each) or names_somebody(each)))
    return next(islice(before, _MOST_BEFORE_FACTS, None), None) is None


def _outside_of_headers(blocks: list[Block], start: int, end: int, headline: Block) -> Iterator[Block]:
    """Yield the blocks in no header or menu of the page, which the headline is not in."""
    while start < end:
        around = blocks[start].element.around
        header = next((each for each in around if each.tag in ("header", "nav") and not headline.is_within(each)), None)
        if header is None:
            yield blocks[start]
        start = start + 1 if header is None else header.last


def _facts_behind(document: Document, layout: Layout) -> list[Fact]:
    """Return the facts under the text, inside of what holds headline and text: ``Опубликовано 26 апреля 2023``.

    Authors may stand outside of it, as in a box of their own.
    """
    if layout.headline is None or not layout.text.blocks:
        return []
    blocks = document.blocks
    article = common_container(blocks[layout.headline], layout.text.blocks[-1])
    whole = next((each for each in article.around if each.tag == "article"), article)
    if article.tag in ("body", "html"):
        article = layout.text.container or article
    end = layout.trending.start if layout.trending else len(blocks)
    last_prose = next((block.index for block in reversed(layout.text.blocks) if is_prose(block)), layout.text.start)
    text = blocks[layout.text.start : layout.text.end]
    found: list[Fact] = []
    is_author_next = is_photographer_next = False
    box_end = 0
    behind = {last_prose, layout.text.end - 1}  # the text's end, and the lines of facts under it
    for block in blocks[last_prose + 1 : min(end, last_prose + _FARTHEST_BEHIND)]:
        is_other_label = is_see_also(block.text) or announces_authors(block) or block.tag == "li"
        is_other_label = is_other_label or _counts_before_facts(block, blocks)
        if is_end_label(block.text) and not is_other_label:
            break
        if heads_another(block, blocks[layout.headline], blocks):
            break
        if block.zone not in (None, "footer") or block.is_quoted:
            continue
        if is_see_also(block.text):
            box = box_under(block, blocks)
            box_end = box.last if box is not None else block.index + 1
        if block.index < box_end:
            continue
        if is_label(block.text) and block.index - 1 in behind:
            behind.add(block.index)
        facts = [] if block.zone != "footer" and _is_card(block, document) else facts_of(block)
        if not facts and block.zone == "footer" and block.is_within(article):
            facts = linked_authors(block)
        is_first = announces_authors(blocks[block.index - 1])
        is_single = is_author_next and is_first and is_single_name(block.text) and not is_label(block.text)
        is_single = is_single and (not block.has_links or is_marked_as_author(block))
        is_name = is_single or (names_somebody(block) and not is_single_name(block.text))
        if block.tag in SUBHEADS and not (facts or is_name or is_label(block.text) or announces_authors(block)):
            break
        if (
            all(fact.kind == "other" for fact in facts)
            and not block.is_all_links
            and (byline := read_byline(block.text)) is not None
            and byline != Byline()
            and {fact.kind for fact in facts_in(byline)}.isdisjoint(fact.kind for fact in found)
            and (not found or block.index - 1 in behind)
            and not (block.index < layout.text.end and names_speaker(text, block.index - layout.text.start))
        ):
            found += facts_in(byline)
            behind.add(block.index)
            continue
        if (is_photographer_next or is_photographer(block.element.names)) and is_person(block.text):
            found.append(Fact("credit", block.text))
            is_photographer_next = False
            continue
        is_author = is_marked_as_author(block) or (block.index - 1 in behind and _signs(block, blocks))
        people = people_of(block)
        if is_name and (is_author_next or (people and is_author)):
            found += linked_authors(block) or [Fact("author", name) for name in people or [block.text]]
            is_author_next = is_author_next and bool(people)  # a label may be followed by several
            behind.add(block.index)
            continue
        is_next = block.index - 1 in behind and bool(facts) and has_certain_fact(block)
        if facts and block.index - 1 in behind:
            behind.add(block.index)
        found += [
            fact
            for fact in facts
            if fact.kind == "author" or is_next or block.is_within(article if fact.kind == "other" else whole)
        ]
        is_author_next = announces_authors(block)
        is_photographer_next = is_photo_label(block.text)
    return found


def _is_set_as_fact(block: Block, before: Block) -> bool:
    """Whether a block is set as the line of facts before it."""
    return has_certain_fact(before) and before.element.is_set_as(block.element)


def _counts_before_facts(block: Block, blocks: list[Block]) -> bool:
    """Whether a block is a count of comments, and not their heading: other facts are next to it."""
    around = blocks[block.index - 1 : block.index + 2 : 2]
    is_count = block.text[-1:].isdecimal() and block.tag not in SUBHEADS and bool(facts_of(block))
    return is_count and any(
        fact.kind == "author" or has_certain_fact(each) for each in around for fact in facts_of(each)
    )


def _without_other_days(facts: list[Fact], document: Document) -> list[Fact]:
    """Return the facts without dates of other days than the metadata names: they may be a comment's or a card's."""
    structured = document.structured
    days = {day_named(stamp) for stamp in (*structured.published, *structured.article_stamps("datePublished"))}
    if days <= {None}:
        return facts
    days.add(None)  # a time of day
    return [fact for fact in facts if fact.kind != "date" or fact.is_published or day_named(fact.value) in days]


def _signs(name: Block, blocks: list[Block]) -> bool:
    """Whether a name right under a text is that of its author: an office, a date or a count of views follows."""
    following = blocks[name.index + 1 : name.index + 2]
    is_line = not name.has_links and name.tag not in HEADINGS
    if is_line and _is_set_as_fact(name, blocks[name.index - 1]):
        return True
    return is_line and any(
        names_role(block.text) or is_author_label(block.text) or has_certain_fact(block) for block in following
    )


def _is_card(block: Block, document: Document) -> bool:
    """Whether a block is nothing but links, one of them to another article; date and author may be links, too."""
    own = document.site.address(document.url)
    linked = (document.site.address(href, document.base_url) for _, href in block.linked_texts())
    return block.is_all_links and any(each is not None and own is not None and each.key != own.key for each in linked)
