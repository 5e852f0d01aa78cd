"""Everything around the text that is neither header, menu nor trending block.

It is written once per template, generation and variant. All figures and names are invented; links lead to articles of
the trending block, to topics, to other hosts and to pages that no crawler needs.
"""

import json
from calendar import Calendar
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from caravan_crawler.sample_site.markup import Markup, Template, escape
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


class Clutter(NamedTuple):
    """HTML for the places of a page."""

    head: str
    start: str
    """Start of the body; nothing of it is visible."""
    top: str
    left: str
    after: str
    """Behind the main part, in the same container."""
    right: str
    foot: str
    end: str


@lru_cache(maxsize=256)
def clutter(
    template: Template, generation: int, variant: int, language: str, latest: tuple[Latest, ...], has_informers: bool
) -> Clutter:
    """Return the clutter of an article's page, or of another page with ``generation`` 0."""
    markup = Markup(template)
    number = (template.seed * 5 + generation) * VARIANTS + variant
    writer = _Writer(markup, Rng(f"clutter {language}", number), generation, language, latest)
    boxes = writer.column(has_informers=has_informers)
    left = boxes[:4] if writer.rng.chance(1, 2) else []
    right = boxes[len(left) :]
    return Clutter(
        head=_head(markup, variant),
        start=_icons(markup, variant) + _hidden_menu(markup) + _hidden_panels(markup, variant),
        top=writer.mega_menu(),
        left="".join(left),
        after=writer.after(),
        right="".join(right),
        foot=writer.footer(),
        end=_end(markup, variant),
    )


class _Writer:
    """Writer of visible boxes in one of several markups."""

    def __init__(self, markup: Markup, rng: Rng, generation: int, language: str, latest: tuple[Latest, ...]) -> None:
        self.rng = rng
        self._markup = markup
        self._generation = generation
        self._language = language
        self._latest = latest
        self._is_russian = language == "ru"
        self._suffix = "" if self._is_russian else f"_{language}"
        is_html5 = markup.template.skeleton == "html5"
        self._section = rng.pick(("aside", "section", "div") if is_html5 else ("div", "div", "td"))
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
        follow = [[self._markup.link(url, escape(name))] for url, name in _NAMES["networks"]]
        boxes = [self._box("share", self.rng.pick(_NAMES["share_titles"]), follow, forms=("list", "divs"))]
        calls = self.rng.sample(_NAMES["follow"], 2) if self._is_russian else []
        boxes += [self._markup.element("div", self._markup.link("https://t.me/s/", call), "follow") for call in calls]
        if self._generation == _LISTING:
            return "".join(boxes)
        if self._latest:
            related = self.rng.sample(self._latest, 4)
            rows = [[self._link_to(entry)] for entry in related]
            boxes.append(self._box("related", self.rng.pick(_NAMES["related_titles"]), rows, forms=("list", "divs")))
        if self._is_russian:
            boxes.append(self._comments())
        forms = CLUTTER[f"forms{self._suffix}"]["comment"]
        return "".join([*boxes, self._form("comment", self.rng.pick(forms))])

    def mega_menu(self) -> str:
        markup, topics = self._markup, ALL_TOPICS
        groups = ""
        for name in RU["section_names"].values():
            chosen = self.rng.sample(topics, 13)
            items = "".join(f"<li>{markup.link(f'/tag/{slug(topic)}/', escape(topic))}</li>" for topic in chosen)
            groups += markup.element("div", f"<b>{name}</b><ul>{items}</ul>", "mega__group")
        tag = "nav" if markup.template.skeleton == "html5" and self.rng.chance(1, 2) else "div"
        return markup.element(tag, groups, "mega")

    def footer(self) -> str:
        """Columns of links, counters, and the copyright in templates that have one."""
        markup = self._markup
        links = "".join(
            markup.element("ul", "".join(f"<li>{markup.link('/info/kontakty/', text)}</li>" for text in column))
            for column in _NAMES["footer"]
        )
        counters = "".join(markup.element("span", text, "counter") + " " for text in _NAMES["counters"])
        content = markup.element("div", links, "footer__links") + markup.element("div", counters, "footer__counters")
        if markup.template.footer:
            content += markup.element("p", _COPYRIGHT)
        tag = "footer" if markup.template.footer or self.rng.chance(1, 2) else "div"
        return markup.element(tag, content, "footer")

    def _rows(self, choice: dict[str, Any]) -> list[Row]:
        """Cells of a box of the data file; the last cell is a link if the box has a ``href``."""
        rows = [[escape(cell) for cell in row] for row in choice["rows"]]
        if href := choice.get("href"):
            for place, row in enumerate(rows):
                row[-1] = self._markup.link(href if href == "#" else f"{href}{place + 202_601}", row[-1])
        return [*rows]

    def _box(self, role: str, title: str, rows: Iterable[Row], forms: Sequence[str] = _FORMS_OF_BOXES) -> str:
        """A titled box whose lines have one of several forms."""
        markup = self._markup
        form = self.rng.pick(forms)
        if form == "table":
            lines = (f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
            content = markup.element("table", "".join(map(self._line, lines)), f"{role}__table")
        elif form == "list":
            content = f"<ul>{''.join(self._line(f'<li>{self._spans(row)}</li>') for row in rows)}</ul>"
        elif form == "dl":
            pairs = (f"<dt>{row[0]}</dt>{''.join(f'<dd>{cell}</dd>' for cell in row[1:])}" for row in rows)
            content = f"<dl>{''.join(map(self._line, pairs))}</dl>"
        else:
            tag = "p" if form == "lines" and self._generation != 4 else "div"
            content = "".join(markup.element(tag, self._spans(row), f"{role}__line") for row in rows)
        return self._titled(role, title, content)

    def _line(self, html: str) -> str:
        return self._markup.indent + html

    def _spans(self, row: Row) -> str:
        if len(row) == 1:
            return row[0]
        return " ".join([f"<span>{row[0]}</span>", *(f"<b>{cell}</b>" for cell in row[1:])])

    def _titled(self, role: str, title: str, content: str) -> str:
        """A box of the variant's depth; in a template without roles its title alone names it."""
        markup = self._markup
        html = markup.element(self._title_tag, escape(title), f"{role}__title") + content
        for _ in range(self._depth):
            html = markup.element("div", html, "widget__inner")
        if self._section == "td":
            return markup.element("table", f"<tr><td>{html}</td></tr>", role)
        return markup.element(self._section, html, role)

    def _form(self, role: str, form: dict[str, Any]) -> str:
        markup = self._markup
        fields = "".join(
            f"<div><label>{escape(label)}</label>"
            + ("<textarea rows='4'></textarea>" if kind == "textarea" else f"<input type='{kind}'>")
            + "</div>"
            for kind, label in form["fields"]
        )
        button = f"<button type='submit'>{form['button']}</button><small>{form['note']}</small>"
        content = markup.element("form", fields + button, f"{role}__form", action="/search/", method="post")
        return self._titled(role, form["title"], content)

    def _calendar(self) -> str:
        """The month of the visit; days until today are links."""
        weekdays = "".join(f"<th>{day}</th>" for day in _NAMES["weekdays"][self._language])
        weeks = ""
        for week in Calendar().monthdayscalendar(TODAY.year, TODAY.month):
            days = "".join(f"<td>{self._day(day) if day else ''}</td>" for day in week)
            weeks += self._line(f"<tr>{days}</tr>")
        month = _NAMES["months_now"][self._language]
        table = f"<caption>{month}</caption><thead><tr>{weekdays}</tr></thead><tbody>{weeks}</tbody>"
        return self._markup.element("table", table, "calendar")

    def _day(self, day: int) -> str:
        return self._markup.link(f"/{TODAY:%Y/%m}/{day:02d}/", str(day)) if day <= TODAY.day else str(day)

    def _cloud(self) -> str:
        markup = self._markup
        links = " ".join(
            markup.link(f"/tag/{slug(topic)}/", f"{escape(topic)} <i>{self.rng.below(400)}</i>", "cloud__tag")
            for topic in self.rng.sample(ALL_TOPICS, 40)
        )
        return self._titled("cloud", self.rng.pick(_NAMES["cloud_titles"]), markup.element("div", links))

    def _latest_news(self) -> str:
        """Clock times and headlines, under the names of their days in half of the variants."""
        markup, form = self._markup, self.rng.below(3)
        content, day = "", ""
        for entry in self._latest:
            link = self._link_to(entry)
            if form == 0 and entry.day != day:
                day = entry.day
                content += markup.element("div", day, "latest__day")
            time = f"{entry.day}, {entry.time}" if form == 1 else entry.time
            time = f"<time>{time}</time>" if form == 2 else f"<span>{time}</span>"
            content += markup.element("div", f"{time} {link}", "latest__item")
        return self._titled("latest", self.rng.pick(_NAMES["latest_titles"]), content)

    def _latest_comments(self) -> str:
        arrow = self.rng.pick((" → ", " к записи ", ": ", " — "))
        rows = [
            [f"{escape(self.rng.pick(_NAMES['readers']))}{arrow}{self._link_to(entry)}"]
            for entry in self.rng.sample(self._latest, 7)
        ]
        return self._box("comments-latest", self.rng.pick(_NAMES["comments_titles"]), rows, forms=("list", "divs"))

    def _popular(self) -> str:
        rows = [
            [str(rank), self._link_to(entry), f"{9000 - rank * 731:,}".replace(",", " ")]
            for rank, entry in enumerate(self.rng.sample(self._latest, 5), 1)
        ]
        return self._box("popular", self.rng.pick(_NAMES["popular_titles"]), rows)

    def _link_to(self, entry: Latest) -> str:
        return self._markup.link(entry.path, escape(entry.headline))

    def _comments(self) -> str:
        """Comments of readers on this article: none, or up to four."""
        markup = self._markup
        remarks = self.rng.sample(_NAMES["remarks"], self.rng.below(5))
        content = ""
        for remark in remarks:
            when = f"{1 + self.rng.below(5):02d}.02.2026 {self.rng.below(24):02d}:{self.rng.below(60):02d}"
            content += markup.element(
                "div",
                f"<b>{self.rng.pick(_NAMES['readers'])}</b> <span>{when}</span><div>{remark}</div>"
                + " ".join(markup.link("#reply", reply) for reply in _NAMES["replies"])
                + f" <span>+{self.rng.below(30)}</span>",
                "comment",
            )
        return self._titled("comments", f"Комментарии ({len(remarks)})", content)


def _hidden_menu(markup: Markup) -> str:
    items = "".join(f"<li>{markup.link(f'/tag/{slug(topic)}/', escape(topic))}</li>" for topic in ALL_TOPICS)
    return markup.element("div", f"<ul>{items}</ul>", "mobile-menu", style="display:none", hidden="hidden")


def _hidden_panels(markup: Markup, variant: int) -> str:
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
    panels = markup.element("div", f"<div><b>Рубрики</b><i></i></div><ul>{items}</ul>", "offcanvas__menu")
    panels += markup.element("div", pictures, "offcanvas__gallery")
    return markup.element("div", panels, "offcanvas", style="display:none")


def _head(markup: Markup, variant: int) -> str:
    """Styles, counters and data in the head, of the variant's size."""
    rng = Rng("clutter", markup.template.seed * VARIANTS + variant)
    parts = [_script(markup, text) for text in CLUTTER["scripts"]]
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


def _icons(markup: Markup, variant: int) -> str:
    icons = "".join(CLUTTER["icon"].format(i, i * 3 + variant) for i in range(12))
    hidden = "position:absolute;left:-9999px"
    pixel = f"<noscript><div><img src='/counter.gif' style='{hidden}' alt=''></div></noscript>"
    sprite = markup.element("svg", icons, style="display:none", xmlns="http://www.w3.org/2000/svg")
    return f"{markup.indent}<!-- header:start 05.02.2026 -->{sprite}{pixel}"


def _end(markup: Markup, variant: int) -> str:
    """Scripts at the end of the body, of the variant's size."""
    rng = Rng("late clutter", markup.template.seed * VARIANTS + variant)
    parts, size = [f"{markup.indent}<!-- footer: cached 2026-02-06 03:00:11 -->"], 0
    while size < _FOOT_BYTES[variant]:
        text = (
            f"window.m{rng.below(9000)}=function(a,b){{var d=new Date(2000+b,{rng.below(12)},{rng.below(28)});"
            f"return a.filter(function(x){{return x.ts>d.getTime()+{rng.below(9999)}}})"
            f".map(function(x){{return {{id:x.id,when:'{rng.below(28) + 1}.0{rng.below(9) + 1}.2019'}}}})}};"
        )
        parts.append(_script(markup, text * 3))
        size += len(text) * 3
    return "".join(parts)


def _script(markup: Markup, text: str) -> str:
    # Without a type: on generation 2 the first script with a type has the month of publication.
    return f"{markup.indent}<script>{text}</script>"
