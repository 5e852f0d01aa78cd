"""Finds the headline, and the headline in the page's title without the site's name."""

import re
from collections.abc import Iterator
from itertools import islice, pairwise

from caravan_crawler.pages.blocks import Block
from caravan_crawler.pages.boilerplate import fold
from caravan_crawler.pages.document import Document
from caravan_crawler.pages.front_matter import is_passed_over, lines
from caravan_crawler.pages.metadata import StructuredData

_SITE = r"[«\"“]?(?:караван|caravan)(?:\.kz)?[»\"”]?"
_SUFFIX = re.compile(rf"\s+[-–—|:]\s+(?:газета\s+)?{_SITE}(?:\s*[-–—|]\s*.{{0,60}})?$", re.IGNORECASE)
# Forms of other themes; headlines may end or begin like them.
_WIDE_SUFFIX = re.compile(rf"\s+(?:[-–—|:«»·•]|&laquo;)\s+(?:[^|«»·•]{{0,40}}\s)?{_SITE}$", re.IGNORECASE)
_PREFIX = re.compile(rf"^(?:газета\s+)?{_SITE}\s+[-–—|:»·•]\s+(?:[^»]{{1,40}}\s+»\s+)*", re.IGNORECASE)


def without_suffix(title: str) -> str:
    """Return ``title`` without one `` - Караван`` at its end."""
    return _SUFFIX.sub("", title).strip()


def _without_site(title: str) -> Iterator[str]:
    """Yield ``title`` without the site's suffix, as it is, and without the site's name in other forms."""
    forms = [form.sub("", title).strip() for form in (_SUFFIX, _WIDE_SUFFIX, _PREFIX)]
    yield from filter(None, dict.fromkeys([forms[0], title, *forms[1:]]))


def title_candidates(structured: StructuredData) -> Iterator[str]:
    """Yield what may be the headline, the likeliest first; a cut title ends in an ellipsis."""
    for title in (
        structured.title,
        structured.article_text("headline"),
        structured.text("og:title"),
        structured.text("twitter:title"),
    ):
        if title:
            yield from _without_site(title)


#: How many blocks after the headline may pass before the lines under it must have begun.
LONGEST_LEDE = 2
_WINDOW = 14


def find_headline(document: Document) -> tuple[int, int] | None:
    """Return the index of the headline's first place on the page and of the one the article follows, or None."""
    blocks = document.blocks
    texts = [block.text for block in blocks]
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
            best = _best_headline(blocks, same)
            return min(index for index in same if index <= best), best
    headings = [index for index, block in enumerate(blocks) if _heading_tag(block) == "h1" and block.link is None]
    twins = [
        index + 1 for index, (text, following) in enumerate(pairwise(texts)) if len(text) > 12 and text == following
    ]
    for candidates in (headings, twins):
        found = [index for index in candidates if _has_front(blocks, index)] or candidates[:1]
        if found:
            return found[0], found[0]
    return None


def _best_headline(blocks: list[Block], same: list[int]) -> int:
    """Return the block with the headline that the article follows.

    Breadcrumbs, menus and the trending block may print it too.
    """
    with_front = [index for index in same if blocks[index].zone != "nav" and _has_front(blocks, index)]
    if with_front:
        return with_front[-1] if len(with_front) == 1 else _last_before_front(blocks, with_front)
    outside = [index for index in same if blocks[index].zone not in ("nav", "aside", "footer")] or same
    headings = [index for index in outside if _heading_tag(blocks[index]) == "h1"]
    plain = [index for index in outside if blocks[index].link is None]
    if headings:
        # The headline stands twice, and the heading need not be the second.
        last = headings[-1]
        return last + 1 if last + 1 in plain else last
    return _end_of_first_run(plain or outside)


def _last_before_front(blocks: list[Block], candidates: list[int]) -> int:
    first = candidates[0]
    following = [index for index in candidates if index - first <= LONGEST_LEDE + 1]
    return following[-1]


def _end_of_first_run(indices: list[int]) -> int:
    """Return the last of the first indices that stand at most three blocks apart."""
    end = indices[0]
    for index in indices[1:]:
        if index - end > 3:
            break
        end = index
    return end


def _heading_tag(block: Block) -> str:
    """Return ``h1`` for a block in one, even where the heading's text stands in a child of it."""
    around = (block.element, *islice(block.element.iterancestors(), 2))
    return "h1" if any(element.tag == "h1" for element in around) else block.tag


def _has_front(blocks: list[Block], headline: int) -> bool:
    wanted = fold(blocks[headline].text)
    texts = 0
    for block in blocks[headline + 1 : headline + _WINDOW]:
        if fold(block.text) == wanted:
            continue
        if any(line.kind != "other" for line in lines(block) or ()):
            return True
        if not is_passed_over(block):
            texts += 1
            if texts > LONGEST_LEDE:
                return False
    return False
