"""Page frame: head, menus, header, trending block and footer, shared by all pages of a template."""

import json
from collections.abc import Iterable
from decimal import Decimal
from functools import cached_property
from typing import Any, NamedTuple

from caravan_crawler.sample_site.article import all_topics
from caravan_crawler.sample_site.front_matter import without_year
from caravan_crawler.sample_site.markup import Markup, escape
from caravan_crawler.sample_site.newsroom import Newsroom, slug
from caravan_crawler.sample_site.plan import KAZAKH, TODAY
from caravan_crawler.sample_site.rng import Rng

VARIANTS = 4
"""Pages of one template differ in clutter, by article number."""

_HEAD_BYTES = (11_000, 14_000, 17_000, 20_000)
_FOOT_BYTES = (14_000, 15_000, 15_500, 16_000)

_PROPERTIES = (
    "display:flex", "margin:0 auto", "padding:12px 16px", "color:#1b1b1b", "line-height:1.45",
    "font-weight:600", "border-bottom:1px solid #e5e5e5", "background:#fff", "max-width:1180px",
    "justify-content:space-between", "transition:opacity .2s ease", "overflow:hidden", "position:relative",
)  # fmt: skip

_COUNTERS = (
    (
        "(function(m,e,t,r,i,k,a){m[i]=m[i]||function(){(m[i].a=m[i].a||[]).push(arguments)};"
        "m[i].l=1*new Date();"
        "k=e.createElement(t);a=e.getElementsByTagName(t)[0];k.async=1;"
        "k.src=r})(window,document,'script','/c.js','ym');"
    ),
    (
        "window.dataLayer=window.dataLayer||[];function gtag(){dataLayer.push(arguments);}"
        "gtag('js',new Date());"
        "gtag('config','G-SAMPLE',{'send_page_view':true,'build':'11-2019'});"
    ),
    (
        "var siteNow=new Date('2026-02-06T09:15:00+05:00');var lastVisit='2020-04-26';"
        "if(siteNow.getFullYear()>2025){document.documentElement.className+=' y2026';}"
    ),
    'var news_ticker={"updated":"06.02.2026","items":[{"d":"1 Января 2000","v":1234}]};',
    (
        "document.addEventListener('DOMContentLoaded',function(){"
        "var l=document.querySelectorAll('img[data-src]');"
        "l.forEach(function(i){new IntersectionObserver(function(e){i.src=i.dataset.src}).observe(i)})});"
    ),
)

_ICON = (
    "<symbol id='i{0}' viewBox='0 0 24 24'>"
    "<path d='M{0} 2C6.48 2 2 6.48 2 12s4.48 10 10 10 {1}-4.48 10-10S17.52 2 12 2z'/></symbol>"
)


def head_clutter(markup: Markup, variant: int) -> str:
    """Styles, counters and a block of data for the head, of the variant's size."""
    dice = Rng("clutter", markup.template.seed * VARIANTS + variant)
    parts = [_script(markup, text) for text in _COUNTERS]
    parts.append(markup.element("script", _theme_data(dice, 60), type="application/json", id="theme-data"))
    room = _HEAD_BYTES[variant] - sum(map(len, parts))
    parts.insert(2, markup.element("style", _styles(dice, room)))
    return "".join(parts)


def body_clutter(markup: Markup, variant: int) -> str:
    """Icons and a counter's picture, at the top of the body."""
    icons = "".join(_ICON.format(i, i * 3 + variant) for i in range(12))
    hidden = "position:absolute;left:-9999px"
    pixel = f"<noscript><div><img src='/counter.gif' style='{hidden}' alt=''></div></noscript>"
    sprite = markup.element("svg", icons, style="display:none", xmlns="http://www.w3.org/2000/svg")
    return f"{markup.indent}<!-- header:start 05.02.2026 -->{sprite}{pixel}"


def foot_clutter(markup: Markup, variant: int) -> str:
    """Late scripts, of the variant's size."""
    dice = Rng("late clutter", markup.template.seed * VARIANTS + variant)
    parts = [f"{markup.indent}<!-- footer: cached 2026-02-06 03:00:11 -->"]
    size = 0
    while size < _FOOT_BYTES[variant]:
        name = f"m{dice.below(9000)}"
        text = (
            f"window.{name}=function(a,b){{"
            f"var d=new Date(2000+b,{dice.below(12)},{dice.below(28)});"
            f"return a.filter(function(x){{return x.ts>d.getTime()+{dice.below(9999)}}})"
            f".map(function(x){{return "
            f"{{id:x.id,when:'{dice.below(28) + 1}.0{dice.below(9) + 1}.2019'}}}})}};"
        )
        parts.append(_script(markup, text * 3))
        size += len(text) * 3
    return "".join(parts)


def _script(markup: Markup, text: str) -> str:
    # Without a type: on generation 2 the first script that has one tells the month of publication.
    return f"{markup.indent}<script>{text}</script>"


def _styles(dice: Rng, size: int) -> str:
    rules: list[str] = []
    length = 0
    while length < size:
        declarations = ";".join(dice.pick(_PROPERTIES) for _ in range(3 + dice.below(3)))
        rule = f".c{dice.below(5000)} .b{dice.below(5000)}>a{{{declarations}}}"
        rules.append(rule)
        length += len(rule) + 1
    return "\n".join(rules)


def _theme_data(dice: Rng, entries: int) -> str:
    banners = [
        {"id": dice.below(90_000), "from": "2019-01-01", "until": "2030-12-31", "views": dice.below(5000)}
        for _ in range(entries)
    ]
    return json.dumps({"theme": "caravan", "version": "3.2.1", "date": "2018-07-04", "banners": banners})


SECTION_NAMES = {
    "news": "Новости",
    "gazeta": "Газета",
    "sport": "Спорт",
    "art": "Культура",
    "crime": "Криминал",
    KAZAKH: "Жаңалықтар",
    "analytics": "Аналитика",
    "world": "В мире",
    "society": "Общество",
    "podcasts": "Подкасты",
    "culture": "Культура",
}
CONTACTS = "/info/kontakty/"

_ELSEWHERE = (
    ("https://kaz.caravan.kz/", "Қазақша"),
    ("https://static.caravan.kz/pdf/price.pdf", "Прайс"),
    ("https://www.facebook.com/caravan.kz", "Facebook"),
    ("https://www.instagram.com/caravan.kz/", "Instagram"),
    ("https://t.me/caravankz", "Telegram"),
    ("mailto:info@caravan.example", "Написать нам"),
    ("tel:+77270000000", "Позвонить"),
    ("javascript:void(0)", "Меню"),
    ("#top", "Наверх"),
)


def menu_html(markup: Markup, sections: Iterable[str]) -> str:
    """The visible menu: it stands before the masthead, in ``nav`` where the template has such tags."""
    links = [("/", "Главная")]
    links += [(f"/{section}/", SECTION_NAMES[section]) for section in sections]
    links += [(CONTACTS, "Контакты"), ("/search/?q=", "Поиск"), ("/search/?q=акимы", "Акимы")]
    links += _ELSEWHERE
    items = "".join(_menu_item(markup, href, name) for href, name in links)
    logo = f"<img{markup.attribute('src', '/wp-content/themes/caravan/img/logo.svg')} alt='' width='180'>"
    home = markup.link("/", logo, "logo")
    html5 = markup.template.skeleton == "html5"
    menu = markup.element("nav" if html5 else "div", f"<ul>{items}</ul>", "menu")
    return markup.element("header" if html5 else "div", home + menu, "header")


def hidden_menu_html(markup: Markup) -> str:
    """The menu that opens on phones, with every topic in it; it is not shown."""
    links = [(f"/tag/{slug(topic)}/", topic) for topic in all_topics()]
    items = "".join(_menu_item(markup, href, name) for href, name in links)
    return markup.element("div", f"<ul>{items}</ul>", "mobile-menu", style="display:none", hidden="hidden")


def _menu_item(markup: Markup, href: str, name: str) -> str:
    return markup.element("li", markup.link(href, escape(name), "menu__link"))


_GROUPS = 6
_PICTURES = 24


def offcanvas_html(markup: Markup, variant: int) -> str:
    """The hidden panels, some 900 elements, a little different in each variant."""
    dice = Rng("offcanvas", variant)
    groups = "".join(_group(markup, number, dice) for number in range(_GROUPS))
    pictures = "".join(_picture(dice) for _ in range(_PICTURES))
    panels = markup.element("div", groups, "offcanvas__menu") + markup.element("div", pictures, "offcanvas__gallery")
    return markup.element("div", panels, "offcanvas", style="display:none")


def _group(markup: Markup, number: int, dice: Rng) -> str:
    items = "".join(
        f"<li><a href='/tag/{slug(topic)}/'><svg><use href='#i{dice.below(12)}'></use></svg>"
        f"<span>{escape(topic)}</span><i>{dice.below(400)}</i></a></li>"
        for topic in all_topics()
    )
    title = f"<div><b>Рубрика {number + 1}</b><i></i></div>"
    return markup.element("div", f"{title}<ul>{items}</ul>", "offcanvas__group")


def _picture(dice: Rng) -> str:
    number = dice.below(90_000)
    return (
        f"<figure><picture><source srcset='/i/{number}.webp'><source srcset='/i/{number}.jpg'>"
        f"<img src='/i/{number}-150x150.jpg' alt=''></picture><figcaption><b>{number}</b></figcaption></figure>"
    )


DOLLAR = Decimal("495.1")
EURO = Decimal("583.72")
TEMPERATURE = 3
CITY = "Алматы"

DOLLAR_PRINTED = f"$ {DOLLAR}"
EURO_PRINTED = str(EURO)
"""Printed without a sign."""

_NETWORKS = ("facebook.com", "instagram.com", "t.me", "vk.com", "youtube.com", "tiktok.com")


def masthead_html(markup: Markup) -> str:
    """The masthead in the order known of generation 3."""
    template = markup.template
    box, line = ("td", "span") if template.skeleton == "table" else ("div", "div")
    rates = "".join(markup.element("li", printed) for printed in (DOLLAR_PRINTED, EURO_PRINTED))
    parts = [
        markup.element("ul", rates, "rates"),
        markup.element(line, f"{TEMPERATURE:+d} °C", "weather__degrees"),
        markup.element(line, CITY, "weather__city"),
        markup.element(line, f"{TODAY.year} Год", "today__year"),
        markup.element(line, without_year(TODAY), "today__day"),
        markup.element("ul", "".join(_bullet(markup, host) for host in _NETWORKS), "networks"),
    ]
    if box == "td":
        cells = "".join(markup.element("td", part) for part in parts)
        return markup.element("table", f"<tr>{cells}</tr>", "masthead")
    return markup.element(box, "".join(parts), "masthead")


def expected_rates() -> list[dict[str, Any]]:
    """What reading the rates should give."""
    printed = (("USD", DOLLAR, DOLLAR_PRINTED), ("EUR", EURO, EURO_PRINTED))
    day = TODAY.isoformat()
    return [{"currency": currency, "rate": rate, "rate_raw": raw, "page_date": day} for currency, rate, raw in printed]


def expected_weather() -> list[dict[str, Any]]:
    """What reading the weather should give."""
    return [{"city": CITY, "temperature_c": TEMPERATURE, "page_date": TODAY.isoformat()}]


def _bullet(markup: Markup, host: str) -> str:
    return markup.element("li", markup.link(f"https://www.{host}/caravan.kz", "A"))


HEADING = "В тренде:"

TOPICS = (
    "Олимпийские Игры 2026",
    "Пенсия 2026",
    "Налоговый кодекс РК 2026",
    "АЭС",
    "Алматы",
    "МРП 2026",
    "Землетрясение",
    "Бокс",
    "Футбол",
    "Астана",
    "Шымкент",
    "Нефть",
    "Закон",
    "Туризм",
    "Медицина",
    "Иран",
)
"""Labels follow the day of the visit, so they need not fit the headlines under them."""


class Entry(NamedTuple):
    """One pair of the block."""

    topic: str
    number: int
    headline: str
    path: str
    article_id: int | None


def trending_entries(newsroom: Newsroom) -> list[Entry]:
    """The block's pairs in rank order, the same on every page."""
    return [
        Entry(topic, number, newsroom.headline(number), newsroom.path(number), newsroom.id(number))
        for topic, number in zip(TOPICS, newsroom.layout.trending, strict=False)
    ]


def expected_trending(pairs: list[Entry], base_url: str) -> list[dict[str, Any]]:
    """What reading the block should give."""
    return [
        {
            "rank": rank,
            "topic": pair.topic,
            "headline": pair.headline,
            "url": base_url + pair.path[1:],
            "article_id": pair.article_id,
            "page_date": TODAY.isoformat(),
        }
        for rank, pair in enumerate(pairs, start=1)
    ]


def trending_html(markup: Markup, pairs: list[Entry]) -> str:
    """The block in the template's form."""
    template = markup.template
    flat = template.trending_place == "flat"
    heading = markup.element("div", HEADING, "trending__title") if template.trending_heading else ""
    items = "".join(_flat_item(markup, pair) if flat else _item(markup, pair) for pair in pairs)
    if flat:
        return heading + items
    tag = "section" if template.skeleton == "html5" else "div"
    return markup.element(tag, heading + items, "trending")


def _item(markup: Markup, pair: Entry) -> str:
    parts = _label_and_headline(markup, pair)
    if markup.template.trending_label == "link":
        parts = [markup.element("div", part) for part in parts]  # two links in one line would run together
    return markup.element("div", " ".join(parts), "trending__item")


def _flat_item(markup: Markup, pair: Entry) -> str:
    """Siblings of the paragraphs, in the paragraphs' own tag."""
    tag = markup.template.paragraph_tag
    parts = _label_and_headline(markup, pair)
    if markup.template.trending_label == "div":
        return parts[0] + markup.element(tag, parts[1])
    return "".join(markup.element(tag, part) for part in parts)


def _label_and_headline(markup: Markup, pair: Entry) -> list[str]:
    topic, headline = escape(pair.topic), escape(pair.headline)
    form = markup.template.trending_label
    if form == "joined":
        inside = markup.element("span", topic, "trending__topic") + " " + markup.element("span", headline)
        return [markup.link(pair.path, inside, "trending__link")]
    title = markup.link(pair.path, headline, "trending__link")
    if form == "link":
        return [markup.link(f"/tag/{slug(pair.topic)}/", topic, "trending__topic"), title]
    return [markup.element(form, topic, "trending__topic"), title]


_PARAGRAPHS = (
    "Это учебная копия новостного сайта. Все тексты на ней выдуманы, совпадения имён случайны.",
    "Письма читаем по будням с 9:00 до 18:00 и отвечаем в течение трёх дней.",
    "Редакция не возвращает рукописи и не вступает в спор о вкусах, но опечатки исправляет сразу.",
)


def contacts_html(markup: Markup) -> str:
    """A title and three paragraphs."""
    tag = markup.template.paragraph_tag
    text = "".join(markup.element(tag, paragraph) for paragraph in _PARAGRAPHS)
    return markup.element("h1", "Контакты", "page-title") + text


_FOOTER = "© 2001–2026 Sample Caravan. Перепечатка – только со ссылкой. Телефон редакции 8 800 000 00 00"


class Frame:
    """Head, menus, masthead and container before a page's own part; trending block and footer after it."""

    def __init__(
        self, markup: Markup, masthead: str, trending: str, sections: Iterable[str], language: str = "ru"
    ) -> None:
        self._markup = markup
        self._masthead = masthead
        self._trending = trending
        self._sections = tuple(sections)
        self._language = language

    def page(self, number: int, head: str, main: str) -> bytes:
        """A whole page; ``number`` chooses the clutter around it."""
        top, middle, bottom = self._pieces[number % VARIANTS]
        return b"".join((top, head.encode(), middle, main.encode(), bottom))

    @cached_property
    def _pieces(self) -> list[tuple[bytes, bytes, bytes]]:
        return [self._build(variant) for variant in range(VARIANTS)]

    def _build(self, variant: int) -> tuple[bytes, bytes, bytes]:
        markup = self._markup
        meta = "<meta charset='utf-8'><meta name='viewport' content='width=device-width'>"
        top = f"<!DOCTYPE html>\n<html lang='{self._language}'>\n<head>{meta}"
        opened, closed = self._container()
        middle = "".join(
            (
                head_clutter(markup, variant),
                "</head>\n<body>",
                body_clutter(markup, variant),
                hidden_menu_html(markup),
                offcanvas_html(markup, variant),
                menu_html(markup, self._sections),
                opened,
            )
        )
        bottom = closed + self._footer() + foot_clutter(markup, variant) + "\n</body>\n</html>\n"
        return top.encode(), middle.encode(), bottom.encode()

    def _container(self) -> tuple[str, str]:
        """Masthead and container up to the page's own part, and all that follows it."""
        markup = self._markup
        masthead = self._masthead
        outside = markup.template.trending_place == "outside"
        if markup.template.skeleton == "table":
            top = f"{markup.open('table', 'layout')}<tr><td>{masthead}</td></tr>"
            opened = f"{top}<tr>{markup.open('td', 'single')}"
            last = f"</td></tr><tr><td>{self._trending}" if outside else self._trending
            return opened, f"{last}</td></tr></table>"
        html5 = markup.template.skeleton == "html5"
        outer, inner = ("main", "article") if html5 else ("div", "div")
        opened = masthead + markup.open(outer, "page") + markup.open(inner, "single")
        if outside:
            return opened, f"</{inner}>{self._trending}</{outer}>"
        return opened, f"{self._trending}</{inner}></{outer}>"

    def _footer(self) -> str:
        if not self._markup.template.footer:
            return ""
        return self._markup.element("footer", self._markup.element("p", _FOOTER), "footer")
