"""Lists of articles: the cards of a section's page, its pagination, and the links of any page."""

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from lxml import etree

from caravan_crawler.pages.document import Document
from caravan_crawler.pages.front_matter import is_date
from caravan_crawler.urls import NOT_SECTIONS, Address, listing_of

_NEXT = etree.XPath(
    "//a[@href][contains(concat(' ', @rel, ' '), ' next ')] | //link[@href][contains(concat(' ', @rel, ' '), ' next ')]"
)


@dataclass(frozen=True, slots=True)
class Card:
    """An article in a listing: its address, the URL of the link, and its date as printed, if any."""

    address: Address
    url: str
    date: str | None


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of a listing: ``path`` of its first page, ``number`` from 1, cards in order, and what follows.

    ``next_number`` is the next page's number if the page links to it. ``is_paginated`` says whether the page links to
    any page of the listing; without such links only a request shows where the listing ends.
    """

    path: str
    number: int
    cards: tuple[Card, ...]
    next_number: int | None
    is_paginated: bool


def article_links(document: Document) -> list[tuple[Address, str]]:
    """Return the articles the page links to: address and ``href`` of each link, own paths before aliases."""
    own: list[tuple[Address, str]] = []
    aliases: list[tuple[Address, str]] = []
    known = document.site.remembered
    for href in document.links:
        address = known[href] if href in known else document.site.address(href, document.base_url)
        if address is not None:
            (aliases if address.alias else own).append((address, href))
    return document.first_links(own + aliases)


def section_links(document: Document) -> list[str]:
    """Return the paths of one part that the page links to (``/news/``): sections, as far as one can see."""
    paths: dict[str, None] = {}
    for href in document.links:
        url = document.site.resolve(href, document.base_url)
        parts = [part for part in urlsplit(url).path.split("/") if part] if url else []
        if len(parts) == 1 and parts[0] not in NOT_SECTIONS and "." not in parts[0]:
            paths[f"/{parts[0]}/"] = None
    return document.first_links(list(paths))


def read_listing(document: Document) -> Listing:
    """Read a section's page."""
    path, number = listing_of(urlsplit(document.url).path)
    numbers = set(_page_numbers(document, path))
    if any(_is_page(document, element.get("href") or "", path, number + 1) for element in _NEXT(document.root)):
        numbers.add(number + 1)
    return Listing(path, number, tuple(_cards(document)), number + 1 if number + 1 in numbers else None, bool(numbers))


def _page_numbers(document: Document, path: str) -> Iterator[int]:
    for href in document.links:
        if "page" not in href:
            continue
        url = document.site.resolve(href, document.base_url)
        if url is not None:
            listing, number = listing_of(urlsplit(url).path)
            if listing == path and "/page/" in urlsplit(url).path:
                yield number


def _is_page(document: Document, href: str, path: str, number: int) -> bool:
    url = document.site.resolve(href, document.base_url)
    return url is not None and listing_of(urlsplit(url).path) == (path, number)


def _cards(document: Document) -> Iterator[Card]:
    site = document.site
    links: dict[int | str, list[tuple[Address, etree._Element]]] = {}
    for element in document.root.iter("a"):
        address = site.address(element.get("href") or "", document.base_url)
        if address is not None and not _is_menu(element):
            links.setdefault(address.key, []).append((address, element))
    for places in document.first_links(list(links.values())):
        address, element = next((place for place in places if not place[0].alias), places[0])
        date = next((date for _, link in places if (date := _date_beside(document, link, address))), None)
        yield Card(address, site.resolve(element.get("href") or "", document.base_url) or document.url, date)


def _is_menu(element: etree._Element) -> bool:
    return any(parent.tag in ("nav", "footer") for parent in element.iterancestors("nav", "footer"))


def _date_beside(document: Document, link: etree._Element, address: Address) -> str | None:
    """Return the date in the largest element around ``link`` that links to no other article."""
    card = link
    for parent in link.iterancestors():
        if parent.tag in ("body", "html", "main"):
            break
        addresses = (document.site.address(child.get("href") or "", document.base_url) for child in parent.iter("a"))
        if any(other is not None and other.key != address.key for other in addresses):
            break
        card = parent
    for element in card.iter():
        stamp = element.get("datetime") if element.tag == "time" else None
        if stamp and is_date(stamp):
            return stamp
        for text in (element.text, element.tail if element is not card else None):
            if text and is_date(" ".join(text.split())) and text.strip():
                return " ".join(text.split())
    return None
