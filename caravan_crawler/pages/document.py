"""A page's bytes as a tree, with the few questions every reader asks of it."""

import codecs
import re
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urljoin, urlsplit

from lxml import etree

from caravan_crawler.pages.blocks import Block, Picture, Visible, visible_parts
from caravan_crawler.pages.structured import StructuredData, read_structured_data
from caravan_crawler.site import Site

_DECLARED = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([\w\-]{2,20})""", re.IGNORECASE)
#: Addresses for which no joining and parsing is needed, as those of pictures are.
_REST = r"[^\x00-\x20\x7f-\xa0?#;\[\]\\]*"
_WHOLE = re.compile(rf"https?://[A-Za-z0-9.\-]+(?::\d+)?(?:/{_REST})?", re.ASCII)
_ROOTED = re.compile(rf"/(?!/){_REST}")
#: A page is UTF-8 with broken bytes if it has so many Cyrillic letters for each of them.
_LETTERS_FOR_ONE_BROKEN = 10
_PARSER = etree.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, compact=True)


@dataclass
class Document:
    """One fetched page: ``url`` after redirects, its ``source`` (UTF-8), the ``root`` of its tree, and its site.

    ``is_unfinished`` says that the parser gave up before the page's end, as it does on 256 nested elements.
    """

    url: str
    source: bytes
    root: etree._Element
    site: Site
    is_unfinished: bool = False

    @cached_property
    def base_url(self) -> str:
        """What relative links are relative to: the page's URL, unless a ``base`` element names another."""
        base = self.structured.base
        try:
            return urljoin(self.url, base.strip()) if base else self.url
        except ValueError:
            return self.url

    def absolute(self, href: str) -> str | None:
        """Return ``href`` as an absolute http or https URL, or None where it is none."""
        href = href.strip()
        if not href or href[0] == "#":
            return None
        if _WHOLE.fullmatch(href):
            return href
        if self._origin and _ROOTED.fullmatch(href) and "/." not in href:
            return self._origin + href
        try:
            url = urljoin(self.base_url, href)
            return url if urlsplit(url).scheme in ("http", "https") else None
        except ValueError:
            return None

    @cached_property
    def _origin(self) -> str:
        """What paths from the root are behind; empty where that is no web address."""
        if self.base_url.startswith(self.site.base):  # as on nearly every page; joining takes longer
            return self.site.base.removesuffix("/")
        root = urljoin(self.base_url, "/")
        return root[:-1] if root.startswith(("http://", "https://")) else ""

    @property
    def is_cut(self) -> bool:
        """Whether the page lacks its end: it opens ``<html>`` and never closes it, or the parser gave up."""
        if self.is_unfinished:
            return True
        if self.source.rfind(b"</html") >= 0:
            return False
        lowered = self.source.lower()
        return b"<html" in lowered[:4096] and b"</html" not in lowered

    @cached_property
    def structured(self) -> StructuredData:
        """Title, metadata and JSON-LD of the page."""
        return read_structured_data(self.root)

    @cached_property
    def _visible(self) -> Visible:
        return visible_parts(self.root)

    @property
    def blocks(self) -> list[Block]:
        """The visible text in reading order."""
        return self._visible.blocks

    @property
    def pictures(self) -> list[Picture]:
        """The page's visible pictures, each with its place among the blocks."""
        return self._visible.pictures

    @property
    def text_container(self) -> etree._Element | None:
        """The element known to hold the text in the first and second generation."""
        return self._visible.text_container

    @property
    def links(self) -> list[str]:
        """Where the page's visible links lead, as written, each once. Hidden links are traps more often than ways."""
        hrefs = [element.get("href") for element in self._visible.links]
        return list(dict.fromkeys([href for href in hrefs if href]))


def parse_document(body: bytes, url: str, site: Site, declared_encoding: str | None = None) -> Document:
    """Parse ``body``; ``declared_encoding`` is what the server's header says, if anything.

    Text that is valid UTF-8, but for stray bytes, is UTF-8, whatever a header or a meta element declares.
    """
    source = body
    root = _parse(source)
    # The parser complains where bytes are no UTF-8; decoding every page to see that takes longer. In another encoding
    # it would stop for good at a byte unknown there, so it is given UTF-8 always.
    if len(_PARSER.error_log) and (encoding := _encoding_of(body, declared_encoding)) != "utf-8":
        source = _decode(body, encoding).encode()
        root = _parse(source)
    last_error = _PARSER.error_log.last_error
    return Document(url, source, root, site, last_error is not None and last_error.level == etree.ErrorLevels.FATAL)


def _parse(source: bytes) -> etree._Element:
    root = etree.fromstring(source.replace(b"\0", b"") or b"<html></html>", _PARSER)
    return etree.fromstring(b"<html></html>", _PARSER) if root is None else root


def _encoding_of(body: bytes, declared: str | None) -> str:
    try:
        body.decode("utf-8")
        return "utf-8"
    except UnicodeDecodeError as error:
        # A page cut inside a letter is UTF-8 still.
        if error.start >= len(body) - 3 and error.reason == "unexpected end of data":
            return "utf-8"
    # A stray broken byte in an otherwise Cyrillic UTF-8 page must not turn all of it into windows-1251. In
    # windows-1251 nearly every letter is broken UTF-8.
    letters = body.count(b"\xd0") + body.count(b"\xd1")
    if letters > _LETTERS_FOR_ONE_BROKEN * body.decode("utf-8", "replace").count("\ufffd"):
        return "utf-8"
    match = _DECLARED.search(body, 0, 2048)
    for name in (declared, match[1].decode("ascii") if match else None):
        if name and _known_other(name):
            return name
    return "windows-1251"


def _known_other(name: str) -> bool:
    try:
        return codecs.lookup(name).name not in ("utf-8", "ascii")
    except LookupError:
        return False


def _decode(body: bytes, encoding: str) -> str:
    try:
        return body.decode(encoding, "replace")
    except (LookupError, ValueError):  # Python knows encodings that are none of text, and some that replace nothing
        return body.decode("windows-1251", "replace")
