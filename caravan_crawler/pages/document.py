"""A page's bytes as a tree, with the few questions every reader asks of it."""

import re
from collections.abc import Container
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import TypeVar
from urllib.parse import urljoin, urlsplit

from lxml import etree

from caravan_crawler.pages.blocks import Block, Picture, Visible, visible_parts
from caravan_crawler.pages.bounds import Bounds, Excess
from caravan_crawler.pages.charset import encoding_of, utf_16_as_utf_8
from caravan_crawler.pages.structured import StructuredData, read_structured_data
from caravan_crawler.site import Site

#: Addresses for which no joining and parsing is needed, as those of pictures are.
_REST = r"[^\x00-\x20\x7f-\xa0?#;\[\]\\]*"
_WHOLE = re.compile(rf"https?://[A-Za-z0-9.\-]+(?::\d+)?(?:/{_REST})?", re.ASCII)
_ROOTED = re.compile(rf"/(?!/){_REST}")
_PARSER = etree.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, compact=True)

_BOUNDS = Bounds()
_T = TypeVar("_T")


@dataclass
class Document:
    """One fetched page: ``url`` after redirects, its ``source`` (UTF-8), the ``root`` of its tree, and its site.

    ``is_unfinished`` says that the parser gave up before the page's end, as it does on 256 nested elements.
    A page that exceeds a bound is not parsed: ``excess`` names the bound, and the tree is empty.
    """

    url: str
    source: bytes
    root: etree._Element
    site: Site
    is_unfinished: bool = False
    bounds: Bounds = _BOUNDS
    excess: Excess | None = None
    has_more_links: bool = False
    """Whether links were left out because the page has more than ``bounds.links``."""

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

    def drop_blocks(self, numbers: Container[int]) -> None:
        """Drop blocks that are no text of the page, by their numbers."""
        visible = self._visible
        places = list(accumulate((number not in numbers for number in range(len(visible.blocks))), initial=0))
        for picture in visible.pictures:
            picture.position = places[picture.position]
        visible.blocks[:] = [block for number, block in enumerate(visible.blocks) if number not in numbers]

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

    def first_links(self, links: list[_T]) -> list[_T]:
        """Return as many of ``links`` as are followed on one page."""
        if len(links) > self.bounds.links:
            self.has_more_links = True
            return links[: self.bounds.links]
        return links


def parse_document(
    body: bytes, url: str, site: Site, declared_encoding: str | None = None, bounds: Bounds = _BOUNDS
) -> Document:
    """Parse ``body``, if it is within ``bounds``; ``declared_encoding`` is what the server's header says, if anything.

    What the encoding is, whatever is declared, :mod:`charset` tells.
    """
    source = utf_16_as_utf_8(body, declared_encoding) or body
    if excess := bounds.excess_of(source):
        return Document(url, source, etree.fromstring(b"<html></html>", _PARSER), site, bounds=bounds, excess=excess)
    root = _parse(source)
    # The parser complains where bytes are no UTF-8; decoding every page to see that takes longer. In another encoding
    # it would stop for good at a byte unknown there, so it is given UTF-8 always.
    if source is body and len(_PARSER.error_log) and (codec := encoding_of(body, declared_encoding)) != "utf_8":
        source = body.decode(codec, "replace").encode()
        root = _parse(source)
    last_error = _PARSER.error_log.last_error
    is_unfinished = last_error is not None and last_error.level == etree.ErrorLevels.FATAL
    return Document(url, source, root, site, is_unfinished, bounds)


def _parse(source: bytes) -> etree._Element:
    root = etree.fromstring(source.replace(b"\0", b"") or b"<html></html>", _PARSER)
    return etree.fromstring(b"<html></html>", _PARSER) if root is None else root
