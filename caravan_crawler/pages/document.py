"""From bytes to a parsed page, within bounds for its size."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, TypeVar
from urllib.parse import quote, urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

from caravan_crawler.pages.blocks import Block, Element, Picture
from caravan_crawler.pages.encoding import encoding_of, utf_16_as_utf_8
from caravan_crawler.pages.metadata import StructuredData, read_structured_data
from caravan_crawler.pages.selectors import BREADCRUMB_TIME
from caravan_crawler.pages.tree_walk import Visible, visible_parts
from caravan_crawler.urls import Site

#: Why a page is not parsed.
Excess = Literal["too_many_tags", "tag_too_long"]

#: Bytes from which a tag is long, which few are; all long tags together may have this multiple of the longest tag.
_LONG, _LONGEST_TOGETHER = 4096, 8
#: Tags of a page that may be repeated as often as its tree likes; and nodes of a tree, some 200 MB.
_FEW_TAGS, _MOST_NODES = 2_000, 1_000_000
_FORMATTING = re.compile(rb"<(/?)(?:[abisu]|big|code|em|font|nobr|small|strike|strong|tt)[\s>/]", re.IGNORECASE)
#: Possible ends of tags that are checked before the whole page is scanned.
_TRIES = 16
_SLASH = ord("/")
_SPACES_AND_EQUALS = b"= \t\n\r\f"
# One tag as a browser delimits it; behind that of a script or style sheet its text too, which has no tags. Comments are
# matched as well, since what looks like a tag in one is none. All repeats are possessive, so it takes linear time.
_TAG = re.compile(
    rb"""<(?:
        !--(?:-?>|(?:[^-]++|-(?!-!?>))*+(?:--!?>)?)
        |(?P<tag>(?:(?P<raw>(?i:script|style)(?=[\s/>]))|/?[A-Za-z])
            [^>=]*+(?:=\s*+(?:"[^"]*+(?:"|\Z)|'[^']*+(?:'|\Z)|)[^>=]*+)*+(?:>|\Z))
            (?(raw)(?:[^<]++|<(?!/(?i:script|style)))*+)
    )""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Bounds:
    """The most ``tags`` of a page, opening and closing, ``tag_bytes`` of one tag, and ``links`` that are followed.

    Values in quotes do not count as bytes of a tag.
    """

    tags: int = 50_000
    tag_bytes: int = 64 * 1024
    links: int = 2_000

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> "Bounds":
        """Return the bounds that the settings ``PAGE_MAX_…`` name; one that is not set has its default."""
        given = {name: settings.get(f"PAGE_MAX_{name.upper()}") for name in ("tags", "tag_bytes", "links")}
        return cls(**{name: int(value) for name, value in given.items() if value is not None})

    def excess_of(self, source: bytes) -> Excess | None:
        """Return which bound a page's ``source`` exceeds, or None; takes linear time and little memory."""
        most_together = _LONGEST_TOGETHER * self.tag_bytes
        tags = source.count(b"<")
        is_small = tags <= self.tags and (tags <= _FEW_TAGS or tags * _open_at_most(source) <= _MOST_NODES)
        if is_small and len(source) <= most_together and _has_short_tags(source, self.tag_bytes):
            return None
        count = together = is_open = repeated = 0
        for match in _TAG.finditer(source):
            start, end = match.span("tag")
            if start < 0:
                continue
            count += 1
            length = end - start + 1
            if length > _LONG:  # a value may be a whole picture; the number of attributes takes time
                length -= sum(map(len, _QUOTED.findall(source, start, end)))
            together += length if length > _LONG else 0
            if length > self.tag_bytes or together > most_together:
                return "tag_too_long"
            # A formatting element that is never closed is repeated in each block behind it.
            formatting = _FORMATTING.match(source, start - 1)
            if formatting is None:
                repeated += 0 if source[start] == _SLASH else is_open
            else:
                is_open = max(0, is_open - 1) if formatting[1] else is_open + 1
            if count > self.tags or repeated > _MOST_NODES:
                return "too_many_tags"
        return None


def _open_at_most(source: bytes) -> int:
    """Return how many formatting elements may be open at one place, with those in comments and scripts."""
    depth = deepest = 0
    for closing in _FORMATTING.findall(source):
        depth += -1 if closing and depth else not closing
        deepest = max(deepest, depth)
    return deepest


def _has_short_tags(source: bytes, limit: int) -> bool:
    """Whether surely no tag is longer than ``limit``: in each stretch of that length is a place where any tag ends.

    Such a place is a double quote and ``>`` behind it. The quote closes a value, or is no quote where the character
    before it is neither ``=`` nor a space, and then ``>`` ends the tag; unless both are in a value in single quotes.
    """
    known = 0
    while len(source) - known > limit:
        end = known + limit
        for _ in range(_TRIES):
            end = source.rfind(b'">', known + 1, end)
            if end < 0:
                return False
            if source[end - 1] not in _SPACES_AND_EQUALS and not _may_be_in_single_quotes(source, known, end):
                break
        else:
            return False
        known = end + 2
    return True


def _may_be_in_single_quotes(source: bytes, start: int, end: int) -> bool:
    quote = source.rfind(b"'", start, end)
    return quote >= 0 and source[quote - 1] in _SPACES_AND_EQUALS


_QUOTED = re.compile(rb"""=\s*+("[^"]*+"|'[^']*+')""")
#: Elements that a browser does not close by itself, so that a template writes both of their tags.
_OPENED = re.compile(rb"<(/?)(?:div|main|article|section|table|ul|form|nav|aside|header|footer)\b", re.IGNORECASE)

#: End tags that a page ends with, and elements that a template may forget to close.
_LAST, _MOST_UNCLOSED = (b"</script>", b"</noscript>", b"</style>", b"</main>"), 2


def _lacks_its_end(source: bytes) -> bool:
    """Whether a page opens ``<html>``, has no end tag of it or of its body, and leaves other elements open.

    Some templates write no ``</html>``; theirs end with a foot or a script, and close what they open, or nearly so.
    """
    if source.rfind(b"</html") >= 0:
        return False
    lowered = source.lower()
    if b"</html" in lowered or b"</body" in lowered or b"<html" not in lowered[:4096]:
        return False
    end = lowered.rstrip()
    tags = _OPENED.findall(lowered)
    unclosed = len(tags) - 2 * tags.count(b"/")
    if end.endswith(b"</footer>") or (end.endswith(_LAST) and tags and unclosed <= _MOST_UNCLOSED):
        return False
    return not tags or unclosed > 0 or not end.endswith(b">")


#: Addresses for which no joining and parsing is needed, as those of pictures are.
_REST = r"[^\x00-\x20\x7f-\xa0\u061c\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff?#;\[\]\\\"<>]*"
#: Characters that a browser escapes in an address, and those that control a terminal or the order of letters.
_UNSAFE = re.compile('[\x00-\x20"<>\x7f-\xa0\u061c\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]')
_WHOLE = re.compile(rf"https?://[A-Za-z0-9.\-]+(?::\d+)?(?:/{_REST})?", re.ASCII)
_ROOTED = re.compile(rf"/(?!/){_REST}")
#: Letters of an address that any server may answer.
_LONGEST_HREF = 20_000
#: Letters of the base of a page's links, with which each of them is joined.
_LONGEST_BASE = 2_000
_DAY, _CLOCK = re.compile(r"\d{1,2}(?![\d.])"), re.compile(r"\b\d{1,2}:\d{2}\b")
_BOUNDS = Bounds()
_T = TypeVar("_T")


@dataclass
class Document:
    """One fetched page: ``url`` after redirects, its ``source`` (UTF-8), its ``tree`` as a browser builds it, its site.

    A page that exceeds a bound is not parsed: ``excess`` names the bound, and the tree is empty.
    """

    url: str
    source: bytes
    tree: LexborHTMLParser
    site: Site
    bounds: Bounds = _BOUNDS
    excess: Excess | None = None
    has_more_links: bool = False
    """Whether links were left out because the page has more than ``bounds.links``."""

    @cached_property
    def base_url(self) -> str:
        """Base of relative links: the page's URL, or that of a ``base`` element."""
        base = (self.structured.base or "").strip()
        try:
            return urljoin(self.url, base) if 0 < len(base) <= _LONGEST_BASE else self.url
        except ValueError:
            return self.url

    def absolute(self, href: str) -> str | None:
        """Return ``href`` as an absolute http or https URL, or None where it is none."""
        href = href.strip()
        if not href or href[0] == "#" or len(href) > _LONGEST_HREF:
            return None
        if _WHOLE.fullmatch(href):
            return href
        if self._origin and _ROOTED.fullmatch(href) and "/." not in href:
            return self._origin + href
        try:
            url = _UNSAFE.sub(lambda found: quote(found[0], safe=""), urljoin(self.base_url, href))
            return url if urlsplit(url).scheme in ("http", "https") else None
        except ValueError:
            return None

    @cached_property
    def _origin(self) -> str:
        """Scheme and host of the base URL; empty if it is no web address."""
        if self.base_url.startswith(self.site.base):  # as on nearly every page; joining takes longer
            return self.site.base.removesuffix("/")
        root = urljoin(self.base_url, "/")
        return root[:-1] if root.startswith(("http://", "https://")) else ""

    @property
    def root(self) -> LexborNode:
        """The ``html`` element; a browser makes one of any source."""
        root = self.tree.root
        assert root is not None
        return root

    @property
    def is_cut(self) -> bool:
        """Whether the page lacks its end, or is nested too deeply."""
        return self.visible.is_too_deep or _lacks_its_end(self.source)

    @cached_property
    def structured(self) -> StructuredData:
        """Title, metadata and JSON-LD of the page."""
        return read_structured_data(self.tree, self.url)

    @cached_property
    def visible(self) -> Visible:
        """What is visible of the page. Hidden links are traps more often than ways."""
        return visible_parts(self.root)

    @cached_property
    def breadcrumb_date(self) -> tuple[str, str | None] | None:
        """The second generation's date as printed and in ISO 8601; None on other pages.

        The ISO form is put together from the day printed and the month and year of the script, ``'MM-YYYY'`` after a
        word with ``Date``; it is None where the printed text is a whole date by itself or the script has none.
        """
        found = next((time for time in self.visible.times if BREADCRUMB_TIME in time.names.split()), None)
        if found is None:
            return None
        printed = self.text_of(found)
        day, month = _DAY.match(printed), self.structured.month_of_script
        if not day or not month:
            return (printed, None) if printed else None
        clock = _CLOCK.search(printed)
        time = f"T{clock[0]:0>5}:00" if clock else ""
        return printed, f"{month}-{int(day[0]):02}{time}"

    @property
    def blocks(self) -> list[Block]:
        """The visible text in reading order."""
        return self.visible.blocks

    @property
    def pictures(self) -> list[Picture]:
        """The page's visible pictures, each with its place among the blocks."""
        return self.visible.pictures

    @cached_property
    def links(self) -> list[str]:
        """Where the page's visible links lead, as written, each once."""
        hrefs = [element.attributes.get("href") for element in self.visible.links]
        return list(dict.fromkeys([href for href in hrefs if href]))

    def text_of(self, element: Element) -> str:
        """Return the text of an element, by the text nodes that stand in it."""
        pieces = (
            text
            for block in self.blocks[element.first : element.last]
            for text, _, inline in block.pieces
            if (inline or block.element).is_within(element)
        )
        return " ".join("".join(pieces).split())

    def first_links(self, links: list[_T]) -> list[_T]:
        """Return as many of ``links`` as are followed on one page."""
        if len(links) > self.bounds.links:
            self.has_more_links = True
            return links[: self.bounds.links]
        return links


#: The id of a hidden element that React has streamed behind the page begins so.
_STREAMED, _MOST_STREAMED = b'id="S:', 50


def _place_streamed(tree: LexborHTMLParser) -> None:
    """Copy what React has streamed behind the page to its place, as its script moves it in a browser."""
    for part in tree.css('body > [hidden][id^="S:"]')[:_MOST_STREAMED]:
        number = (part.attributes["id"] or "").removeprefix("S:")
        place = tree.css_first(f'template[id="B:{number}"], template[id="P:{number}"]') if number.isalnum() else None
        if place is not None:
            for child in part.iter(include_text=True):
                place.insert_before(child)


def parse_document(
    body: bytes, url: str, site: Site, declared_encoding: str | None = None, bounds: Bounds = _BOUNDS
) -> Document:
    """Parse ``body``, if it is within ``bounds``; ``declared_encoding`` is that of the server's header, if any.

    :mod:`~caravan_crawler.pages.encoding` decides the encoding, whatever is declared.
    """
    source = utf_16_as_utf_8(body, declared_encoding) or body
    if excess := bounds.excess_of(source):
        return Document(url, source, LexborHTMLParser(""), site, bounds, excess)
    try:
        source.decode()
    except UnicodeDecodeError:
        source = source.decode(encoding_of(source, declared_encoding), "replace").encode()
    tree = LexborHTMLParser(source.replace(b"\0", b""))
    if _STREAMED in source:
        _place_streamed(tree)
    return Document(url, source, tree, site, bounds)
