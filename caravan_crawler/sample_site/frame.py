"""Page frame: head, menus, header, trending block and footer."""

import json
from collections.abc import Iterable
from decimal import Decimal
from functools import cached_property
from typing import Any, NamedTuple

from caravan_crawler.sample_site.front_matter import day_and_month
from caravan_crawler.sample_site.markup import Markup, escape
from caravan_crawler.sample_site.newsroom import Newsroom, slug
from caravan_crawler.sample_site.plan import TODAY
from caravan_crawler.sample_site.rng import Rng
from caravan_crawler.sample_site.texts import CLUTTER, RU, all_topics

CONTACTS = "/info/kontakty/"
SECTION_NAMES: dict[str, str] = RU["section_names"]
TOPICS: list[str] = RU["trending_topics"]

_FOOTER = "© 2001–2026 Sample Caravan. Перепечатка – только со ссылкой. Телефон редакции 8 800 000 00 00"
_VARIANTS = 4
"""Number of variants of the invisible parts, chosen by article number."""
_HEAD_BYTES = (11_000, 14_000, 17_000, 20_000)
_FOOT_BYTES = (14_000, 15_000, 15_500, 16_000)
_NETWORKS = ("facebook.com", "instagram.com", "t.me", "vk.com", "youtube.com", "tiktok.com")
_RATES = (("USD", Decimal("495.1"), "$ 495.1"), ("EUR", Decimal("583.72"), "583.72"))
_TEMPERATURE = 3
_CITY = "Алматы"


def header_html(markup: Markup) -> str:
    """Rates, weather, city, day and networks, in the order of generation 3."""
    is_table = markup.template.skeleton == "table"
    line = "span" if is_table else "div"
    networks = (markup.element("li", markup.link(f"https://www.{host}/caravan.kz", "A")) for host in _NETWORKS)
    parts = [
        markup.element("ul", "".join(markup.element("li", printed) for _, _, printed in _RATES), "rates"),
        markup.element(line, f"{_TEMPERATURE:+d} °C", "weather__degrees"),
        markup.element(line, _CITY, "weather__city"),
        markup.element(line, f"{TODAY.year} Год", "today__year"),
        markup.element(line, day_and_month(TODAY), "today__day"),
        markup.element("ul", "".join(networks), "networks"),
    ]
    if is_table:
        cells = "".join(markup.element("td", part) for part in parts)
        return markup.element("table", f"<tr>{cells}</tr>", "masthead")
    return markup.element("div", "".join(parts), "masthead")


def expected_rates() -> list[dict[str, Any]]:
    """Expected records of the header's rates."""
    day = TODAY.isoformat()
    return [{"currency": currency, "rate": rate, "rate_raw": raw, "page_date": day} for currency, rate, raw in _RATES]


def expected_weather() -> list[dict[str, Any]]:
    """Expected records of the header's weather."""
    return [{"city": _CITY, "temperature_c": _TEMPERATURE, "page_date": TODAY.isoformat()}]


class TrendingEntry(NamedTuple):
    """One pair of topic and headline in the trending block."""

    topic: str
    headline: str
    path: str
    article_id: int | None


def trending_entries(newsroom: Newsroom) -> list[TrendingEntry]:
    """Pairs in rank order, the same on every page."""
    return [
        TrendingEntry(topic, newsroom.headline(number), newsroom.path(number), newsroom.id(number))
        for topic, number in zip(TOPICS, newsroom.plan.trending, strict=False)
    ]


def expected_trending(entries: list[TrendingEntry], base_url: str) -> list[dict[str, Any]]:
    """Expected records of the trending block."""
    return [
        {
            "rank": rank,
            "topic": entry.topic,
            "headline": entry.headline,
            "url": base_url + entry.path[1:],
            "article_id": entry.article_id,
            "page_date": TODAY.isoformat(),
        }
        for rank, entry in enumerate(entries, start=1)
    ]


def trending_html(markup: Markup, entries: list[TrendingEntry]) -> str:
    """Trending block in the template's form."""
    template = markup.template
    flat = template.trending_place == "flat"
    heading = markup.element("div", "В тренде:", "trending__title") if template.trending_heading else ""
    items = "".join(_flat_item(markup, entry) if flat else _trending_item(markup, entry) for entry in entries)
    if flat:
        return heading + items
    return markup.element("section" if template.skeleton == "html5" else "div", heading + items, "trending")


def _trending_item(markup: Markup, entry: TrendingEntry) -> str:
    parts = _label_and_headline(markup, entry)
    if markup.template.trending_label == "link":
        parts = [markup.element("div", part) for part in parts]  # two links in one line would run together
    return markup.element("div", " ".join(parts), "trending__item")


def _flat_item(markup: Markup, entry: TrendingEntry) -> str:
    """Siblings of the article's paragraphs, with the same tag."""
    tag = markup.template.paragraph_tag
    parts = _label_and_headline(markup, entry)
    if markup.template.trending_label == "div":
        return parts[0] + markup.element(tag, parts[1])
    return "".join(markup.element(tag, part) for part in parts)


def _label_and_headline(markup: Markup, entry: TrendingEntry) -> list[str]:
    topic, headline = escape(entry.topic), escape(entry.headline)
    form = markup.template.trending_label
    if form == "joined":
        inside = markup.element("span", topic, "trending__topic") + " " + markup.element("span", headline)
        return [markup.link(entry.path, inside, "trending__link")]
    title = markup.link(entry.path, headline, "trending__link")
    if form == "link":
        return [markup.link(f"/tag/{slug(entry.topic)}/", topic, "trending__topic"), title]
    return [markup.element(form, topic, "trending__topic"), title]


def contacts_html(markup: Markup) -> str:
    """Contacts page: prose that is no article."""
    text = "".join(markup.element(markup.template.paragraph_tag, paragraph) for paragraph in RU["contacts"])
    return markup.element("h1", "Контакты", "page-title") + text


class Frame:
    """All of a page except its metadata and its main part; built once per template."""

    def __init__(
        self, markup: Markup, header: str, trending: str, sections: Iterable[str], language: str = "ru"
    ) -> None:
        self._markup = markup
        self._header = header
        self._trending = trending
        self._sections = tuple(sections)
        self._language = language

    def page(self, number: int, head: str, main: str) -> bytes:
        """Return a whole page; ``number`` chooses the invisible parts."""
        top, middle, bottom = self._pieces[number % _VARIANTS]
        return b"".join((top, head.encode(), middle, main.encode(), bottom))

    @cached_property
    def _pieces(self) -> list[tuple[bytes, bytes, bytes]]:
        return [self._build(variant) for variant in range(_VARIANTS)]

    def _build(self, variant: int) -> tuple[bytes, bytes, bytes]:
        meta = "<meta charset='utf-8'><meta name='viewport' content='width=device-width'>"
        top = f"<!DOCTYPE html>\n<html lang='{self._language}'>\n<head>{meta}"
        opened, closed = self._container()
        middle = (
            f"{self._head_clutter(variant)}</head>\n<body>{self._icons(variant)}"
            f"{self._hidden_menu()}{self._hidden_panels(variant)}{self._menu()}{opened}"
        )
        bottom = f"{closed}{self._footer()}{self._foot_clutter(variant)}\n</body>\n</html>\n"
        return top.encode(), middle.encode(), bottom.encode()

    def _container(self) -> tuple[str, str]:
        """Header and container before the page's main part, and all that follows it."""
        markup = self._markup
        outside = markup.template.trending_place == "outside"
        if markup.template.skeleton == "table":
            top = f"{markup.open('table', 'layout')}<tr><td>{self._header}</td></tr>"
            opened = f"{top}<tr>{markup.open('td', 'single')}"
            last = f"</td></tr><tr><td>{self._trending}" if outside else self._trending
            return opened, f"{last}</td></tr></table>"
        outer, inner = ("main", "article") if markup.template.skeleton == "html5" else ("div", "div")
        opened = self._header + markup.open(outer, "page") + markup.open(inner, "single")
        if outside:
            return opened, f"</{inner}>{self._trending}</{outer}>"
        return opened, f"{self._trending}</{inner}></{outer}>"

    def _footer(self) -> str:
        if not self._markup.template.footer:
            return ""
        return self._markup.element("footer", self._markup.element("p", _FOOTER), "footer")

    def _menu(self) -> str:
        """Visible menu: sections, contacts, search and other sites."""
        markup = self._markup
        links = [("/", "Главная")]
        links += [(f"/{section}/", SECTION_NAMES[section]) for section in self._sections]
        links += [(CONTACTS, "Контакты"), ("/search/?q=", "Поиск"), ("/search/?q=акимы", "Акимы")]
        links += RU["links_elsewhere"]
        logo = f"<img{markup.attribute('src', '/wp-content/themes/caravan/img/logo.svg')} alt='' width='180'>"
        html5 = markup.template.skeleton == "html5"
        menu = markup.element("nav" if html5 else "div", self._list(links), "menu")
        return markup.element("header" if html5 else "div", markup.link("/", logo, "logo") + menu, "header")

    def _hidden_menu(self) -> str:
        """Menu for phones, hidden, with every topic."""
        links = [(f"/tag/{slug(topic)}/", topic) for topic in all_topics()]
        return self._markup.element("div", self._list(links), "mobile-menu", style="display:none", hidden="hidden")

    def _list(self, links: Iterable[tuple[str, str]]) -> str:
        markup = self._markup
        items = (markup.element("li", markup.link(href, escape(name), "menu__link")) for href, name in links)
        return f"<ul>{''.join(items)}</ul>"

    def _hidden_panels(self, variant: int) -> str:
        """Some 900 hidden elements, as on a real page: menu with icons, gallery."""
        markup, rng = self._markup, Rng("offcanvas", variant)
        groups, pictures = "", ""
        for number in range(1, 7):
            items = "".join(
                f"<li><a href='/tag/{slug(topic)}/'><svg><use href='#i{rng.below(12)}'></use></svg>"
                f"<span>{escape(topic)}</span><i>{rng.below(400)}</i></a></li>"
                for topic in all_topics()
            )
            title = f"<div><b>Рубрика {number}</b><i></i></div>"
            groups += markup.element("div", f"{title}<ul>{items}</ul>", "offcanvas__group")
        for number in (rng.below(90_000) for _ in range(24)):
            pictures += (
                f"<figure><picture><source srcset='/i/{number}.webp'><source srcset='/i/{number}.jpg'>"
                f"<img src='/i/{number}-150x150.jpg' alt=''></picture><figcaption><b>{number}</b></figcaption></figure>"
            )
        panels = markup.element("div", groups, "offcanvas__menu")
        panels += markup.element("div", pictures, "offcanvas__gallery")
        return markup.element("div", panels, "offcanvas", style="display:none")

    def _head_clutter(self, variant: int) -> str:
        """Styles, counters and data in the head, of the variant's size."""
        markup = self._markup
        rng = Rng("clutter", markup.template.seed * _VARIANTS + variant)
        parts = [self._script(text) for text in CLUTTER["scripts"]]
        banners = [
            {"id": rng.below(90_000), "from": "2019-01-01", "until": "2030-12-31", "views": rng.below(5000)}
            for _ in range(60)
        ]
        data = json.dumps({"theme": "caravan", "version": "3.2.1", "date": "2018-07-04", "banners": banners})
        parts.append(markup.element("script", data, type="application/json", id="theme-data"))
        room = _HEAD_BYTES[variant] - sum(map(len, parts))
        rules: list[str] = []
        while room > 0:
            declarations = ";".join(rng.pick(CLUTTER["properties"]) for _ in range(3 + rng.below(3)))
            rules.append(f".c{rng.below(5000)} .b{rng.below(5000)}>a{{{declarations}}}")
            room -= len(rules[-1]) + 1
        parts.insert(2, markup.element("style", "\n".join(rules)))
        return "".join(parts)

    def _icons(self, variant: int) -> str:
        """Icons and a counter's pixel at the start of the body."""
        markup = self._markup
        icons = "".join(CLUTTER["icon"].format(i, i * 3 + variant) for i in range(12))
        hidden = "position:absolute;left:-9999px"
        pixel = f"<noscript><div><img src='/counter.gif' style='{hidden}' alt=''></div></noscript>"
        sprite = markup.element("svg", icons, style="display:none", xmlns="http://www.w3.org/2000/svg")
        return f"{markup.indent}<!-- header:start 05.02.2026 -->{sprite}{pixel}"

    def _foot_clutter(self, variant: int) -> str:
        """Scripts at the end of the body, of the variant's size."""
        rng = Rng("late clutter", self._markup.template.seed * _VARIANTS + variant)
        parts, size = [f"{self._markup.indent}<!-- footer: cached 2026-02-06 03:00:11 -->"], 0
        while size < _FOOT_BYTES[variant]:
            text = (
                f"window.m{rng.below(9000)}=function(a,b){{var d=new Date(2000+b,{rng.below(12)},{rng.below(28)});"
                f"return a.filter(function(x){{return x.ts>d.getTime()+{rng.below(9999)}}})"
                f".map(function(x){{return {{id:x.id,when:'{rng.below(28) + 1}.0{rng.below(9) + 1}.2019'}}}})}};"
            )
            parts.append(self._script(text * 3))
            size += len(text) * 3
        return "".join(parts)

    def _script(self, text: str) -> str:
        # Without a type: on generation 2 the first script with a type has the month of publication.
        return f"{self._markup.indent}<script>{text}</script>"
