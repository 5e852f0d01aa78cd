"""Visible text of a page as blocks in reading order, and helpers for the element tree."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from unicodedata import is_normalized

from lxml import etree

from caravan_crawler.normalise.text import UNSEEN_LETTERS, clean, without_unseen
from caravan_crawler.pages.selectors import holds_text
from caravan_crawler.urls import Site

_BLOCK_TAGS = frozenset(
    "address article aside blockquote body caption center dd details dialog dir div dl dt fieldset figcaption "
    "figure footer form h1 h2 h3 h4 h5 h6 header hgroup hr li main menu nav ol p pre section summary table "
    "tbody td tfoot th thead tr ul amp-sidebar amp-accordion".split()
)
_UNSEEN_TAGS = frozenset(
    "script style noscript template svg math head iframe object video audio canvas select datalist textarea "
    "button title meta link base noembed noframes amp-analytics amp-ad amp-sidebar".split()
)
_UNSEEN, _BLOCK, _PICTURE, _BREAK, _LINK, _INLINE = range(6)
_KINDS: dict[Any, int] = (
    dict.fromkeys(_BLOCK_TAGS, _BLOCK)
    | dict.fromkeys(_UNSEEN_TAGS, _UNSEEN)
    | {"img": _PICTURE, "amp-img": _PICTURE, "br": _BREAK, "a": _LINK}
)
#: Parts of a page that never hold an article's paragraphs.
_ZONES = frozenset("nav aside footer figcaption".split())
#: Headings in a text; a button in one folds what is below.
SUBHEADS = frozenset(["h2", "h3", "h4", "h5", "h6"])
#: A footer in one of these says who is quoted.
_QUOTATIONS = frozenset(["blockquote", "figure"])
#: A form with so few letters is for searching or commenting; a larger one may be around the whole page.
_SMALL_FORM = 400
_HIDING_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
#: A noncharacter: no page means anything by it.
_LINE_BREAK = "\ufdd0"
_NO_TEXT = frozenset(["script", "style"])
_FORM_FEEDS = re.compile("[\x0b\x0c]")
_UNSEEN_LETTER = re.compile(f"[{UNSEEN_LETTERS}]").search
#: Leading letters of a block that are searched for invisible characters: dates, names and topics are short, and
#: searching all text takes long. The most frequent ones, variation selectors of emoji, are found anywhere.
_SEARCHED = 48
_SELECTORS = ("\ufe0f", "\ufe0e")


class Block:
    """A block of visible text.

    ``element`` is the block-level element it stands in, ``zone`` the nearest ``nav``, ``aside``,
    ``footer``, ``form`` or ``figcaption`` around it, ``pieces`` its text nodes, each with the ``a``
    element around it (or None).
    """

    __slots__ = ("element", "front", "pieces", "text", "zone")

    def __init__(
        self,
        element: etree._Element,
        zone: str | None,
        text: str,
        pieces: "Sequence[tuple[str, etree._Element | None]]",
    ) -> None:
        self.element = element
        self.zone = zone
        self.text = text
        self.pieces = pieces
        self.front: Any = None
        """Cache of ``front_matter.lines``."""

    def __repr__(self) -> str:
        return f"<Block {self.tag} {self.text[:60]!r}>"

    @property
    def tag(self) -> str:
        """Name of the block's element."""
        return str(self.element.tag)

    @property
    def link(self) -> "etree._Element | None":
        """The ``a`` element all of the block's text is in; None where some text is outside of it."""
        links = {id(link): link for text, link in self.pieces if text.strip(_IGNORED)}
        return next(iter(links.values())) if len(links) == 1 else None

    @property
    def has_links(self) -> bool:
        """Whether any of the block's text is in a link."""
        if len(self.pieces) == 1:
            return self.pieces[0][1] is not None
        return any(link is not None for _, link in self.pieces)

    @property
    def is_all_links(self) -> bool:
        """Whether no text of the block is outside of links."""
        return all(link is not None for text, link in self.pieces if text.strip(_IGNORED))

    def linked_texts(self) -> list[tuple[str, str]]:
        """Return text and ``href`` of each link in the block, in order."""
        found: list[tuple[etree._Element, list[str]]] = []
        for text, link in self.pieces:
            if link is None:
                continue
            if found and found[-1][0] is link:
                found[-1][1].append(text)
            else:
                found.append((link, [text]))
        return [(" ".join("".join(texts).split()), link.get("href") or "") for link, texts in found]


def _is_small(form: etree._Element) -> bool:
    return sum(map(len, form.itertext())) < _SMALL_FORM


_IGNORED = " \t\r\n\f\xa0" + _LINE_BREAK


@dataclass(slots=True)
class Picture:
    """A picture: its element, the ``a`` around it, its zone, and the number of blocks before it."""

    element: etree._Element
    link: etree._Element | None
    zone: str | None
    position: int


class Visible(NamedTuple):
    """Visible content of a page in reading order: text blocks, pictures, links (``a`` elements).

    ``text_container`` is the element known to hold the text in the first and second generation.
    """

    blocks: list[Block]
    pictures: list[Picture]
    links: list[etree._Element]
    text_container: etree._Element | None


def visible_parts(root: etree._Element) -> Visible:
    """Return what is visible below ``root``."""
    walk = _walk(root)
    if walk.met_unseen:
        # Characters that nobody sees would keep words from being known, and are no text of their own.
        _remove_unseen(root)
        walk = _walk(root)
    return Visible(walk.blocks, walk.pictures, walk.links, walk.text_container)


def _walk(root: etree._Element) -> "_Walk":
    walk = _Walk()
    walk.enter(root, root, None, None)
    walk.flush(root, None)
    return walk


def _remove_unseen(root: etree._Element) -> None:
    """Remove from all text below ``root`` the characters that nobody sees."""
    for element in root.iter():
        if element.tag not in _NO_TEXT and (text := element.text) and (seen := _seen(text)) != text:
            element.text = seen
        if (tail := element.tail) and (seen := _seen(tail)) != tail:
            element.tail = seen


def _seen(text: str) -> str:
    # The tree takes back no other control characters than tabs and line breaks.
    return text if text.isspace() else _FORM_FEEDS.sub(" ", without_unseen(text))


class _Walk:
    """One pass over the tree. It runs for every element of every page, so it is written for speed."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self.pictures: list[Picture] = []
        self.links: list[etree._Element] = []
        self.text_container: etree._Element | None = None
        self.met_unseen = False
        """Whether the text of any block had characters that nobody sees."""
        self._pieces: list[tuple[str, etree._Element | None]] = []

    def enter(
        self, element: etree._Element, block: etree._Element, link: etree._Element | None, zone: str | None
    ) -> None:
        """Add ``element``'s text and children; ``block`` is the block-level element it is part of."""
        pieces = self._pieces
        text = element.text
        # White space matters only behind something.
        if text and (pieces or not text.isspace()):
            pieces.append((text, link))
        for child in element:
            kind = _KINDS.get(child.tag, _INLINE)
            if kind == _UNSEEN and not (child.tag == "button" and element.tag in SUBHEADS):
                pass
            elif kind == _INLINE and not len(child) and not child.text:
                pass  # an icon; there are many, and nothing of them is asked
            elif child.get("hidden") is not None or ((style := child.get("style")) and _HIDING_STYLE.search(style)):
                pass
            elif kind == _BLOCK:
                if pieces:
                    self.flush(block, zone)
                    pieces = self._pieces
                tag = child.tag
                if self.text_container is None and tag == "div" and holds_text(child.get("class") or ""):
                    self.text_container = child
                inner = tag if tag in _ZONES or (tag == "form" and _is_small(child)) else zone
                if tag == "footer" and element.tag in _QUOTATIONS:
                    inner = zone
                self.enter(child, child, link, inner)
                if self._pieces:
                    self.flush(child, inner)
                pieces = self._pieces
            elif kind == _PICTURE:
                self.pictures.append(Picture(child, link, zone, len(self.blocks)))
            elif kind == _BREAK:
                pieces.append((_LINE_BREAK, link))
            else:
                around = child if kind == _LINK else link
                if kind == _LINK:
                    self.links.append(child)
                if len(child):
                    self.enter(child, block, around, zone)
                    pieces = self._pieces
                elif (text := child.text) and (pieces or not text.isspace()):
                    pieces.append((text, around))
            text = child.tail
            if text and (pieces or not text.isspace()):
                pieces.append((text, link))

    def flush(self, block: etree._Element, zone: str | None) -> None:
        """End the block of text collected so far; two line breaks in it make it two blocks."""
        pieces, self._pieces = self._pieces, []
        if len(pieces) == 1:
            text = " ".join(pieces[0][0].split())
            if text and text != _LINE_BREAK:
                self._add(block, zone, text, pieces)
            return
        joined = "".join([text for text, _ in pieces])
        if _LINE_BREAK not in joined:
            text = " ".join(joined.split())
            if text:
                self._add(block, zone, text, pieces)
            return
        self._flush_lines(block, zone, pieces)

    def _add(
        self, block: etree._Element, zone: str | None, text: str, pieces: list[tuple[str, etree._Element | None]]
    ) -> None:
        """Add a block, unless nobody sees its ``text``."""
        is_plain = text.isprintable() and is_normalized("NFC", text) and not _UNSEEN_LETTER(text, 0, _SEARCHED)
        if not is_plain or _SELECTORS[0] in text or _SELECTORS[1] in text:
            texts = (piece for piece, _ in pieces if piece != _LINE_BREAK)
            self.met_unseen = self.met_unseen or any(without_unseen(piece) != piece for piece in texts)
            text = clean(text)
            if not text:
                return
        self.blocks.append(Block(block, zone, text, pieces))

    def _flush_lines(
        self, block: etree._Element, zone: str | None, pieces: list[tuple[str, etree._Element | None]]
    ) -> None:
        line: list[tuple[str, etree._Element | None]] = []
        paragraph: list[tuple[str, etree._Element | None]] = []
        texts: list[str] = []
        for piece in [*pieces, (_LINE_BREAK, None), (_LINE_BREAK, None)]:
            if piece[0] != _LINE_BREAK:
                line.append(piece)
                continue
            line_text = " ".join("".join([part for part, _ in line]).split())
            if line_text:
                texts.append(line_text)
                paragraph += [*line, ("\n", piece[1])]
            elif texts:
                self._add(block, zone, "\n".join(texts), paragraph[:-1])
                paragraph, texts = [], []
            line = []


def is_teaser(block: Block, site: Site, page_url: str) -> bool:
    """Whether a block is nothing but links, one of them to an article of the site."""
    return block.is_all_links and any(site.address(href, page_url) is not None for _, href in block.linked_texts())


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
