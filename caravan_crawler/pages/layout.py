"""Where the parts of an article lie among a page's visible blocks.

The order of the visible text is what all known copies of the present site have in common: headline
(twice), lede, date of publication, views, photo credit, paragraphs, trending block. Some or all of the
lines between may be missing. Class names play no part here, but for the text containers of the first
two generations, which are known.
"""

from dataclasses import dataclass, field

from lxml import etree

from caravan_crawler.pages.blocks import Block
from caravan_crawler.pages.document import Document
from caravan_crawler.pages.frontmatter import Line, lines
from caravan_crawler.pages.furniture import fold, is_colophon, is_end_label, is_label
from caravan_crawler.pages.generations import text_container
from caravan_crawler.pages.headline import title_candidates
from caravan_crawler.pages.trending import TrendingBlock, find_trending, is_prose

#: How many blocks after the headline may pass before the lines under it must have begun.
_LONGEST_LEDE = 2
_WINDOW = 14


@dataclass
class Layout:
    """Indices into ``document.blocks``. ``text_start`` to ``text_end`` is the article's text, still with
    boxes and labels in it; ``lede`` the blocks of the lede; ``front`` the lines found, in order."""

    first_headline: int | None = None
    headline: int | None = None
    front: list[Line] = field(default_factory=list)
    lede: list[int] = field(default_factory=list)
    text_start: int = 0
    text_end: int = 0
    trending: TrendingBlock | None = None
    container: etree._Element | None = None
    """The element that holds the text and nothing of the headline, where there is one."""

    def first(self, kind: str) -> str | None:
        """Return the value of the first line of ``kind``, or None."""
        return next((line.value for line in self.front if line.kind == kind and line.value), None)


def find_layout(document: Document) -> Layout:
    """Find the parts of the article on the page; what is not there stays empty."""
    blocks = document.blocks
    layout = Layout()
    known = text_container(document.source, document.root)
    _find_headline(document, layout, known)
    if layout.headline is None:
        layout.trending = find_trending(blocks, document.site, document.url, headed_only=True)
        layout.text_start = layout.text_end = len(blocks)
        return layout
    _read_front(blocks, layout, known)
    layout.trending = find_trending(blocks, document.site, document.url, layout.text_start)
    if known is not None:
        _text_in_container(blocks, layout, known)
    else:
        _find_text_end(blocks, layout)
    return layout


def _find_headline(document: Document, layout: Layout, known: etree._Element | None) -> None:
    blocks = document.blocks
    for candidate in title_candidates(document.structured):
        wanted = fold(candidate)
        cut = candidate.endswith(("…", "..."))
        if len(wanted) < 2:
            continue
        same = [index for index, block in enumerate(blocks) if block.text == candidate] or [
            index
            for index, block in enumerate(blocks)
            if abs(len(block.text) - len(candidate)) <= 24 + len(candidate) // 4 or cut
            if (folded := fold(block.text)) == wanted or (cut and len(wanted) > 15 and folded.startswith(wanted))
        ]
        if same:
            layout.headline = _best_headline(blocks, same, known)
            layout.first_headline = min(index for index in same if index <= layout.headline)
            return
    headings = [index for index, block in enumerate(blocks) if _heading_tag(block) == "h1" and block.link is None]
    twins = [
        index + 1
        for index in range(len(blocks) - 1)
        if len(blocks[index].text) > 12 and blocks[index].text == blocks[index + 1].text
    ]
    for candidates in (headings, twins):
        found = [index for index in candidates if _has_front(blocks, index)] or candidates[:1]
        if found:
            layout.headline = layout.first_headline = found[0]
            return


def _best_headline(blocks: list[Block], same: list[int], known: etree._Element | None) -> int:
    """Of the blocks that print the headline, return the one the article follows.

    Breadcrumbs, menus and the trending block may print it too.
    """
    with_front = [index for index in same if _has_front(blocks, index) and blocks[index].zone != "nav"]
    if with_front:
        return with_front[-1] if len(with_front) == 1 else _last_before_front(blocks, with_front)
    outside = [index for index in same if blocks[index].zone not in ("nav", "aside", "footer")] or same
    headings = [index for index in outside if _heading_tag(blocks[index]) == "h1"]
    plain = [index for index in outside if blocks[index].link is None]
    if headings:
        # The headline stands twice, and the heading need not be the second.
        last = headings[-1]
        return last + 1 if last + 1 in plain else last
    if known is None and plain:
        return _end_of_first_run(plain)
    return _end_of_first_run(plain or outside)


def _last_before_front(blocks: list[Block], candidates: list[int]) -> int:
    first = candidates[0]
    following = [index for index in candidates if index - first <= _LONGEST_LEDE + 1]
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
    element: etree._Element | None = block.element
    for _ in range(3):
        if element is None:
            break
        if element.tag == "h1":
            return "h1"
        element = element.getparent()
    return block.tag


def _has_front(blocks: list[Block], headline: int) -> bool:
    wanted = fold(blocks[headline].text)
    texts = 0
    for block in blocks[headline + 1 : headline + _WINDOW]:
        if fold(block.text) == wanted:
            continue
        if lines(block):
            return True
        if not _is_passed_over(block):
            texts += 1
            if texts > _LONGEST_LEDE:
                return False
    return False


def _is_passed_over(block: Block) -> bool:
    return (
        block.zone in ("nav", "form", "figcaption")
        or is_label(block.text)
        or (block.is_all_links and len(block.text) < 60)
    )


def _read_front(blocks: list[Block], layout: Layout, known: etree._Element | None) -> None:
    """Read the lede and the lines under the headline, and find where the text begins."""
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
        if found and any(line.kind == "credit" for line in layout.front) and _is_paragraph(blocks, position):
            break  # the credit is the last of the lines, so a number alone behind it is text
        if found and (known is not None or started or len(leading) <= _LONGEST_LEDE):
            layout.front.extend(found)
            started = True
        elif (fold(block.text) == headline and not started) or (
            _is_passed_over(block) and not (started and block.link is None and known is None)
        ):
            pass
        elif known is None and (started or len(leading) >= _LONGEST_LEDE):
            break
        else:
            leading.append(position)
        position += 1
    layout.text_start = position
    if known is not None or started:
        layout.lede = leading[: _LONGEST_LEDE + 1] if known is None else leading[-_LONGEST_LEDE:]
        return
    # No line at all between headline and text: the lede shows only where it is set apart from the text.
    layout.text_start = leading[0] if leading else position
    if leading and _stands_apart(blocks, leading[0], headline):
        layout.lede = leading[:1]
        layout.text_start = leading[0] + 1


def _is_paragraph(blocks: list[Block], position: int) -> bool:
    """Whether a block stands among the paragraphs: beside the next one, in a like element."""
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


def is_within(element: etree._Element, container: etree._Element) -> bool:
    """Whether ``element`` is ``container`` or inside of it."""
    node: etree._Element | None = element
    while node is not None:
        if node is container:
            return True
        node = node.getparent()
    return False


def common_container(first: etree._Element, second: etree._Element) -> etree._Element:
    """Return the innermost element around both, never one of them unless it holds the other."""
    around = [first, *first.iterancestors()] if first is not second else [first]
    ancestors = {id(node): node for node in around}
    node = second
    while id(node) not in ancestors:
        parent = node.getparent()
        if parent is None:
            return node
        node = parent
    return ancestors[id(node)]


def _text_in_container(blocks: list[Block], layout: Layout, known: etree._Element) -> None:
    inside = [index for index, block in enumerate(blocks) if is_within(block.element, known)]
    layout.container = known
    layout.text_start = inside[0] if inside else len(blocks)
    layout.text_end = inside[-1] + 1 if inside else len(blocks)
    if layout.trending and layout.text_start <= layout.trending.start < layout.text_end:
        layout.text_end = layout.trending.start


def _find_text_end(blocks: list[Block], layout: Layout) -> None:
    """Find where the text ends: at the trending block, else where its container or the page's foot does."""
    start = layout.text_start
    limit = layout.trending.start if layout.trending else len(blocks)
    foot = next((index for index in range(start, limit) if blocks[index].zone == "footer"), limit)
    if layout.trending is None:
        foot = next((index for index in range(start, foot) if is_colophon(blocks[index].text)), foot)
    article = _around_article(blocks, layout)
    layout.container = _container(blocks, start, foot, article)
    layout.text_end = start
    for index in range(start, foot):
        if layout.trending is None and not _is_text(blocks[index], layout.container, article):
            if is_end_label(blocks[index].text):
                break
            continue
        layout.text_end = index + 1


def _is_text(block: Block, container: etree._Element | None, article: etree._Element | None) -> bool:
    """Whether a block, on a page without trending block, is in the text or a paragraph that goes on with it."""
    if container is None or is_within(block.element, container):
        return True
    if not is_prose(block) or block.zone is not None:
        return False
    if article is not None and article.tag not in ("body", "html") and is_within(block.element, article):
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


def _around_article(blocks: list[Block], layout: Layout) -> etree._Element | None:
    """Return the innermost element around headline and text."""
    if layout.headline is None or layout.text_start >= len(blocks):
        return None
    return common_container(blocks[layout.headline].element, blocks[layout.text_start].element)


def _container(blocks: list[Block], start: int, end: int, article: etree._Element | None) -> etree._Element | None:
    """Return the innermost element around the text's first two paragraphs.

    Where the second stands outside of the element around headline and text, there is only one.
    """
    paragraphs = [block for block in blocks[start:end] if block.zone is None]
    if not paragraphs:
        return None
    first = paragraphs[0].element
    if len(paragraphs) < 2 or (article is not None and not is_within(paragraphs[1].element, article)):
        return article if article is not None else first.getparent()
    return first if first is paragraphs[1].element else common_container(first, paragraphs[1].element)
