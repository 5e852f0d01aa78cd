"""HTML in the style of a template."""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b
from typing import Literal

from caravan_crawler.sample_site.texts import Rng


@dataclass(frozen=True)
class Template:
    """How pages of a site are written; the defaults are those of seed 0."""

    seed: int = 0
    naming: Literal["plain", "nonsense", "hashed", "none"] = "plain"
    skeleton: Literal["html5", "div", "table"] = "html5"
    paragraph_tag: Literal["p", "div"] = "p"
    headline_tag: Literal["h1", "h2", "div"] = "h1"
    front_matter: Literal["list", "divs", "spans", "cells"] = "list"
    trending_place: Literal["inside", "outside", "flat"] = "outside"
    trending_label: Literal["link", "span", "div", "joined"] = "link"
    trending_heading: bool = True
    breadcrumbs: bool = False
    credit_in: Literal["figcaption", "li", "p"] = "figcaption"
    footer: bool = False
    dated_cards: bool = False
    quote: Literal['"', "'", ""] = '"'
    """Around attribute values; with "" only values that need quotes have them."""
    indent: Literal["\n", "", "\n\t", "\r\n    "] = "\n"
    """White space before a block."""


def template(seed: int) -> Template:
    """Return the template of a seed; a dozen consecutive seeds have all values."""
    if seed == 0:
        return Template()
    rng = Rng("template", seed)
    return Template(
        seed=seed,
        naming=("none", "nonsense", "hashed", "plain")[seed % 4],
        skeleton=("div", "table", "html5")[seed % 3],
        paragraph_tag=("p", "div")[seed // 2 % 2],
        headline_tag=("div", "h1", "h2")[(seed // 2) % 3],
        front_matter=("cells", "divs", "spans", "list")[(seed + seed // 4) % 4],
        trending_place=("inside", "flat", "outside")[(seed + seed // 3) % 3],
        trending_label=("joined", "span", "div", "link")[(seed // 2 + 1) % 4],
        trending_heading=rng.chance(1, 2),
        breadcrumbs=rng.chance(1, 2),
        credit_in=("li", "p", "figcaption")[seed // 3 % 3],
        footer=rng.chance(1, 2),
        dated_cards=rng.chance(1, 2),
        quote=rng.pick(('"', "'", "")),
        indent=rng.pick(("\n", "", "\n\t", "\r\n    ")),
    )


_SYLLABLES = ("ba", "lo", "mi", "kre", "zun", "ta", "vo", "shi", "pra", "du", "nel", "gor")
_UNSAFE_UNQUOTED = frozenset(" \t\r\n\"'=<>`")


def escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


class Markup:
    """Writer of HTML elements in one template."""

    def __init__(self, template: Template) -> None:
        self.template = template
        self.indent: str = template.indent
        self._classes: dict[str, str] = {}

    def attribute(self, name: str, value: str) -> str:
        """Return `` name="value"`` with the template's quotes, escaped."""
        quote: str = self.template.quote
        if not quote and (not value or value.endswith("/") or not _UNSAFE_UNQUOTED.isdisjoint(value)):
            quote = '"'  # a slash before the bracket would look like a self-closing tag
        value = value.replace("&", "&amp;").replace("<", "&lt;")
        if quote == '"':
            value = value.replace('"', "&quot;")
        elif quote == "'":
            value = value.replace("'", "&#39;")
        return f" {name}={quote}{value}{quote}"

    def role(self, role: str) -> str:
        """Return the class attribute of a part of the page, in the template's naming."""
        if role not in self._classes:
            name = self._class_name(role)
            self._classes[role] = self.attribute("class", name) if name else ""
        return self._classes[role]

    def known(self, names: str) -> str:
        """Return a class attribute with names of the real site, the same for every seed."""
        return self.attribute("class", names)

    def open(self, tag: str, role: str = "", **attributes: str) -> str:
        """Return a start tag, after the template's white space."""
        written = "".join(self.attribute(name, value) for name, value in attributes.items())
        return f"{self.indent}<{tag}{self.role(role) if role else ''}{written}>"

    def element(self, tag: str, content: str, role: str = "", **attributes: str) -> str:
        """Return an element; ``content`` is HTML."""
        return f"{self.open(tag, role, **attributes)}{content}</{tag}>"

    def elements(self, tag: str, contents: Iterable[str]) -> str:
        return "".join(self.element(tag, content) for content in contents)

    def link(self, href: str, content: str, role: str = "") -> str:
        """Return an inline ``a`` element; ``content`` is HTML."""
        return f"<a{self.role(role) if role else ''}{self.attribute('href', href)}>{content}</a>"

    def _class_name(self, role: str) -> str:
        naming = self.template.naming
        if naming in ("none", "plain"):
            return role if naming == "plain" else ""
        if naming == "hashed":
            digest = blake2b(f"{self.template.seed}:{role}".encode(), digest_size=4).hexdigest()
            return f"css-{digest}"
        rng = Rng(f"class:{role}", self.template.seed)
        return "".join(rng.pick(_SYLLABLES) for _ in range(3))
