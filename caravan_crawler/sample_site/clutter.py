"""Everything around the text that is neither header, menu nor trending block.

It is written once per template, generation and variant. All figures and names are invented; links lead to articles of
the trending block, to topics, to other hosts and to pages that no crawler needs.
"""

import json
from calendar import Calendar
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from caravan_crawler.sample_site.markup import Template, element, elements, escape, link
from caravan_crawler.sample_site.texts import ALL_TOPICS, CLUTTER, RU, TODAY, Rng, slug

VARIANTS = 4
"""Number of variants, chosen by article number."""
_HEAD_BYTES = (9_000, 11_000, 13_000, 15_000)
_FOOT_BYTES = (8_000, 9_000, 10_000, 11_000)
_COPYRIGHT = "© 2001–2026 Sample Caravan. Перепечатка – только со ссылкой. Телефон редакции 8 800 000 00 00"
_NAMES: dict[str, Any] = CLUTTER["clutter"]
_FORMS_OF_BOXES = ("table", "list", "divs", "dl", "lines")
_LISTING = 0
"""In place of the generation of an article's page."""

Row = Sequence[str]
"""HTML of the cells of one line."""


class Latest(NamedTuple):
    """An article in a column of latest news."""

    day: str
    time: str
    headline: str
    path: str


@lru_cache(maxsize=256)
def clutter(
    template: Template, generation: int, variant: int, language: str, latest: tuple[Latest, ...], has_informers: bool
) -> dict[str, str]:
    """Return the HTML for each place of an article's page, or of another page with ``generation`` 0.

    Nothing at the ``start`` is visible; ``after`` is behind the main part, in the same container.
    """
    number = (template.seed * 5 + generation) * VARIANTS + variant
    writer = _Writer(template, Rng(f"clutter {language}", number), generation, language, latest)
    boxes = writer.column(has_informers=has_informers)
    left = boxes[:4] if writer.rng.chance(1, 2) else []
    return {
        "head": _head(template.seed, variant),
        "start": _icons(variant) + _hidden_menu() + _hidden_panels(variant),
        "top": writer.mega_menu(),
        "left": "".join(left),
        "after": writer.after(),
        "right": "".join(boxes[len(left) :]),
        "foot": writer.footer(),
        "end": _end(template.seed, variant),
    }


class _Writer:
    """Writer of visible boxes in one of several markups."""

    def __init__(
        self, template: Template, rng: Rng, generation: int, language: str, latest: tuple[Latest, ...]
    ) -> None:
        self.rng = rng
        self._generation = generation
        self._language = language
        self._latest = latest
        self._is_russian = language == "ru"
        self._suffix = "" if self._is_russian else f"_{language}"
        self._is_html5 = template.skeleton == "html5"
        self._has_footer = template.footer
        self._section = rng.pick(("aside", "section", "div") if self._is_html5 else ("div", "div", "td"))
        self._title_tag = rng.pick(("h3", "div", "h4", "span", "b", "h2"))
        self._depth = rng.below(4)

    def column(self, *, has_informers: bool) -> list[str]:
        boxes = [
            self._box(kind, self.rng.pick(choice["titles"]), self._rows(choice))
            for kind, choices in CLUTTER[f"boxes{self._suffix}"].items()
            if has_informers or kind not in ("rates", "weather")
            for choice in (self.rng.sample(choices, 2) if kind in ("rates", "archive") else [self.rng.pick(choices)])
        ]
        forms = CLUTTER[f"forms{self._suffix}"]
        boxes += [self._form(kind, self.rng.pick(forms[kind])) for kind in forms if kind != "comment"]
        boxes += [self._calendar(), self._cloud()]
        if self._latest:
            boxes += [self._latest_news(), self._latest_comments(), self._popular()]
        return self.rng.sample(boxes, len(boxes))

    def after(self) -> str:
        """Boxes behind an article; behind a list only the calls to follow."""
        follow = [[link(url, escape(name))] for url, name in _NAMES["networks"]]
        boxes = [self._box("share", self.rng.pick(_NAMES["share_titles"]), follow, forms=("list", "divs"))]
        calls = self.rng.sample(_NAMES["follow"], 2) if self._is_russian else []
        boxes += [element("div", link("https://t.me/s/", call), "follow") for call in calls]
        if self._generation == _LISTING:
            return "".join(boxes)
        if self._latest:
            related = self.rng.sample(self._latest, 4)
            rows = [[_article(entry)] for entry in related]
            boxes.append(self._box("related", self.rng.pick(_NAMES["related_titles"]), rows, forms=("list", "divs")))
        if self._is_russian:
            boxes.append(self._comments())
        forms = CLUTTER[f"forms{self._suffix}"]["comment"]
        return "".join([*boxes, self._form("comment", self.rng.pick(forms))])

    def mega_menu(self) -> str:
        groups = ""
        for name in RU["section_names"].values():
            items = "".join(f"<li>{_topic(topic)}</li>" for topic in self.rng.sample(ALL_TOPICS, 13))
            groups += element("div", f"<b>{name}</b><ul>{items}</ul>", "mega__group")
        return element("nav" if self._is_html5 and self.rng.chance(1, 2) else "div", groups, "mega")

    def footer(self) -> str:
        """Columns of links, counters, and the copyright in templates that have one."""
        links = "".join(
            element("ul", "".join(f"<li>{link('/info/kontakty/', text)}</li>" for text in column))
            for column in _NAMES["footer"]
        )
        counters = "".join(element("span", text, "counter") + " " for text in _NAMES["counters"])
        content = element("div", links, "footer__links") + element("div", counters, "footer__counters")
        if self._has_footer:
            content += element("p", _COPYRIGHT)
        return element("footer" if self._has_footer or self.rng.chance(1, 2) else "div", content, "footer")

    def _rows(self, choice: dict[str, Any]) -> list[Row]:
        """Cells of a box of the data file; the last cell is a link if the box has a ``href``."""
        rows = [[escape(cell) for cell in row] for row in choice["rows"]]
        if href := choice.get("href"):
            for place, row in enumerate(rows):
                row[-1] = link(href if href == "#" else f"{href}{place + 202_601}", row[-1])
        return [*rows]

    def _box(self, role: str, title: str, rows: Iterable[Row], forms: Sequence[str] = _FORMS_OF_BOXES) -> str:
        """A titled box whose lines have one of several forms."""
        match self.rng.pick(forms):
            case "table":
                lines = elements("tr", ("".join(f"<td>{cell}</td>" for cell in row) for row in rows))
                content = element("table", lines, f"{role}__table")
            case "list":
                content = f"<ul>{elements('li', map(_spans, rows))}</ul>"
            case "dl":
                pairs = (f"\n<dt>{row[0]}</dt>{''.join(f'<dd>{cell}</dd>' for cell in row[1:])}" for row in rows)
                content = f"<dl>{''.join(pairs)}</dl>"
            case form:
                tag = "p" if form == "lines" and self._generation != 4 else "div"
                content = "".join(element(tag, _spans(row), f"{role}__line") for row in rows)
        return self._titled(role, title, content)

    def _titled(self, role: str, title: str, content: str) -> str:
        """A box of the variant's depth; in a template without roles its title alone names it."""
        html = element(self._title_tag, escape(title), f"{role}__title") + content
        for _ in range(self._depth):
            html = element("div", html, "widget__inner")
        if self._section == "td":
            return element("table", f"<tr><td>{html}</td></tr>", role)
        return element(self._section, html, role)

    def _form(self, role: str, form: dict[str, Any]) -> str:
        fields = "".join(
            f"<div><label>{escape(label)}</label>"
            + ("<textarea rows='4'></textarea>" if kind == "textarea" else f"<input type='{kind}'>")
            + "</div>"
            for kind, label in form["fields"]
        )
        button = f"<button type='submit'>{form['button']}</button><small>{form['note']}</small>"
        content = f'\n<form class="{role}__form" action="/search/" method="post">{fields}{button}</form>'
        return self._titled(role, form["title"], content)

    def _calendar(self) -> str:
        """The month of the visit; days until today are links."""
        weekdays = "".join(f"<th>{day}</th>" for day in _NAMES["weekdays"][self._language])
        weeks = Calendar().monthdayscalendar(TODAY.year, TODAY.month)
        days = elements("tr", ("".join(f"<td>{_day(day)}</td>" for day in week) for week in weeks))
        month = _NAMES["months_now"][self._language]
        table = f"<caption>{month}</caption><thead><tr>{weekdays}</tr></thead><tbody>{days}</tbody>"
        return element("table", table, "calendar")

    def _cloud(self) -> str:
        links = " ".join(
            link(f"/tag/{slug(topic)}/", f"{escape(topic)} <i>{self.rng.below(400)}</i>", "cloud__tag")
            for topic in self.rng.sample(ALL_TOPICS, 40)
        )
        return self._titled("cloud", self.rng.pick(_NAMES["cloud_titles"]), element("div", links))

    def _latest_news(self) -> str:
        """Clock times and headlines, under the names of their days in half of the variants."""
        form = self.rng.below(3)
        content, day = "", ""
        for entry in self._latest:
            if form == 0 and entry.day != day:
                day = entry.day
                content += element("div", day, "latest__day")
            time = f"{entry.day}, {entry.time}" if form == 1 else entry.time
            time = f"<time>{time}</time>" if form == 2 else f"<span>{time}</span>"
            content += element("div", f"{time} {_article(entry)}", "latest__item")
        return self._titled("latest", self.rng.pick(_NAMES["latest_titles"]), content)

    def _latest_comments(self) -> str:
        arrow = self.rng.pick((" → ", " к записи ", ": ", " — "))
        rows = [
            [f"{escape(self.rng.pick(_NAMES['readers']))}{arrow}{_article(entry)}"]
            for entry in self.rng.sample(self._latest, 7)
        ]
        return self._box("comments-latest", self.rng.pick(_NAMES["comments_titles"]), rows, forms=("list", "divs"))

    def _popular(self) -> str:
        rows = [
            [str(rank), _article(entry), f"{9000 - rank * 731:,}".replace(",", " ")]
            for rank, entry in enumerate(self.rng.sample(self._latest, 5), 1)
        ]
        return self._box("popular", self.rng.pick(_NAMES["popular_titles"]), rows)

    def _comments(self) -> str:
        """Comments of readers on this article: none, or up to four."""
        remarks = self.rng.sample(_NAMES["remarks"], self.rng.below(5))
        replies = " ".join(link("#reply", reply) for reply in _NAMES["replies"])
        content = ""
        for remark in remarks:
            when = f"{1 + self.rng.below(5):02d}.02.2026 {self.rng.below(24):02d}:{self.rng.below(60):02d}"
            reader = self.rng.pick(_NAMES["readers"])
            comment = f"<b>{reader}</b> <span>{when}</span><div>{remark}</div>{replies}"
            content += element("div", f"{comment} <span>+{self.rng.below(30)}</span>", "comment")
        return self._titled("comments", f"Комментарии ({len(remarks)})", content)


def _spans(row: Row) -> str:
    if len(row) == 1:
        return row[0]
    return " ".join([f"<span>{row[0]}</span>", *(f"<b>{cell}</b>" for cell in row[1:])])


def _day(day: int) -> str:
    """A day of the calendar, 0 for one of another month."""
    return link(f"/{TODAY:%Y/%m}/{day:02d}/", str(day)) if 0 < day <= TODAY.day else str(day or "")


def _article(entry: Latest) -> str:
    return link(entry.path, escape(entry.headline))


def _topic(topic: str) -> str:
    return link(f"/tag/{slug(topic)}/", escape(topic))


def _hidden_menu() -> str:
    items = "".join(f"<li>{_topic(topic)}</li>" for topic in ALL_TOPICS)
    return f'\n<div class="mobile-menu" style="display:none" hidden="hidden"><ul>{items}</ul></div>'


def _hidden_panels(variant: int) -> str:
    rng = Rng("offcanvas", variant)
    items = "".join(
        f"<li><a href='/tag/{slug(topic)}/'><svg><use href='#i{rng.below(12)}'></use></svg>"
        f"<span>{escape(topic)}</span><i>{rng.below(400)}</i></a></li>"
        for topic in ALL_TOPICS
    )
    pictures = ""
    for number in (rng.below(90_000) for _ in range(12)):
        pictures += (
            f"<figure><picture><source srcset='/i/{number}.webp'><source srcset='/i/{number}.jpg'>"
            f"<img src='/i/{number}-150x150.jpg' alt=''></picture><figcaption><b>{number}</b></figcaption></figure>"
        )
    panels = element("div", f"<div><b>Рубрики</b><i></i></div><ul>{items}</ul>", "offcanvas__menu")
    panels += element("div", pictures, "offcanvas__gallery")
    return f'\n<div class="offcanvas" style="display:none">{panels}</div>'


def _head(seed: int, variant: int) -> str:
    """Styles, counters and data in the head, of the variant's size."""
    rng = Rng("clutter", seed * VARIANTS + variant)
    parts = elements("script", CLUTTER["scripts"])
    banners = [
        {"id": rng.below(90_000), "from": "2019-01-01", "until": "2030-12-31", "views": rng.below(5000)}
        for _ in range(60)
    ]
    data = json.dumps({"theme": "caravan", "version": "3.2.1", "date": "2018-07-04", "banners": banners})
    parts += f'\n<script type="application/json" id="theme-data">{data}</script>'
    room = _HEAD_BYTES[variant] - len(parts)
    rules = ""
    while len(rules) < room:
        declarations = ";".join(rng.pick(CLUTTER["properties"]) for _ in range(3 + rng.below(3)))
        rules += f".c{rng.below(5000)} .b{rng.below(5000)}>a{{{declarations}}}\n"
    return element("style", rules) + parts


def _icons(variant: int) -> str:
    icons = "".join(CLUTTER["icon"].format(i, i * 3 + variant) for i in range(12))
    sprite = f'\n<svg style="display:none" xmlns="http://www.w3.org/2000/svg">{icons}</svg>'
    pixel = "<img src='/counter.gif' style='position:absolute;left:-9999px' alt=''>"
    return f"\n<!-- header:start 05.02.2026 -->{sprite}<noscript><div>{pixel}</div></noscript>"


def _end(seed: int, variant: int) -> str:
    """Scripts at the end of the body, of the variant's size."""
    rng = Rng("late clutter", seed * VARIANTS + variant)
    scripts = ""
    while len(scripts) < _FOOT_BYTES[variant]:
        text = (
            f"window.m{rng.below(9000)}=function(a,b){{var d=new Date(2000+b,{rng.below(12)},{rng.below(28)});"
            f"return a.filter(function(x){{return x.ts>d.getTime()+{rng.below(9999)}}})"
            f".map(function(x){{return {{id:x.id,when:'{rng.below(28) + 1}.0{rng.below(9) + 1}.2019'}}}})}};"
        )
        # Without a type: on generation 2 the first script with a type has the month of publication.
        scripts += element("script", text * 3)
    return f"\n<!-- footer: cached 2026-02-06 03:00:11 -->{scripts}"
