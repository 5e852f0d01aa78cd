"""One pass over the tree of a page, which collects what is visible: text, pictures, links."""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from unicodedata import is_normalized

from selectolax.lexbor import LexborNode

from caravan_crawler.normalise.text import UNSEEN_LETTERS, clean, without_unseen
from caravan_crawler.pages.blocks import LINE_BREAK, SUBHEADS, Block, Element, Picture, Piece
from caravan_crawler.pages.fact_forms import is_certain_fact
from caravan_crawler.pages.labels import is_trending_heading
from caravan_crawler.pages.selectors import holds_text, is_for_screen_readers, is_icon_font

_BLOCK_TAGS = frozenset(
    "address article aside blockquote body caption center dd details dialog dir div dl dt fieldset figcaption "
    "figure footer form h1 h2 h3 h4 h5 h6 header hgroup hr li main menu nav ol p pre section summary table "
    "tbody td tfoot th thead tr ul amp-accordion".split()
)
_UNSEEN_TAGS = frozenset(
    "-comment script style noscript template svg math head iframe object video audio canvas select datalist textarea "
    "button title meta link base noembed noframes amp-analytics amp-ad amp-sidebar xml w:worddocument".split()
)
_TEXT, _UNSEEN, _BLOCK, _PICTURE, _BREAK, _INLINE = range(6)
#: Elements that may hide a link.
_MAY_HIDE = (
    ":is([hidden], [style*=none i], [style*=hidden i], [class*=screen-reader], [class*=hidden], [class*=sr-only], "
)
_MAY_HIDE += f"{', '.join(sorted(_UNSEEN_TAGS - {'-comment', 'w:worddocument'}))})"
_KINDS = {"-text": _TEXT, "img": _PICTURE, "amp-img": _PICTURE, "br": _BREAK}
_KINDS |= dict.fromkeys(_BLOCK_TAGS, _BLOCK) | dict.fromkeys(_UNSEEN_TAGS, _UNSEEN)
#: Parts of a page that never hold an article's paragraphs.
_ZONES = frozenset("nav aside footer figcaption".split())
#: Inline elements that say something by their attributes alone.
_KEPT_EMPTY = ("a", "time")
#: Blocks that are noted on the way.
_SPECIAL = _ZONES | {"div", "form", "h1", "h2", "h3"}
#: A footer in one of these says who is quoted.
_QUOTATIONS = frozenset(["blockquote", "figure"])
_ICONS = frozenset(["i", "span", "mat-icon"])
#: Kinds of an ``input`` that nobody fills in, and fields that somebody does.
_NO_FORM = ("hidden", "submit", "button", "image")
_FIELD = "textarea, select, input" + "".join(f":not([type={kind}])" for kind in _NO_FORM)
#: A form with so few letters and a field is for searching or commenting; another may be around the whole page.
_SMALL_FORM = 400
#: Nested elements below which a page is not read; browsers have such a limit too.
_DEEPEST = 400
_HIDING_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_INLINE_STYLE = re.compile(r"display\s*:\s*inline\s*(?:;|$)", re.IGNORECASE)
_UNSEEN_LETTER = re.compile(f"[{UNSEEN_LETTERS}]").search
#: The text of a page has ended if its last headline and some paragraphs were met, the element around all of them has
#: ended, and then this number of other blocks was met, or the second number behind the trending block. The rest is read
#: for its links only, which bounds the work on a page with thousands of comments or cards behind the text.
_FEWEST_PARAGRAPHS, _MOST_BEHIND, _MOST_BEHIND_TRENDING = 2, 1000, 30
_SHORTEST_PARAGRAPH, _ENDS = 60, '.!?…»”"'
#: Letters of a fact that may stand in one block with the text.
_LONGEST_FACT, _SHORTEST_TEXT = 80, 40
#: Spaces with which old pages begin a paragraph.
_INDENTS = ("\xa0\xa0", "\u2003", "\u3000")
#: Letters of a button that unfolds a part of the text; those of menus have fewer.
_SHORTEST_QUESTION = 14


@dataclass(slots=True)
class Visible:
    """Visible content of a page in reading order.

    ``text_container`` is the element known to hold the text in the first and second generation; ``headings`` are the
    ``h1`` elements, ``times`` the ``time`` elements, ``forms`` the forms and what is around an input; ``is_too_deep``
    says that elements nested too deeply were left out.
    """

    blocks: list[Block] = field(default_factory=list)
    pictures: list[Picture] = field(default_factory=list)
    links: list[Element] = field(default_factory=list)
    times: list[Element] = field(default_factory=list)
    headings: list[Element] = field(default_factory=list)
    forms: list[Element] = field(default_factory=list)
    text_container: Element | None = None
    is_too_deep: bool = False


def visible_parts(root: LexborNode) -> Visible:
    """Return what is visible below ``root``.

    The first and last lines of a block that parts its lines by ``br`` are blocks of their own where they are facts: a
    date over a text.
    """
    visible = _walk(root)
    text = " ".join([block.text for block in visible.blocks]).replace("\n", " ")
    is_clean = text.isprintable() and is_normalized("NFC", text) and not _UNSEEN_LETTER(text)
    if not is_clean and without_unseen(text) != text:
        # Characters that nobody sees would keep words from being known, and are no text of their own.
        visible = _walk(root, is_cleaning=True)
    return visible


#: The sibling behind an element, and what held for the element.
_State = tuple[
    LexborNode | None,
    Element | None,
    Element,
    Element | None,
    Element | None,
    str | None,
]


def _walk(root: LexborNode, *, is_cleaning: bool = False) -> Visible:
    """Return what is visible below ``root``; with ``is_cleaning``, without characters that nobody sees.

    It runs for every element of every page, so it is written for speed: one loop, which stores the state of each
    element around the present one in ``stack``.
    """
    visible = Visible()
    blocks, pictures, links, times = visible.blocks, visible.pictures, visible.links, visible.times
    pieces: list[Piece] = []
    is_over = False
    preformatted = paragraphs = since_paragraph = 0
    last_headline = _last_headline(root)
    headline: Element | None = None
    article: Element | None = None
    trending: Element | None = None
    last_link: LexborNode | None = None

    def note_special(node: LexborNode, element: Element, tag_around: str, zone: str | None) -> str | None:
        """Note an element that is more than a block; return the zone in it."""
        nonlocal headline
        tag = element.tag
        if node.mem_id == last_headline:
            headline = element
        if tag == "div":
            if visible.text_container is None and holds_text(element.attributes.get("class") or ""):
                visible.text_container = element
            return zone
        if tag == "h1":
            visible.headings.append(element)
        if tag == "form":
            visible.forms.append(element)
            is_small = len(node.text()) < _SMALL_FORM
            return tag if is_small and node.css_matches(_FIELD) and not node.css_matches("h1") else zone
        return tag if tag in _ZONES and not (tag == "footer" and tag_around in _QUOTATIONS) else zone

    def flush(block: Element, zone: str | None) -> None:
        """End the block of text collected so far; two line breaks in it make it two blocks."""
        joined = pieces[0][0] if len(pieces) == 1 else "".join([text for text, _, _ in pieces])
        if LINE_BREAK in joined:
            for its_text, its_pieces in _lines(pieces):
                add(block, zone, its_text, its_pieces)
        elif text := " ".join(joined.split()):
            add(block, zone, text, pieces[:])
        pieces.clear()

    def add(block: Element, zone: str | None, text: str, its_pieces: list[Piece]) -> None:
        """Add a block; note where headline, text and trending block end."""
        nonlocal paragraphs, since_paragraph, is_over, article, trending
        if is_cleaning and not (text := clean(text)):
            return
        blocks.append(Block(block, zone, text, its_pieces, len(blocks)))
        if headline is not None:
            if len(text) >= _SHORTEST_PARAGRAPH and text[-1] in _ENDS and its_pieces[0][1] is None:
                paragraphs, since_paragraph = paragraphs + 1, 0
                if zone is None:
                    article = _around_both(article or headline, block)
            elif article is not None and article.last > article.first:  # it has ended
                since_paragraph += zone is None
                if trending is None and is_trending_heading(text):
                    trending = block
                is_over = paragraphs >= _FEWEST_PARAGRAPHS and (
                    since_paragraph >= _MOST_BEHIND
                    or (trending is not None and len(blocks) >= _end_of_box(trending) + _MOST_BEHIND_TRENDING)
                )

    # The state of the loop: the element around the present children, if it says anything; the block they are part of;
    # the link and the inline element around them; their zone; the last icon before the child.
    element: Element | None
    link: Element | None
    inline: Element | None
    zone: str | None
    icon: dict[str, str | None] | None
    element = block = top = Element(root.tag or "html", root.attributes, None, 0)
    link = inline = zone = icon = None
    stack: list[_State] = []
    child = root.child
    while True:
        if child is None or is_over:  # the end of an element
            if element is block:
                if pieces:
                    flush(block, zone)
                block.last = len(blocks)
                preformatted -= block.tag == "pre"
                icon = None
            elif element is not None:
                element.last = len(blocks) + bool(pieces)
            if not stack:
                break
            child, element, block, link, inline, zone = stack.pop()
            continue
        tag = child.tag or ""
        kind = _KINDS.get(tag, _INLINE)
        if kind == _TEXT:
            text = child.text_content or ""
            if is_cleaning and not text.isspace():
                text = without_unseen(text)
            if preformatted and "\n" in text:
                for number, line in enumerate(text.split("\n")):
                    pieces.extend([(LINE_BREAK, link, inline)] if number else [])
                    pieces.extend([(line, link, inline)] if line else [])
            # White space matters only behind something.
            elif text and (pieces or not text.isspace()):
                if len(pieces) == 1 and len(text) > _SHORTEST_TEXT and _is_marked_date(pieces[0]):
                    flush(block, zone)
                if icon is not None and not text.isspace():
                    pieces.append((text, link, Element("i", icon, inline or block, len(blocks))))
                    icon = None
                elif pieces and pieces[-1][1] is link and _is_behind_comment(child):
                    pieces[-1] = (pieces[-1][0] + text, link, pieces[-1][2])
                else:
                    pieces.append((text, link, inline))
        elif kind == _UNSEEN and not (tag == "button" and (block.tag in SUBHEADS or _unfolds(child))):
            if tag == "svg":
                icon = _icon(child)
        elif kind == _BREAK:
            pieces.append((LINE_BREAK, link, inline))
        elif kind == _PICTURE:
            if pieces and link is None and _stands_alone(" ".join(text for text, *_ in pieces).strip()):
                flush(block, zone)  # a date before a picture that floats in the text
            pictures.append(Picture(child, inline or block, link, zone, len(blocks)))
            if (source := child.attributes.get("src") or "").endswith(".svg"):
                icon = {**child.attributes, "title": source}
        elif (first := child.child) is None and tag not in _KEPT_EMPTY:  # an icon, a place for an advert
            if tag == "input" and child.attributes.get("type") not in _NO_FORM:
                visible.forms.append(inline or block)
            if kind == _BLOCK:
                if pieces:
                    flush(block, zone)
            else:
                icon = child.attributes or icon
        elif tag in _ICONS and is_icon_font(child.attributes.get("class") or ""):
            icon = {**child.attributes, "title": child.text()}
        elif not ((attributes := child.attributes) and _is_hidden(attributes, child)):
            if tag == "div" and "style" in attributes and _INLINE_STYLE.search(attributes["style"] or ""):
                kind = _INLINE
            if kind == _BLOCK and pieces:
                flush(block, zone)
            if len(stack) == _DEEPEST:
                visible.is_too_deep = True
            else:
                stack.append((child.next, element, block, link, inline, zone))
                if kind == _BLOCK:
                    new = Element(tag, attributes, inline or block, len(blocks))
                    if tag in _SPECIAL:
                        zone = note_special(child, new, element.tag if element is not None else "", zone)
                    preformatted += tag == "pre"
                    element, block, inline, icon = new, new, None, None
                    if "title" in attributes:
                        times.append(new)
                elif attributes or tag in _KEPT_EMPTY:
                    element = inline = Element(tag, attributes, inline or block, len(blocks))
                    if tag == "a":
                        link, last_link = element, child
                        links.append(element)
                    elif tag == "time" or (tag in ("abbr", "span") and "title" in attributes):
                        times.append(element)
                else:
                    element = None
                child = first
                continue
        child = child.next

    if is_over:
        links += [Element("a", node.attributes, top, len(blocks)) for node in _links_behind(root, last_link)]
    return visible


def _is_behind_comment(node: LexborNode) -> bool:
    """Whether a comment parts a text node from another one, as React writes them: ``Views: <!-- -->60``."""
    comment = node.prev
    return comment is not None and comment.tag == "-comment" and comment.prev is not None and comment.prev.is_text_node


def _unfolds(button: LexborNode) -> bool:
    """Whether a button has a line of the text, as a question has, and unfolds what follows."""
    text = button.text().strip()
    return len(text) >= _SHORTEST_QUESTION and ("aria-expanded" in button.attributes or text[-1] == "?")


def _last_headline(root: LexborNode) -> int | None:
    """Return the ``mem_id`` of the last ``h1``, or of the last other heading that the page's title begins with."""
    headlines = root.css("h1")
    title = root.css_first("title")
    if not headlines and title is not None:
        start = " ".join(title.text().split())
        headlines = [
            node for node in root.css("h2, h3") if (text := " ".join(node.text().split())) and start.startswith(text)
        ]
    return headlines[-1].mem_id if headlines else None


def _end_of_box(heading: Element) -> float:
    """Return the number of the block behind the box of a ``heading``; infinity if it has not ended."""
    for element in heading.around:
        if element.last == element.first:
            break
        if element.last > heading.first + 1:
            return element.last
    return math.inf


def _around_both(element: Element, block: Element) -> Element:
    """Return the innermost element around both; only its start need be known."""
    while element.parent is not None and not block.is_within(element):
        element = element.parent
    return element


def _icon(node: LexborNode) -> dict[str, str | None]:
    """Return the names of a drawing, and the name of the drawing that it uses as its title."""
    used = node.css_first("use")
    name = (used.attributes.get("href") or used.attributes.get("xlink:href")) if used is not None else None
    return {**node.attributes, "title": name} if name else node.attributes


def _links_behind(root: LexborNode, last: LexborNode | None) -> Iterator[LexborNode]:
    """Yield the visible links behind the ``last`` one that was met."""
    hidden = {link.mem_id for link in root.css(f"{_MAY_HIDE} a, a{_MAY_HIDE}") if _is_in_unseen(link)}
    nodes = iter(root.css("a"))
    if last is not None:
        next(node for node in nodes if node.mem_id == last.mem_id)
    yield from (node for node in nodes if node.mem_id not in hidden)


def _is_in_unseen(node: LexborNode | None) -> bool:
    while node is not None:
        if _KINDS.get(node.tag or "") == _UNSEEN or _is_hidden(node.attributes, node):
            return True
        node = node.parent
    return False


#: A line of a block: its text and pieces.
_Line = tuple[str, list[Piece]]


def _lines(pieces: list[Piece]) -> Iterator[_Line]:
    """Yield the text and pieces of the blocks in a text with line breaks; an indented line begins a block, too."""
    line: list[Piece] = []
    lines: list[_Line] = []
    for piece in [*pieces, (LINE_BREAK, None, None), (LINE_BREAK, None, None)]:
        if piece[0] != LINE_BREAK:
            line.append(piece)
            continue
        raw = "".join([part for part, _, _ in line])
        text = " ".join(raw.split())
        if lines and (not text or raw.lstrip(" \t\r\n").startswith(_INDENTS)):
            for group in _parted(lines):
                yield "\n".join([text for text, _ in group]), [each for _, its in group for each in its][:-1]
            lines = []
        if text:
            lines.append((text, [*line, ("\n", piece[1], piece[2])]))
        line = []


def _stands_alone(line: str) -> bool:
    """Whether a line of a block is a fact."""
    return len(line) < _LONGEST_FACT and is_certain_fact(line)


def _is_marked_date(piece: Piece) -> bool:
    """Whether a piece of a block is a date in an element named for it: a text may follow in the same block."""
    return piece[2] is not None and "date" in piece[2].names and _stands_alone(piece[0].strip())


def _parted(lines: list[_Line]) -> Iterator[list[_Line]]:
    """Yield the lines of a block in groups, those that stand alone at its start and end apart."""
    alone = [_stands_alone(text) for text, _ in lines]
    start, end = 0, len(lines)
    while start < end and alone[start]:
        start += 1
    while end > start and alone[end - 1]:
        end -= 1
    yield from ([line] for line in lines[:start])  # one of them may be the headline
    yield from (group for group in (lines[start:end], lines[end:]) if group)


def _is_hidden(attributes: dict[str, str | None], node: LexborNode) -> bool:
    """Whether an element is hidden, or a mark that links to the heading before it: ``#``, ``¶``.

    One around the page's ``main`` is hidden until a script has run.
    """
    style = attributes.get("style")
    if style and _HIDING_STYLE.search(style):
        holds_main = node.tag == "main" or node.css_first("main") is not None
        return not holds_main or len(node.parser.css("main")) > 1
    if "href" in attributes and (attributes["href"] or "")[:1] == "#" and (text := node.text().strip()):
        return not any(map(str.isalnum, text))
    classes = attributes.get("class")
    return (classes is not None and is_for_screen_readers(classes)) or "hidden" in attributes
