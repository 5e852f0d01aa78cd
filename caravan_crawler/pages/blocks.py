"""Visible text of a page as blocks in reading order, and the elements around them."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile

from selectolax.lexbor import LexborNode

from caravan_crawler.pages.selectors import is_embed
from caravan_crawler.urls import Site

HEADINGS = frozenset(["h1", "h2", "h3", "h4", "h5", "h6"])
#: Headings in a text; a button in one folds what is below.
SUBHEADS = HEADINGS - {"h1"}
#: A noncharacter for ``br``: no page means anything by it.
LINE_BREAK = "\ufdd0"
#: Blocks in an element whose name may say what a number in it counts.
_FEW_BLOCKS = 2
#: White space and marks around a link that are no text.
_IGNORED = " \t\r\n\f\xa0→←↪➡►▶▸•·|»«" + LINE_BREAK


class Element:
    """A visible element: ``tag``, ``attributes``, ``parent``, and the blocks ``first`` to ``last`` (not included)."""

    __slots__ = ("attributes", "first", "last", "parent", "tag")

    def __init__(self, tag: str, attributes: dict[str, str | None], parent: "Element | None", first: int) -> None:
        self.tag = tag
        self.attributes = attributes
        self.parent = parent
        self.first = first
        self.last = first

    def __repr__(self) -> str:
        return f"<{self.tag} {self.names!r}>"

    def get(self, name: str) -> str | None:
        """Return an attribute, "" where it has no value, None where there is none."""
        value = self.attributes.get(name)
        return "" if value is None and name in self.attributes else value

    @property
    def names(self) -> str:
        """Classes and id."""
        attributes = self.attributes
        return f"{attributes.get('class') or ''} {attributes.get('id') or ''}" if attributes else " "

    @property
    def around(self) -> "Iterator[Element]":
        """The element and its ancestors, innermost first."""
        element: Element | None = self
        while element is not None:
            yield element
            element = element.parent

    def below(self, container: "Element | None") -> "Iterator[Element]":
        """Yield the element and its ancestors that are inside of ``container``, or all."""
        return takewhile(lambda element: element is not container, self.around)

    def is_set_as(self, other: "Element") -> bool:
        """Whether it is of the kind of another and in the same element, or in one of the same names."""
        around, around_other = self.parent, other.parent
        if self.tag != other.tag or around is None or around_other is None:
            return False
        return around is around_other or (around.names.strip() != "" and around.names == around_other.names)

    def is_within(self, container: "Element") -> bool:
        """Whether the element is ``container`` or inside of it."""
        element: Element | None = self
        while element is not None and element is not container:
            element = element.parent
        return element is not None


#: A text node: its text, the ``a`` element around it, and the innermost inline element around it, which is the icon
#: before it if there is one: a number often has nothing else that says what it counts.
Piece = tuple[str, Element | None, Element | None]


class Block:
    """A block of visible text.

    ``element`` is the block-level element it stands in, ``zone`` the nearest ``nav``, ``aside``, ``footer``, ``form``
    or ``figcaption`` around it, ``pieces`` its text nodes, ``index`` its place on the page.
    """

    __slots__ = ("element", "facts", "index", "is_pager", "pieces", "text", "zone")

    def __init__(self, element: Element, zone: str | None, text: str, pieces: list[Piece], index: int) -> None:
        self.element = element
        self.zone = zone
        self.text = text
        self.pieces = pieces
        self.index = index
        self.is_pager = False
        """Whether it links the pages of one article, and so says nothing of it."""
        self.facts: tuple[object, ...] | None = None
        """Cache of ``facts_of``; None before it was asked."""

    def __repr__(self) -> str:
        return f"<Block {self.tag} {self.text[:60]!r}>"

    @property
    def tag(self) -> str:
        """Name of the block's element."""
        return self.element.tag

    @property
    def is_quoted(self) -> bool:
        """Whether it stands in a quotation or in what a social network's embed is until its script runs."""
        around = self.element.around
        return any(
            (each.tag == "blockquote" and "caption" not in each.names) or is_embed(each.names) for each in around
        )

    @property
    def link(self) -> Element | None:
        """The ``a`` element all of the block's text is in; None where some text is outside of it."""
        links = {id(link): link for text, link, _ in self.pieces if text.strip(_IGNORED)}
        return next(iter(links.values())) if len(links) == 1 else None

    @property
    def has_links(self) -> bool:
        """Whether any of the block's text is in a link."""
        return any(link is not None for _, link, _ in self.pieces)

    @property
    def is_all_links(self) -> bool:
        """Whether no text of the block is outside of links."""
        return all(link is not None or not text.strip(_IGNORED) for text, link, _ in self.pieces)

    def linked_texts(self) -> list[tuple[str, str]]:
        """Return text and ``href`` of each link in the block, in order."""
        found: list[tuple[Element, list[str]]] = []
        for text, link, _ in self.pieces:
            if link is None:
                continue
            if found and found[-1][0] is link:
                found[-1][1].append(text)
            else:
                found.append((link, [text]))
        return [(" ".join("".join(texts).split()), link.get("href") or "") for link, texts in found]

    def names_around(self, inline: Element | None) -> str:
        """Return names and titles of the elements around a text, a line each, the inner ones first."""
        own, names, is_outside = self.element, "", False
        for each in (inline or own).around:
            is_outside = is_outside or each is own
            if is_outside and each is not own and each.last - each.first > _FEW_BLOCKS:
                break
            own_names = (each.names, each.get("title"), each.get("aria-label"), each.get("uk-icon"))
            names += " ".join(" ".join(filter(None, own_names)).split()) + "\n"
        return names

    def is_within(self, container: Element) -> bool:
        """Whether the block stands in ``container``."""
        return container.first <= self.index < container.last


@dataclass(slots=True)
class Picture:
    """A picture: its node, the element and the ``a`` around it, its zone, and the number of blocks before it."""

    node: LexborNode
    parent: Element
    link: Element | None
    zone: str | None
    position: int


def is_teaser(block: Block, site: Site, page_url: str) -> bool:
    """Whether a block is nothing but links, one of them to an article of the site."""
    return block.is_all_links and any(site.address(href, page_url) is not None for _, href in block.linked_texts())


def common_container(first: Block, second: Block) -> Element:
    """Return the innermost element around both blocks."""
    element = first.element
    while element.parent is not None and not second.is_within(element):
        element = element.parent
    return element
