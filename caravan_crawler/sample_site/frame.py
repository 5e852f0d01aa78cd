"""Page frame: menu, header, trending block and the boxes around them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from caravan_crawler.sample_site.clutter import VARIANTS, Latest, clutter
from caravan_crawler.sample_site.markup import Template, element, elements, escape, fill, link, styled
from caravan_crawler.sample_site.newsroom import Newsroom
from caravan_crawler.sample_site.texts import PAGES, RU, TODAY, day_and_month, slug

CONTACTS = "/info/kontakty/"
SECTION_NAMES: dict[str, str] = RU["section_names"]
TOPICS: list[str] = RU["trending_topics"]

_NETWORKS = ("facebook.com", "instagram.com", "t.me", "vk.com", "youtube.com", "tiktok.com")
_RATES = (("USD", Decimal("495.1"), "$ 495.1"), ("EUR", Decimal("583.72"), "583.72"))
_TEMPERATURE = 3
_CITY = "Алматы"
_GAP = "<!-- gap -->"
"""Place of the metadata and of the main part in a frame."""


def _header() -> str:
    """Rates, weather, city, day and networks, in the order of generation 3."""
    networks = (link(f"https://www.{host}/caravan.kz", "A") for host in _NETWORKS)
    parts = [
        element("ul", elements("li", [printed for _, _, printed in _RATES]), "rates"),
        element("div", f"{_TEMPERATURE:+d} °C", "weather__degrees"),
        element("div", _CITY, "weather__city"),
        element("div", f"{TODAY.year} Год", "today__year"),
        element("div", day_and_month(TODAY), "today__day"),
        element("ul", elements("li", networks), "networks"),
    ]
    return element("div", "".join(parts), "masthead")


HEADER = _header()


def expected_rates() -> list[dict[str, Any]]:
    """Expected records of the rates; ``rate`` is a Decimal."""
    day = TODAY.isoformat()
    return [{"currency": currency, "rate": rate, "rate_raw": raw, "page_date": day} for currency, rate, raw in _RATES]


def expected_weather() -> list[dict[str, Any]]:
    return [{"city": _CITY, "temperature_c": _TEMPERATURE, "page_date": TODAY.isoformat()}]


def _trending(newsroom: Newsroom) -> list[tuple[str, int]]:
    """Topics and numbers of articles in rank order, the same on every page."""
    return list(zip(TOPICS, newsroom.trending, strict=False))


def expected_trending(newsroom: Newsroom, base_url: str) -> list[dict[str, Any]]:
    return [
        {
            "rank": rank,
            "topic": topic,
            "headline": newsroom.headline(number),
            "url": base_url + newsroom.path(number)[1:],
            "article_id": newsroom.id(number),
            "page_date": TODAY.isoformat(),
        }
        for rank, (topic, number) in enumerate(_trending(newsroom), start=1)
    ]


def trending_html(template: Template, newsroom: Newsroom) -> str:
    items = element("div", "В тренде:", "trending__title") if template.trending_heading else ""
    for topic, number in _trending(newsroom):
        tag, label = template.paragraph_tag, template.trending_label
        parts = _label_and_headline(label, topic, newsroom.path(number), escape(newsroom.headline(number)))
        if template.trending_place == "flat":  # siblings of the article's paragraphs, with the same tag
            items += parts[0] + element(tag, parts[1]) if label == "div" else elements(tag, parts)
        else:
            if label == "link":
                parts = [element("div", part) for part in parts]  # two links in one line would run together
            items += element("div", " ".join(parts), "trending__item")
    if template.trending_place == "flat":
        return items
    return element("section" if template.skeleton == "html5" else "div", items, "trending")


def _label_and_headline(label: str, topic: str, path: str, headline: str) -> list[str]:
    topic, tag = escape(topic), f"/tag/{slug(topic)}/"
    if label == "joined":
        inside = element("span", topic, "trending__topic") + " " + element("span", headline)
        return [link(path, inside, "trending__link")]
    first = link(tag, topic, "trending__topic") if label == "link" else element(label, topic, "trending__topic")
    return [first, link(path, headline, "trending__link")]


def latest_entries(newsroom: Newsroom) -> tuple[Latest, ...]:
    """Articles of the trending block, newest first, for the columns of latest news."""
    latest = []
    for number in sorted(newsroom.trending, reverse=True):
        published = newsroom.front(number).published
        day = "Сегодня" if published.date() == TODAY else day_and_month(published).lower()
        latest.append(Latest(day, f"{published:%H:%M}", newsroom.headline(number), newsroom.path(number)))
    return tuple(latest)


def contacts_html(template: Template) -> str:
    """Contacts page: prose that is no article."""
    return element("h1", "Контакты", "page-title") + elements(template.paragraph_tag, RU["contacts"])


@dataclass
class Frame:
    """All of a page except its metadata and its main part; each variant is built once."""

    template: Template
    header: str
    trending: str
    sections: Iterable[str]
    latest: tuple[Latest, ...] = ()
    language: str = "ru"
    is_scripted: bool = False
    _pieces: dict[tuple[int, int], list[bytes]] = field(default_factory=dict, init=False)

    def page(self, number: int, head: str, main: str, generation: int = 0) -> bytes:
        """Return a whole page; ``generation`` is that of an article's page, ``number`` chooses the variant."""
        key = generation, number % VARIANTS
        if key not in self._pieces:
            self._pieces[key] = self._build(*key)
        top, middle, bottom = self._pieces[key]
        inside = [styled(html, self.template).encode() for html in (head, main)]
        return b"".join((top, inside[0], middle, inside[1], bottom))

    def _build(self, generation: int, variant: int) -> list[bytes]:
        """Return what stands before, between and behind metadata and main part."""
        template = self.template
        # On a scripted site a script would load the boxes of rates and weather, too.
        around = clutter(template, generation, variant, self.latest, not self.is_scripted)
        # In generation 3 the trending block is next to the text.
        boxes = self.trending + around["after"] if generation in (0, 3) else around["after"] + self.trending
        is_outside, is_html5 = template.trending_place == "outside", template.skeleton == "html5"
        gaps: dict[str, Any] = {tag: tag if is_html5 else "div" for tag in ("header", "nav", "main", "article")}
        gaps |= around | {
            "language": self.language,
            "gap": _GAP,
            "menu": self._menu(),
            "masthead": self.header,
            "left": around["left"] or None,
            "right": around["right"] or None,
            "inside": "" if is_outside else boxes,
            "behind": boxes if is_outside else "",
            "script": '<script src="/parts/fill.js" defer></script>' if self.is_scripted else "",
        }
        return styled(fill(PAGES["frame"]["page"], gaps), template).lstrip().encode().split(_GAP.encode())

    def _menu(self) -> str:
        """Sections, contacts, search and other sites."""
        links = [("/", "Главная")]
        links += [(f"/{section}/", SECTION_NAMES[section]) for section in self.sections]
        links += [(CONTACTS, "Контакты"), ("/search/?q=", "Поиск"), ("/search/?q=акимы", "Акимы")]
        links += RU["links_elsewhere"]
        return elements("li", (link(href, escape(name), "menu__link") for href, name in links))


# On a scripted site a script loads header, view counts and the cards of lists, all of it invented. Placeholders in a
# page have an attribute, ``/parts/fill.js`` requests their content, and the button of a listing loads its next cards:
# no link leads to the second page of a listing.

SCRIPTED_HEADER = '\n<div class="masthead" data-part="masthead"></div>'
CARDS_BY_SCRIPT = 8
"""Cards in one response."""


def scripted_cards(section: str) -> str:
    """The placeholder of a listing's cards, and its button."""
    place = f'\n<div class="listing__cards" data-cards="{section}"></div>'
    return place + '\n<button class="listing__more" type="button">Показать ещё</button>'
