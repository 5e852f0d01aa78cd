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


@dataclass
class Document:
    """One fetched page: ``url`` after redirects, its ``source``, the ``root`` of its tree, and its site."""

    url: str
    source: bytes
    root: etree._Element
    site: Site

    @cached_property
    def base_url(self) -> str:
        """What relative links are relative to: the page's URL, unless a ``base`` element names another."""
        base = self.structured.base
        try:
            return urljoin(self.url, base.strip()) if base else self.url
        except ValueError:
            return self.url

    @cached_property
    def has_times(self) -> bool:
        """Whether the page has any ``time`` element."""
        return next(self.root.iter("time"), None) is not None

    def absolute(self, href: str) -> str | None:
        """Return ``href`` as an absolute http or https URL, or None where it is none."""
        href = href.strip()
        try:
            url = urljoin(self.base_url, href)
            is_page = urlsplit(url).scheme in ("http", "https")
        except ValueError:
            return None
        return url if href and not href.startswith("#") and is_page else None

    @property
    def is_cut(self) -> bool:
        """Whether the page opens ``<html>`` and never closes it: the transfer or the server broke off."""
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
    def links(self) -> list[str]:
        """Where the page's visible links lead, as written, each once. Hidden links are traps more often than ways."""
        hrefs = [element.get("href") for element in self._visible.links]
        return list(dict.fromkeys([href for href in hrefs if href]))


def parse_document(body: bytes, url: str, site: Site, declared_encoding: str | None = None) -> Document:
    """Parse ``body``; ``declared_encoding`` is what the server's header says, if anything.

    Text that is valid UTF-8 is UTF-8, whatever a header or a meta element declares.
    """
    encoding = _encoding_of(body, declared_encoding)
    parser = etree.HTMLParser(encoding=encoding, remove_comments=True, remove_pis=True, compact=True)
    root = etree.fromstring(body.replace(b"\0", b"") or b"<html></html>", parser)
    if root is None:
        root = etree.fromstring(b"<html></html>", parser)
    return Document(url, body, root, site)


def _encoding_of(body: bytes, declared: str | None) -> str:
    try:
        body.decode("utf-8")
        return "utf-8"
    except UnicodeDecodeError as error:
        # A page cut inside a letter is UTF-8 still.
        if error.start >= len(body) - 3 and error.reason == "unexpected end of data":
            return "utf-8"
    match = _DECLARED.search(body, 0, 2048)
    for name in (declared, match[1].decode("ascii") if match else None):
        if name and _known_other(name):
            return name
    # A stray broken byte in an otherwise Cyrillic UTF-8 page must not turn all of it into windows-1251.
    return "utf-8" if body.count(b"\xd0") + body.count(b"\xd1") > len(body) // 20 else "windows-1251"


def _known_other(name: str) -> bool:
    try:
        return codecs.lookup(name).name not in ("utf-8", "ascii")
    except LookupError:
        return False
