"""Lists of articles: the cards of a section's page, the addresses of its later pages, and the links of any page."""

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import urlsplit

from caravan_crawler.pages.blocks import HEADINGS, Element
from caravan_crawler.pages.document import Document
from caravan_crawler.pages.fact_forms import is_date
from caravan_crawler.urls import NOT_SECTIONS, Address, path_of

#: Path of a page of the site's own listings.
_LISTING_PAGE = re.compile(r"^(?P<listing>/(?:[^/]+/)*?)(?:page/(?P<number>\d{1,6})/?)?$")


class PageForm(NamedTuple):
    """How the later pages of a listing are addressed: ``template`` has ``{}`` in place of the page's number.

    With a ``step`` it has an offset there: of the articles on a page, or of 1 if pages are numbered from 0.
    """

    template: str
    step: int = 0

    def path(self, number: int) -> str:
        """Return path and query of a page."""
        return self.template.replace("{}", str((number - 1) * self.step if self.step else number))

    def number(self, path: str) -> int | None:
        """Return the number of the page with this path and query, or None if it has another form."""
        before, _, after = self.template.partition("{}")
        value = path.removeprefix(before).removesuffix(after)
        if path != before + value + after or not (value.isascii() and value.isdecimal()):
            return None
        if not self.step:
            return int(value)
        return int(value) // self.step + 1 if int(value) % self.step == 0 else None


#: ``page``, ``paged``, ``query-3-page``, ``PAGEN_1``, ``currentPage`` …, but not ``per_page``.
_NAME_OF_PAGE = r"(?![\w-]{0,40}(?:per|size|id\b))[\w-]{0,20}page[\w-]{0,20}"
#: The part behind a listing's path in the URL of a later page, as common systems write it.
_PAGE_FORMS = (
    re.compile(r"/page/(\d{1,6})/?(?:\?.*)?"),
    re.compile(r"/(?:(?:pages?|p|index)[-_/]?)?(\d{1,6})(?:/|\.html?)?(?:\?.*)?"),
    re.compile(rf"/?\?(?:.*&)?(?:{_NAME_OF_PAGE}|p[gn]?|cp)=(\d{{1,6}})(?:&.*)?", re.IGNORECASE),
)
_OFFSET_FORM = re.compile(r"/?\?(?:.*&)?(start|offset|from|page)=(\d{1,7})(?:&.*)?")


def listing_of(path: str) -> tuple[str, int]:
    """Split a listing's path into its first page's path and the page's number (1 for the first)."""
    match = _LISTING_PAGE.match(path if path.endswith("/") else path + "/")
    return (match["listing"], int(match["number"] or 1)) if match else (path, 1)


def usual_form(listing: str) -> PageForm:
    """Return the form of the site's own listings."""
    return PageForm(f"{listing}page/{{}}/")


def page_form(path: str, listing: str, number: int) -> PageForm | None:
    """Return the form of ``path``, a path with its query, if it may be that of page ``number`` of the listing."""
    start = len(listing.rstrip("/"))
    if not path.startswith(listing.rstrip("/")):
        return None
    for pattern in _PAGE_FORMS:
        if (found := pattern.fullmatch(path, start)) and int(found[1]) == number:
            return PageForm(f"{path[: found.start(1)]}{{}}{path[found.end(1) :]}")
    found = _OFFSET_FORM.fullmatch(path, start)
    step, rest = divmod(int(found[2]), number - 1) if found and number > 1 else (0, 0)
    if not found or not step or rest or (found[1] == "page" and step != 1):
        return None
    return PageForm(f"{path[: found.start(2)]}{{}}{path[found.end(2) :]}", step)


def is_page(path: str, listing: str) -> bool:
    """Whether ``path``, with its query, may be that of any page of the listing."""
    start = len(listing.rstrip("/"))
    forms = (*_PAGE_FORMS, _OFFSET_FORM)
    return path.startswith(listing.rstrip("/")) and any(pattern.fullmatch(path, start) for pattern in forms)


#: Links of one card that are asked for a date: picture, headline, teaser, category.
_MOST_LINKS = 8


@dataclass(frozen=True, slots=True)
class Card:
    """An article in a listing: its address, the URL of the link, and its date as printed, if any.

    ``is_headline``: the link is a heading or has one.
    """

    address: Address
    url: str
    date: str | None
    is_headline: bool = False

    @property
    def is_articles(self) -> bool:
        """Whether the card shows that its address is an article's; any other link of a page may look like a card."""
        return self.date is not None or self.is_headline


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of a listing: ``path`` of its first page, ``number`` from 1, cards in order, and what follows.

    ``next_number`` is the next page's number if the page links to it, ``last_number`` the highest to which it links, or
    0. ``is_paginated`` says whether the page links to any page of the listing; without such links only a request shows
    where the listing ends. ``links_to_itself`` says whether one of these leads to the page itself. ``form`` is that of
    the later pages. ``unknown_next`` is where a link named as the next page leads, if that is not understood.
    """

    path: str
    number: int
    cards: tuple[Card, ...]
    next_number: int | None
    is_paginated: bool
    last_number: int = 0
    form: PageForm | None = None
    unknown_next: str | None = None
    links_to_itself: bool = False

    @property
    def next_path(self) -> str | None:
        """Path and query of the next page, or None."""
        form = self.form or usual_form(self.path)
        return form.path(self.next_number) if self.next_number is not None else None


def article_links(document: Document) -> list[tuple[Address, str]]:
    """Return the articles the page links to: address and ``href`` of each link, own paths before aliases."""
    own: list[tuple[Address, str]] = []
    aliases: list[tuple[Address, str]] = []
    for href in document.links:
        address = document.site.address(href, document.base_url)
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


def read_listing(document: Document, known: tuple[str, int, PageForm] | None = None) -> Listing:
    """Read a section's page.

    ``known`` are the listing's path, the page's number and the form of its address, as an earlier page has shown them.
    """
    path, number = listing_of(urlsplit(document.url).path)
    form = usual_form(path)
    if known is not None:
        path, number, form = known
    pages = dict.fromkeys(_page_numbers(document, path, form), form)
    unknown, following = None, []
    for href, is_certain in _next_links(document, number + 1):
        url = document.site.resolve(href, document.base_url)
        target = path_of(url) if url is not None else ""
        if url is None or url == document.url:
            continue
        if form.number(target) == number + 1:
            following.append(form)
        elif form.number(target) is None and (other := page_form(target, path, number + 1)):
            following.append(other)
        elif is_page(target, path):
            continue  # the last page, or the second one, on a page behind the last that shows the first
        elif is_certain or (is_certain is not None and _may_be_a_page(document, url, path, number + 1)):
            unknown = unknown or url
    if following:
        # An offset may be that of the last page; that of the next one is the smallest.
        pages[number + 1] = min(following, key=lambda each: each.step)
    next_number = number + 1 if number + 1 in pages else None
    if pages or number > 1:
        unknown = None  # the last page of a listing that is understood; what is named so leads somewhere else
    form = pages.get(number + 1, form)
    last = max(pages, default=0)
    cards = tuple(_cards(document))
    return Listing(path, number, cards, next_number, bool(pages), last, form, unknown, number in pages)


def _page_numbers(document: Document, path: str, form: PageForm) -> Iterator[int]:
    """Yield the numbers of the listing's pages to which the page links."""
    is_usual = form == usual_form(path)
    for href in document.links:
        if is_usual and "page" not in href:
            continue
        url = document.site.resolve(href, document.base_url)
        if url is None:
            continue
        if not is_usual:
            if (number := form.number(path_of(url))) is not None:
                yield number
        elif "/page/" in urlsplit(url).path:
            listing, number = listing_of(urlsplit(url).path)
            if listing == path:
                yield number


_WHAT = r"(?:\s+\d{1,3})?(?:\s+(?:новост\w+|материал\w+|стат\w+|выпуск\w*|запис\w+|публикаци\w+|posts|news))?"
#: Texts of links to the next page, without arrows; one of arrows alone leads there, too.
_NEXT = re.compile(
    rf"|далее|дальше|впер[её]д|следующ(?:ая|ие|ий)(?:\s+страница|{_WHAT})"
    rf"|(?:(?:показать|загрузить|смотреть)\s+)?(?:ещ[её]|больше){_WHAT}|(?:предыдущие|(?:более\s+)?(?:старые|ранние)){_WHAT}"
    rf"|ранее|next(?:\s+page)?|(?:older|(?:load|show)\s+more|more){_WHAT}|келесі(?:\s+бет)?|тағы(?:\s+\w+)?",
    re.IGNORECASE,
)
_ARROWS = " »›→>⟩▶"
_NAMED_NEXT = re.compile(r"(?:^|[\s_-])next(?=$|[\s_-])", re.IGNORECASE)
#: Attributes in which a script finds the address of the next page, and a script in an attribute.
_FOR_SCRIPTS = ("data-url", "data-href", "data-next-url", "hx-get")
_IN_SCRIPT = re.compile(r"location[^'\"]{0,40}['\"]([^'\"]+)")


def _next_links(document: Document, number: int) -> Iterator[tuple[str, bool | None]]:
    """Yield where ``rel="next"`` leads, in the head or in the text, and links named as the next page or its number.

    Each has whether it certainly leads to the next page; None for a number, which may count anything.
    """
    yield document.structured.links.get("next", ""), True
    for link in document.visible.links:
        if "next" in (link.get("rel") or "").split():
            yield link.get("href") or "", True
        elif _names_next(link.get("aria-label")) or _names_next(link.get("title")) or _NAMED_NEXT.search(link.names):
            yield link.get("href") or "", False
    for picture in document.pictures:
        if picture.link is not None and _names_next(picture.node.attributes.get("alt")):
            yield picture.link.get("href") or "", False
    numbered = []
    for block in document.blocks:
        for text, href in block.linked_texts():
            if text == str(number):
                numbered.append(href)
            elif text and (_NEXT.fullmatch(text.strip(_ARROWS)) or _is_page_number(text, number)):
                yield href, False
    yield from ((href, None) for href in numbered)
    yield from _addresses_for_scripts(document, number)


def _names_next(text: str | None) -> bool:
    return text is not None and text != "" and _NEXT.fullmatch(text.strip(_ARROWS)) is not None


def _is_page_number(text: str, number: int) -> bool:
    """Whether a text is the number of a page with the word for one: ``Стр. 2``."""
    return re.fullmatch(rf"(?:стр\.?|страница|page|бет)\s*{number}|{number}\s*бет", text, re.IGNORECASE) is not None


def _addresses_for_scripts(document: Document, number: int) -> Iterator[tuple[str, bool | None]]:
    """Yield where buttons, menus and forms lead that are named as the next page or its number."""
    for node in document.tree.css(f"[{'], ['.join(_FOR_SCRIPTS)}], [onclick*=location]"):
        attributes = node.attributes
        script = _IN_SCRIPT.search(attributes.get("onclick") or "")
        address = next((value for name in _FOR_SCRIPTS if (value := attributes.get(name))), script[1] if script else "")
        if "hx-get" in attributes or _names_next(" ".join(node.text().split())):
            yield address, False
    for node in document.tree.css("select option[value]"):
        if node.text().strip() == str(number):
            yield node.attributes.get("value") or "", None
    for node in document.tree.css("form input[type=hidden][name]"):
        if node.attributes.get("value") == str(number):
            yield f"?{node.attributes['name']}={number}", None


def _may_be_a_page(document: Document, url: str, path: str, number: int) -> bool:
    """Whether a link may lead to page ``number`` of the listing in an unknown form, not to an article or elsewhere."""
    parts = urlsplit(url)
    if document.site.address(url) is not None:
        return False
    is_below = parts.path.startswith(path) or (parts.path == path.rstrip("/") and bool(parts.query))
    return is_below or parts.query.endswith(f"={number}") or f"={number}&" in parts.query


def _cards(document: Document) -> Iterator[Card]:
    site = document.site
    found = []
    for link in document.visible.links:
        address = site.address(link.get("href") or "", document.base_url)
        if address is not None and not any(around.tag in ("nav", "footer") for around in link.around):
            found.append((address, link))
    cards: dict[str, list[int]] = {}
    for number, (address, _) in enumerate(found):
        cards.setdefault(address.key, []).append(number)
    boxes = _boxes(found)
    for numbers in document.first_links(list(cards.values())):
        address, link = found[next((number for number in numbers if not found[number][0].alias), numbers[0])]
        dates = (_date_in(document, boxes[number]) for number in numbers[:_MOST_LINKS])
        date = next(filter(None, dates), None)
        is_headline = any(_is_headline(document, found[number][1]) for number in numbers[:_MOST_LINKS])
        url = site.resolve(link.get("href") or "", document.base_url) or document.url
        yield Card(address, url, date, is_headline)


def _is_headline(document: Document, link: Element) -> bool:
    if any(around.tag in HEADINGS for around in link.around):
        return True
    return any(block.tag in HEADINGS for block in document.blocks[link.first : link.last])


def linked_headlines(document: Document) -> dict[str, str]:
    """Return the headline of each article the page links to, by its key: a heading, else the first linked text."""
    headings: dict[str, str] = {}
    texts: dict[str, str] = {}
    for block in document.blocks:
        for text, href in block.linked_texts() if block.zone not in ("nav", "footer") else ():
            address = document.site.address(href, document.base_url) if text and not is_date(text) else None
            if address is not None:
                is_heading = any(element.tag in HEADINGS for element in block.element.around)
                (headings if is_heading else texts).setdefault(address.key, text)
    return texts | headings


def _boxes(found: list[tuple[Address, Element]]) -> list[Element]:
    """Return, for each link, the largest element around it that links to no other article."""
    boxes = []
    # The nearest link to another article, before and behind each link.
    before = list(_others(found))
    behind = list(_others(found[::-1]))[::-1]
    for (_, link), *others in zip(found, before, behind, strict=True):
        box = link
        for parent in link.around:
            if parent.tag in ("body", "html", "main") or any(each and each.is_within(parent) for each in others):
                break
            box = parent
        boxes.append(box)
    return boxes


def _others(found: list[tuple[Address, Element]]) -> Iterator[Element | None]:
    """Yield, for each link, the last one before it that leads to another article."""
    other: Element | None = None
    for number, (address, _) in enumerate(found):
        if number and found[number - 1][0].key != address.key:
            other = found[number - 1][1]
        yield other


def _date_in(document: Document, card: Element) -> str | None:
    """Return the date in the element ``card``."""
    times = document.visible.times
    for time in times[bisect_left(times, card.first, key=lambda time: time.first) :]:
        if time.first > card.last:
            break
        stamp = time.get("datetime")
        if stamp and time.is_within(card) and is_date(stamp):
            return stamp
    for block in document.blocks[card.first : card.last]:
        for text, _, inline in block.pieces:
            text = " ".join(text.split())
            if text and is_date(text) and (inline or block.element).is_within(card):
                return text
    return None
