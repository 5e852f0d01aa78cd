"""Finds the headline: the block with the most evidence, and the page's titles without the site's name."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import islice

from caravan_crawler.normalise.text import clean
from caravan_crawler.pages.blocks import HEADINGS, Block, is_teaser
from caravan_crawler.pages.bylines import is_the_site
from caravan_crawler.pages.document import Document
from caravan_crawler.pages.fact_forms import has_dated, is_clock
from caravan_crawler.pages.fact_lines import facts_of
from caravan_crawler.pages.labels import fold, is_end_label, is_passed_over, is_prose
from caravan_crawler.pages.metadata import StructuredData
from caravan_crawler.pages.selectors import is_crumbs

_SITE = r"[«\"“]?(?:караван|caravan)(?:\.kz)?[»\"”]?"
_SUFFIX = re.compile(rf"\s+(?:[-–—|]|::?)\s+(?:газета\s+)?{_SITE}(?:\s*[-–—|]\s*.{{0,60}})?$", re.IGNORECASE)
# Forms of other themes; headlines may end or begin like them.
_WIDE_SUFFIX = re.compile(rf"\s+(?:[-–—|:«»·•]|&laquo;)\s+(?:[^|«»·•]{{0,40}}\s)?{_SITE}$", re.IGNORECASE)
_PRINT = re.compile(r"^версия\s+для\s+печати\s*[:\-–—|]\s*", re.IGNORECASE)
_PREFIX = re.compile(rf"^(?:газета\s+)?{_SITE}(?:\s+(?:[-–—|»·•]|::?)|:)\s+(?:[^»]{{1,40}}\s+»\s+)*", re.IGNORECASE)
#: Evidence for a block to be the headline.
HEADLINE = {
    "is the title": 4,
    "is in an h1": 3,
    "is in another heading": 1,
    "a dated line follows": 3,
    "another fact follows": 1,
    "a paragraph follows": 1,
    "a teaser follows": -1,
    "is a link to another page": -6,
    "is a link, and the title stands in an h1 without one": -4,
    "is the name of a section, and not the title": -4,
    "stands in a column or the foot": -4,
    "is a heading in a text": -4,
    "stands in a menu": -8,
}
#: How many blocks of text may stand between the headline and the facts under it.
MOST_LEDE_BLOCKS = 2
#: Blocks behind a headline that count as evidence for it; and the most facts, paragraphs and teasers that count.
_WINDOW, _MOST_FACTS, _MOST_PARAGRAPHS = 14, 2, 3
#: Marks before the first letter of a headline.
_OPENING = " $«»“”„\"'([–—-…¿¡.#№*•"
#: Letters of a title that a part of a heading is compared with.
_SHORTEST_TITLE = 12
#: In a title, behind or before the headline: a mark and the name of a section or the site.
_MARK_BEHIND = re.compile(r"\s*(?:[|·•»‹]|\s[-–—])\s.{1,45}")
_MARK_BEFORE = re.compile(r".{1,45}?\s(?:[|·•»›:/]|[-–—]\s)\s*")
_NUMBERED = re.compile(r"\d{4}")
#: Letters of the name of a section.
_LONGEST_NAME = 30
#: Candidates of each kind that are weighed.
_MOST_CANDIDATES = 20
#: Blocks between a headline and its date.
_NEAR = 4


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

    def has(self, name: str) -> bool:
        """Whether a piece of evidence was found."""
        return any(name == each for each, _ in self.evidence)


def find_headline(document: Document) -> tuple[int | None, list[Weighed]]:
    """Return where the headline is, None where no block can be one; and the candidates that were weighed."""
    blocks = document.blocks
    texts = [block.text for block in blocks]
    titles = _title_places(document, texts)
    places = (index for heading in document.visible.headings for index in range(heading.first, heading.last))
    headings = [index for index in islice(places, _MOST_CANDIDATES) if not is_the_site(blocks[index].text)]
    if all(blocks[index].link is not None or blocks[index].zone is not None for index in titles) and all(
        blocks[index].zone is not None or texts[index] in section_names(blocks[: index + 1]) for index in headings
    ):
        # The h1 is the site's name or a section's, and the title is not the headline.
        headings += islice(filter(partial(_is_headed_text, blocks), range(len(blocks))), _MOST_CANDIDATES)
    candidates = [*titles, *(index for index in headings if index not in titles)]
    if not candidates:
        return None, []
    is_teaser_here = partial(is_teaser, site=document.site, page_url=document.base_url)
    all_weighed = [_weigh_headline(blocks, index, titles, is_teaser_here) for index in candidates]
    own = document.site.address(document.url, document.url)
    has_bare = any(_heading(blocks[index]) == "h1" and not blocks[index].has_links for index in titles)
    for weighed in all_weighed:
        if weighed.block not in titles and _is_in_text(blocks, weighed.block, candidates):
            weighed.add(HEADLINE, "is a heading in a text")
        link = blocks[weighed.block].link
        address = document.site.address(link.get("href") or "", document.base_url) if link is not None else None
        leads_home = link is not None and document.site.resolve(link.get("href") or "") == document.site.base
        if leads_home or (address is not None and own is not None and address.key != own.key):
            weighed.add(HEADLINE, "is a link to another page")
        elif link is not None and has_bare:
            weighed.add(HEADLINE, "is a link, and the title stands in an h1 without one")
    # If two have equal evidence, the heading, then the first.
    best = max(all_weighed, key=lambda weighed: (weighed.sum, _heading(blocks[weighed.block]) == "h1")).block
    return best, all_weighed


def _is_in_text(blocks: list[Block], index: int, candidates: Collection[int]) -> bool:
    """Whether a heading of the same kind stands before one in the same element, and a paragraph between the two."""
    element = blocks[index].element
    for before in candidates:
        other = blocks[before].element
        if before < index and (other.tag, other.parent) == (element.tag, element.parent):
            return any(map(is_prose, blocks[before + 1 : index]))
    return False


def _is_headed_text(blocks: list[Block], index: int) -> bool:
    """Whether a block is a heading over a date and a paragraph."""
    block = blocks[index]
    if block.tag not in ("h2", "h3") or block.zone is not None or block.has_links:
        return False
    following = blocks[index + 1 : index + 1 + _WINDOW]
    return any(map(is_prose, following)) and any(has_dated(facts_of(each)) for each in following)


def _title_places(document: Document, texts: list[str]) -> list[int]:
    """Return the blocks that print the page's title, of the likeliest of its forms that any block prints.

    A form that only menus and breadcrumbs print is the last choice but headings that print a part of the title.
    """
    lines = [*enumerate(texts), *((index, text.partition("\n")[0]) for index, text in enumerate(texts) if "\n" in text)]
    in_menus: list[int] = []
    for candidate in title_candidates(document.structured):
        wanted = fold(candidate)
        if len(wanted) < 2 or is_the_site(candidate):
            continue
        same = [
            index
            for index, text in lines
            if abs(len(text) - len(candidate)) <= 24 + len(candidate) // 4
            and text.lstrip(_OPENING)[:1].casefold() == wanted[:1]
            and fold(text) == wanted
        ]
        if any(not _is_in_menu(document.blocks[index]) for index in same):
            return same[:_MOST_CANDIDATES]
        in_menus = in_menus or same
    return in_menus[:_MOST_CANDIDATES] or _parts_of_title(document)


def _parts_of_title(document: Document) -> list[int]:
    """Return the headings, or else other blocks, that the title begins or ends with, or that have it behind a mark."""
    title = clean(document.structured.title or "")
    titles = {fold(each) for each in title_candidates(document.structured) if " " in each}
    found = []
    for block in document.blocks if title else ():
        text = block.text
        if len(text) <= _SHORTEST_TITLE or block.zone is not None or is_the_site(text):
            continue
        if title.startswith(text):
            is_part = _MARK_BEHIND.fullmatch(title, len(text)) is not None
        else:
            is_part = title.endswith(text) and _MARK_BEFORE.fullmatch(title, 0, len(title) - len(text)) is not None
        mark = _MARK_BEFORE.match(text)
        found += [block.index] if is_part or (mark and fold(text[mark.end() :]) in titles) else []
    blocks = document.blocks
    headings = [index for index in found if _heading(blocks[index]) is not None]
    return (headings or [index for index in found if blocks[index].link is None])[:_MOST_CANDIDATES]


def _is_in_menu(block: Block) -> bool:
    """Whether a block is an entry of a menu or of breadcrumbs, which may stand in one element with the headline."""
    is_entry = _heading(block) != "h1" and any(is_crumbs(element.names) for element in islice(block.element.around, 4))
    return block.zone == "nav" or is_entry


def section_names(blocks: list[Block]) -> set[str]:
    """Return the texts that are links in menus and breadcrumbs among the blocks before an article."""
    linked = (each for block in blocks if block.has_links for each in block.linked_texts())
    return {text for text, href in linked if len(text) <= _LONGEST_NAME and not _NUMBERED.search(href)}


def _weigh_headline(
    blocks: list[Block], index: int, titles: Collection[int], is_teaser_here: "partial[bool]"
) -> Weighed:
    block = blocks[index]
    weighed = Weighed(index)
    if index in titles:
        weighed.add(HEADLINE, "is the title")
    elif block.text in section_names(blocks[:index]):
        weighed.add(HEADLINE, "is the name of a section, and not the title")
    if heading := _heading(block):
        weighed.add(HEADLINE, "is in an h1" if heading == "h1" else "is in another heading")
    if block.zone in ("aside", "footer", "form"):
        weighed.add(HEADLINE, "stands in a column or the foot")
    if _is_in_menu(block):
        weighed.add(HEADLINE, "stands in a menu")
    texts = facts = teasers = paragraphs = 0
    for position in range(index + 1, min(index + 1 + _WINDOW, len(blocks))):
        following = blocks[position]
        if is_end_label(following.text):
            break
        found = [fact for fact in facts_of(following) if fact.kind != "other"]
        if has_dated(found) and facts == 0:
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
            if texts > MOST_LEDE_BLOCKS and (facts or texts > _MOST_PARAGRAPHS + 1):
                break
    return weighed


def printed_headline(block: Block, structured: StructuredData) -> str:
    """Return the headline as printed, without the kicker or the mark that themes print in the same heading.

    Where the heading is the site's name, return the title without it.
    """
    if (site := fold(block.text)) == fold(structured.text("og:site_name") or ""):
        return next((title for title in title_candidates(structured) if site not in fold(title)), block.text)
    texts = [" ".join(text.split()) for text, _, _ in block.pieces]
    titles = {fold(title) for title in title_candidates(structured)}
    if len(texts) > 1 and fold(block.text) not in titles:
        cuts = [texts[start:] for start in range(1, len(texts))] + [texts[:end] for end in range(1, len(texts))]
        parts = (" ".join(filter(None, cut)) for cut in cuts)
        part = next((part for part in parts if len(part) > _SHORTEST_TITLE and fold(part) in titles), block.text)
        return part.lstrip(":|–—»/ ")
    return block.text


def _heading(block: Block) -> str | None:
    """Return the tag of the heading around a block, even where the heading's text stands in a child of it."""
    around = next((element.tag for element in islice(block.element.around, 3) if element.tag in HEADINGS), None)
    inlines = (inline.tag for _, _, inline in block.pieces if inline is not None)
    return around or next((tag for tag in inlines if tag == "h1"), None)


# The titles


def _without_site(title: str) -> Iterator[str]:
    """Yield ``title`` without the site's suffix, as it is, and without the site's name in other forms."""
    forms = [form.sub("", title).strip() for form in (_SUFFIX, _WIDE_SUFFIX, _PREFIX)]
    yield from filter(None, dict.fromkeys([forms[0], title, *forms[1:]]))


def title_candidates(structured: StructuredData) -> Iterator[str]:
    """Yield what may be the headline, the likeliest first; a title may be the site's name alone."""
    site = fold(structured.text("og:site_name") or "")
    for title in (
        structured.title,
        structured.article_text("headline"),
        structured.text("og:title"),
        structured.text("twitter:title"),
    ):
        if title and fold(title) != site:
            yield from _without_site(_PRINT.sub("", clean(title)))


def heads_another(block: Block, headline: Block, blocks: list[Block]) -> bool:
    """Whether a block is the headline of another article on the page: set as the own one, or an h1, next to a date."""
    element, own = block.element, headline.element
    is_alike = element.tag == own.tag and bool(own.get("class")) and element.get("class") == own.get("class")
    if not (is_alike or element.tag == "h1") or fold(block.text) == fold(headline.text):
        return False
    near = blocks[max(headline.index, block.index - _NEAR) + 1 : block.index + _NEAR]
    return any(has_dated(facts_of(each)) for each in near)
