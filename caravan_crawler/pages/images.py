"""The article's pictures: those from its headline to the end of its text, and the one above it."""

import re
from urllib.parse import urlsplit

from lxml import etree

from caravan_crawler.pages.blocks import Picture, is_within
from caravan_crawler.pages.boilerplate import in_clutter
from caravan_crawler.pages.document import Document
from caravan_crawler.pages.layout import Layout

#: Where the site keeps the pictures of its articles, in the third and the second generation.
_UPLOAD = re.compile(r"/wp-content/uploads/|static\.caravan\.kz/image/", re.IGNORECASE)
_ORNAMENT = re.compile(
    r"\.svg$|/(?:icons?|sprites?|logos?|emoji|smileys?|themes|plugins|counters?)/|(?:^|[/_\-])(?:pixel|spacer|blank|1x1|avatar|logo|counter)[._\-\d]"
    r"|/(?:icon|eye|views?|calendar|clock|time|date|share|comments?|print|arrow|play|fb|facebook|vk|tg|telegram|whatsapp"
    r"|twitter|instagram|ok|youtube)\.\w{3,4}$",
    re.IGNORECASE,
)
#: Most blocks between the headline and the picture above it.
_FARTHEST_ABOVE = 2
_SOURCES = ("data-src", "data-lazy-src", "data-original", "src")


def picture_urls(document: Document, layout: Layout) -> list[str]:
    """Return the absolute URLs of the article's pictures, in page order, each once."""
    if layout.first_headline is None:
        return []
    urls: dict[str, None] = {}
    for picture in document.pictures:
        if not _is_articles(picture, document, layout):
            continue
        url = _url_of(picture.element, document)
        if url and not _ORNAMENT.search(urlsplit(url).path):
            urls[url] = None
    return list(urls)


def _is_articles(picture: Picture, document: Document, layout: Layout) -> bool:
    if picture.zone in ("nav", "aside", "footer", "form") or layout.first_headline is None:
        return False
    if picture.link is not None and _leads_to_article(picture.link, document):
        return False
    if layout.first_headline < picture.position < layout.text.end:
        around = layout.text.container if layout.text.container is not None else document.root
        return not in_clutter(picture.element, around)
    if picture.position == layout.text.end:
        # Behind the last paragraph a picture is the article's only inside the text's container.
        container = layout.text.container
        return container is not None and container.tag != "body" and is_within(picture.element, container)
    if picture.position == layout.first_headline or _is_beside_headline(picture, document, layout.first_headline):
        return _UPLOAD.search(_url_of(picture.element, document) or "") is not None
    return False


def _is_beside_headline(picture: Picture, document: Document, headline: int) -> bool:
    """Whether the picture above the headline is in one element with it, a badge between them."""
    parent = picture.element.getparent()
    is_near = headline - _FARTHEST_ABOVE <= picture.position < headline
    return is_near and parent is not None and is_within(document.blocks[headline].element, parent)


def _leads_to_article(link: etree._Element, document: Document) -> bool:
    href = link.get("href") or ""
    address = document.site.address(href, document.base_url)
    return address is not None and not _UPLOAD.search(href)


def _url_of(element: etree._Element, document: Document) -> str | None:
    """Return a picture's URL; a lazy one keeps it in a data attribute and a placeholder in ``src``."""
    for name in _SOURCES:
        if url := document.absolute(element.get(name) or ""):
            return url
    first = (element.get("srcset") or element.get("data-srcset") or "").split(",")[0].split()
    if first and (url := document.absolute(first[0])):
        return url
    beside = element.getnext()
    plain = next(beside.iter("img"), None) if beside is not None and beside.tag == "noscript" else None
    return document.absolute(plain.get("src") or "") if plain is not None else None
