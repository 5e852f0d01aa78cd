"""The article's pictures: those from its headline to the end of its text, and the one above it."""

import math
import re
from collections.abc import Iterable, Iterator
from urllib.parse import urlsplit

from selectolax.lexbor import LexborNode

from caravan_crawler.pages.blocks import Block, Element, Picture
from caravan_crawler.pages.bylines import marks_author
from caravan_crawler.pages.document import Document
from caravan_crawler.pages.labels import fold
from caravan_crawler.pages.layout import Layout
from caravan_crawler.pages.selectors import UPLOADS, is_portrait
from caravan_crawler.pages.text_range import clutter_around

_ORNAMENT = re.compile(
    r"\.svg$|/(?:ads?|adv|reklama|rk|templates?|skins?|icons?|sprites?|logos?|emoji|smileys?|banners?|buttons?|themes|plugins|counters?)/|(?:^|[/_\-])(?:pixel|spacer|blank|1x1|avatar|gravatar|logo|counter|banner|button|emailbutton|printbutton)[._\-\d]"
    r"|gravatar|/(?:avatars?|users?|authors?)/[^/]*$|/\d{3}x(?:60|90)\."
    r"|/[a-z]\.(?:png|gif)$|/(?:icon|bookmark|eye|views?|calendar|clock|time|date|share|comments?|print|arrow|play|fb|facebook|vk|tg|telegram|whatsapp"
    r"|twitter|instagram|ok|youtube|e?mail|pdf|rss|star)\.\w{3,4}$",
    re.IGNORECASE,
)
_PLACEHOLDER = re.compile(
    r"/(?:[\w\-]*(?:placeholder|spacer|blank|loading|loader|transparent|lazy|dummy|pixel|noimage|no-image)[\w\-]*|1x1|empty)\.\w{3,4}$|/[\dgt]\.gif$"
    r"|/(?:themes|plugins|pagespeed_static)/|/-/(?:empty|resize/\d\d?x\d*)/",
    re.IGNORECASE,
)
_COUNTER = re.compile(
    r"/(?:hit|counter|watch|pixel|stat|track)\b|counter\.|mc\.yandex|top-fwz|liveinternet", re.IGNORECASE
)
_PICTURE_FILE = re.compile(r"\.(?:jpe?g|png|webp|gif|avif)$", re.IGNORECASE)
#: Pixels from which a picture is neither a counter's nor an icon.
_SMALLEST = 50
#: Most blocks between the headline and the picture above it.
_FARTHEST_ABOVE = 2
#: Most blocks of a caption; elements around a picture and its caption.
_LONGEST_CAPTION = 2
_FRAMES = frozenset("a figure picture".split())
#: Where scripts find a picture that is loaded when it is scrolled to: the whole picture first, then any.
_LAZY = (
    "data-full-url data-large-file data-src data-lazy-src data-lazy data-original data-echo data-url "
    "data-image data-img-url data-hi-res-src data-ezsrc data-orig-src data-cfsrc data-lazyload data-actualsrc "
    "nitro-lazy-src data-wpfc-original-src data-flickity-lazyload "
    "data-pagespeed-lazy-src"
).split()
_SETS = ("srcset", "data-srcset", "data-lazy-srcset")
_WIDTH_IN_NAME = re.compile(r"-(\d{2,4})x\d{2,4}\.\w{3,4}$|[/,?&]w(?:idth)?[_=](\d{2,4})(?!\d)")


def picture_urls(document: Document, layout: Layout) -> list[str]:
    """Return the absolute URLs of the article's pictures, in page order, each once."""
    urls: dict[str, None] = {}
    for picture in document.pictures:
        if not _is_articles(picture, document, layout) or _is_small(picture.node) or _is_portrait(picture):
            continue
        url = _url_of(picture.node, document)
        if url and not _ORNAMENT.search(urlsplit(url).path) and not _COUNTER.search(url):
            urls[url.partition("#")[0]] = None  # Joomla notes there what the picture is
    return list(urls)


def _is_articles(picture: Picture, document: Document, layout: Layout) -> bool:
    if picture.zone in ("nav", "aside", "footer", "form") or layout.headline is None:
        return False
    if picture.link is not None and (_leads_to_article(picture.link, document) or is_advert(picture.link, document)):
        return False
    container = layout.text.container
    if layout.headline < picture.position < layout.text.end:
        clutter = clutter_around(_frame_of(picture), container)
        return clutter is None or "caption" in clutter.names
    if picture.position == layout.text.end:
        # Behind the last paragraph a picture is the article's only inside the text's container.
        return container is not None and container.tag != "body" and picture.parent.is_within(container)
    if layout.front_start <= picture.position <= layout.headline or _is_near_headline(
        picture, document, layout.headline
    ):
        says_headline = fold(picture.node.attributes.get("alt") or "") == fold(document.blocks[layout.headline].text)
        return says_headline or UPLOADS.search(_url_of(picture.node, document) or "") is not None
    return False


def icons_in(block: Block, document: Document) -> list[str]:
    """Return what the pictures at the numbers of a block say of themselves: ``<img alt="просмотры"> 3511``."""
    icons = (each for each in document.pictures if each.position == block.index and each.parent is block.element)
    attributes = ("alt", "title", "class", "src")
    return [" ".join(icon.node.attributes.get(name) or "" for name in attributes) for icon in icons]


def _frame_of(picture: Picture) -> Element:
    """Return the element around a picture, or around the link that shows it large: some are named ``modal``."""
    link = picture.link
    href = (link.get("href") or "") if link is not None else ""
    shows_it = href == "#" or _PICTURE_FILE.search(href.partition("?")[0]) is not None
    return link.parent if link is not None and link.parent is not None and shows_it else picture.parent


def _is_near_headline(picture: Picture, document: Document, headline: int) -> bool:
    """Whether the picture above the headline is in one element with it, its caption or a badge between them."""
    is_near = headline - _FARTHEST_ABOVE <= picture.position < headline
    around = (each for each in picture.parent.around if each.tag not in _FRAMES)
    frame = next((each for each in around if each.last - each.first > _LONGEST_CAPTION), None)
    return is_near and frame is not None and document.blocks[headline].is_within(frame)


def _leads_to_article(link: Element, document: Document) -> bool:
    href = link.get("href") or ""
    address, own = document.site.address(href, document.base_url), document.site.address(document.url, document.url)
    is_other = address is not None and (own is None or address.key != own.key)
    return is_other and not UPLOADS.search(href)


def is_advert(link: Element, document: Document) -> bool:
    """Whether a picture's link leads to a page of another site; to the picture itself it may lead anywhere."""
    url = document.absolute(link.get("href") or "")
    if url is None or _PICTURE_FILE.search(urlsplit(url).path):
        return False
    return document.site.resolve(url, document.base_url) is None


def _is_small(node: LexborNode) -> bool:
    """Whether a picture's own width or height is that of a counter or an icon."""
    sizes = (node.attributes.get(name) or "" for name in ("width", "height"))
    return any(size.isdecimal() and int(size) < _SMALLEST for size in sizes)


def _is_portrait(picture: Picture) -> bool:
    """Whether a picture is named as an author's portrait or an emoji, or leads to the page of an author."""
    link = picture.link
    if link is not None and marks_author(link, None) and not _PICTURE_FILE.search(link.get("href") or ""):
        return True
    return is_portrait(picture.node.attributes.get("class") or "") or is_portrait(picture.parent.names)


def _url_of(node: LexborNode, document: Document) -> str | None:
    """Return a picture's URL; a lazy one has it in a data attribute and a placeholder in ``src``."""
    urls = (url for written in _written_urls(node) if (url := document.absolute(written)))
    return next((url for url in urls if not _PLACEHOLDER.search(urlsplit(url).path)), None)


def _written_urls(node: LexborNode) -> Iterator[str]:
    attributes = node.attributes
    source = attributes.get("src") or ""
    lazy = [value for name in _LAZY if (value := attributes.get(name))]
    unknown = (value for name, value in attributes.items() if name.startswith("data-") and name not in _LAZY)
    lazy += [value for value in unknown if value and _PICTURE_FILE.search(value)]
    sets = [_by_width(attributes.get(name) or "") for name in _SETS]
    parent, behind = node.parent, node.next
    if parent is not None and parent.tag == "picture":
        others = [_by_width(other.attributes.get(name) or "") for other in parent.css("source") for name in _SETS]
        sets.append(_largest_first([(url, width) for each in others for url, width in each.items()]))
    shown = next(
        (url for url in [source, *lazy] if url and not _PLACEHOLDER.search(url) and not url.startswith("data:")), ""
    )
    if shown and _has_larger(shown, sets):
        yield from _largest_first([(url, width) for each in sets for url, width in each.items()])
    yield attributes.get("data-orig-file") or ""  # the picture as it was uploaded
    # A real picture in ``src`` is the one that is shown.
    yield from lazy if source.startswith("data:") or not source else ()
    yield from [attributes.get("data-src") or "", attributes.get("data-lazy-src") or "", source, *lazy]
    yield from (url for each in sets for url in each)
    while behind is not None and behind.is_text_node:
        behind = behind.next
    plain = behind.css_first("img") if behind is not None and behind.tag == "noscript" else None
    if plain is not None:
        yield plain.attributes.get("src") or ""


def _has_larger(source: str, sets: list[dict[str, float]]) -> bool:
    """Whether a ``srcset`` has a larger copy of a picture whose width is known by a set or its name."""
    widths = {url: width for each in sets for url, width in each.items()}
    named = _WIDTH_IN_NAME.search(source)
    own = widths.get(source, float(named[1] or named[2]) if named else math.inf)
    return any(width > own for width in widths.values())


def _by_width(written: str) -> dict[str, float]:
    """Return the URLs of a ``srcset``, which may have commas inside, and their widths or densities, largest first."""
    found: dict[str, float] = {}
    tokens = written[:4000].split()
    while tokens:
        url = tokens.pop(0).lstrip(",")
        size = 1.0
        if tokens and not url.endswith(",") and (match := _SIZE.match(tokens[0])):
            size = float(match[1])
            rest = tokens.pop(0)[match.end() :].lstrip(",")
            tokens[:0] = [rest] if rest else []
        found.setdefault(url.rstrip(","), size)
    return _largest_first(found.items())


def _largest_first(widths: Iterable[tuple[str, float]]) -> dict[str, float]:
    return dict(sorted(widths, key=lambda each: -each[1]))


_SIZE = re.compile(r"(\d+(?:\.\d+)?)[wx]")
