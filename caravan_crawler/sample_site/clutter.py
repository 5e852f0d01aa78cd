"""Everything around the text that is neither header, menu nor trending block; ``data/clutter.toml`` has its texts.

It is written once per template, generation and variant. All figures and names are invented; links lead to articles of
the trending block, to topics, to other hosts and to pages that no crawler needs.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from caravan_crawler.sample_site.markup import Template, element, elements, escape, link
from caravan_crawler.sample_site.texts import ALL_TOPICS, CLUTTER, RU, Rng, slug

VARIANTS = 4
"""Number of variants, chosen by article number."""
_HEAD_BYTES = (9_000, 11_000, 13_000, 15_000)
_END_BYTES = (8_000, 9_000, 10_000, 11_000)
_FORMS_OF_BOXES = ("table", "list", "divs", "dl", "lines")
_INFORMERS = ("rates", "rates-cash", "weather")
_OF_ARTICLES = ("related", "comments", "comment")
_LISTING = 0
"""In place of the generation of an article's page."""


class Latest(NamedTuple):
    """An article in a column of latest news."""

    day: str
    time: str
    headline: str
    path: str


@lru_cache(maxsize=256)
def clutter(
    template: Template, generation: int, variant: int, latest: tuple[Latest, ...], has_informers: bool
) -> dict[str, str]:
    """Return the HTML for each place of an article's page, or of another page with ``generation`` 0.

    Nothing at the ``start`` is visible; ``after`` is behind the main part, in the same container.
    """
    rng = Rng("clutter ru", (template.seed * 5 + generation) * VARIANTS + variant)
    boxes = _Boxes(template, rng, latest)
    column = boxes.html("boxes", () if has_informers else _INFORMERS)
    column = rng.sample(column, len(column))
    places = 4 if rng.chance(1, 2) else 0
    return {
        "head": _repeated("style_rule", variant, _HEAD_BYTES[variant], "style") + CLUTTER["head"],
        "start": _hidden(variant),
        "top": _mega_menu(rng, "nav" if template.skeleton == "html5" and rng.chance(1, 2) else "div"),
        "left": "".join(column[:places]),
        "after": "".join(boxes.html("behind", _OF_ARTICLES if generation == _LISTING else ())),
        "right": "".join(column[places:]),
        "foot": _footer(template, "footer" if template.footer or rng.chance(1, 2) else "div"),
        "end": "\n<!-- footer: cached 2026-02-06 03:00:11 -->" + _repeated("late_script", variant, _END_BYTES[variant]),
    }


class _Boxes:
    """Writer of the boxes of the data file in one of several markups."""

    def __init__(self, template: Template, rng: Rng, latest: tuple[Latest, ...]) -> None:
        articles = [entry._asdict() | {"article": link(entry.path, escape(entry.headline))} for entry in latest]
        self._entries = {"latest": articles, "topics": [{"topic": _topic(topic)} for topic in ALL_TOPICS]}
        self._rng = rng
        is_html5 = template.skeleton == "html5"
        self._section = rng.pick(("aside", "section", "div") if is_html5 else ("div",))
        self._title_tag = rng.pick(("h3", "div", "h4", "span", "b", "h2"))
        self._depth = rng.below(4)

    def html(self, group: str, without: Sequence[str]) -> list[str]:
        """One box of each kind; those of articles are left out where there are none."""
        kinds = {kind: self._rng.pick(boxes) for kind, boxes in CLUTTER[group].items() if kind not in without}
        return [self._box(kind, box) for kind, box in kinds.items() if self._entries.get(box.get("from"), True)]

    def _box(self, kind: str, box: dict[str, Any]) -> str:
        """A titled box of the variant's depth; in a template without roles its title alone names it."""
        content = box.get("html") or self._lines(kind, self._rows(box), box.get("forms", _FORMS_OF_BOXES))
        if box.get("is_form"):
            content = f'\n<form class="{kind}__form" action="/search/" method="post">{content}</form>'
        html = element(self._title_tag, self._rng.pick(box["titles"]), f"{kind}__title") + content
        for _ in range(self._depth):
            html = element("div", html, "widget__inner")
        return element(self._section, html, kind)

    def _rows(self, box: dict[str, Any]) -> list[list[str]]:
        rng, href = self._rng, box.get("href")
        if "from" in box:
            return [
                [cell.format(rank=rank, count=100 + rng.below(300), reader=rng.pick(CLUTTER["readers"]), **entry)
                 for cell in box["cells"]]
                for rank, entry in enumerate(rng.sample(self._entries[box["from"]], box["length"]), 1)
            ]  # fmt: skip
        if href is None:
            return list(box["rows"])
        numbered = enumerate(box["rows"], 202_601)
        return [[*row[:-1], link(href if href == "#" else f"{href}{number}", row[-1])] for number, row in numbered]

    def _lines(self, kind: str, rows: list[list[str]], forms: Sequence[str]) -> str:
        match self._rng.pick(forms):
            case "table":
                lines = elements("tr", ("".join(f"<td>{cell}</td>" for cell in row) for row in rows))
                return element("table", lines, f"{kind}__table")
            case "list":
                return f"<ul>{elements('li', map(_spans, rows))}</ul>"
            case "dl":
                pairs = (f"\n<dt>{row[0]}</dt>{''.join(f'<dd>{cell}</dd>' for cell in row[1:])}" for row in rows)
                return f"<dl>{''.join(pairs)}</dl>"
            case form:
                return "".join(element("p" if form == "lines" else "div", _spans(row), f"{kind}__line") for row in rows)


def _spans(row: Sequence[str]) -> str:
    if len(row) == 1:
        return row[0]
    return " ".join([f"<span>{row[0]}</span>", *(f"<b>{cell}</b>" for cell in row[1:])])


def _topic(topic: str) -> str:
    return link(f"/tag/{slug(topic)}/", escape(topic))


def _mega_menu(rng: Rng, tag: str) -> str:
    groups = ""
    for name in RU["section_names"].values():
        topics = "".join(f"<li>{_topic(topic)}</li>" for topic in rng.sample(ALL_TOPICS, 13))
        groups += element("div", f"<b>{name}</b><ul>{topics}</ul>", "mega__group")
    return element(tag, groups, "mega")


def _footer(template: Template, tag: str) -> str:
    """Columns of links, counters, and the copyright in templates that have one."""
    columns = (elements("li", (link("/info/kontakty/", text) for text in column)) for column in CLUTTER["footer"])
    counters = "".join(element("span", text, "counter") + " " for text in CLUTTER["counters"])
    content = element("div", elements("ul", columns), "footer__links") + element("div", counters, "footer__counters")
    return element(tag, content + (element("p", CLUTTER["copyright"]) if template.footer else ""), "footer")


def _hidden(variant: int) -> str:
    """Icons, a menu of all topics and a gallery, which only scripts would show."""
    icons = "".join(CLUTTER["icon"].format(rank, rank * 3 + variant) for rank in range(12))
    items = "".join(
        CLUTTER["hidden_link"].format(topic=_topic(topic), rank=rank) for rank, topic in enumerate(ALL_TOPICS)
    )
    panels = f"<ul>{items}</ul>" + _repeated("hidden_picture", variant, 3000, "div")
    sprite = f'\n<svg style="display:none" xmlns="http://www.w3.org/2000/svg">{icons}</svg>'
    return f'{CLUTTER["start"]}{sprite}\n<div class="offcanvas" style="display:none" hidden="hidden">{panels}</div>'


def _repeated(name: str, variant: int, size: int, tag: str | None = None) -> str:
    """Repeat a pattern of the data file, with other numbers each time, until there are ``size`` bytes."""
    rng, text = Rng(name, variant), ""
    while len(text) < size:
        text += CLUTTER[name].format(*(rng.below(9000) for _ in range(3)))
    return element(tag, text) if tag else text
