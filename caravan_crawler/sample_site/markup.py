"""HTML in the style of a template."""

import html
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from hashlib import blake2b
from typing import Any, Literal

from caravan_crawler.sample_site.texts import Rng


@dataclass(frozen=True)
class Template:
    """How pages of a site are written; the defaults are those of seed 0."""

    seed: int = 0
    naming: Literal["plain", "nonsense", "hashed", "none"] = "plain"
    skeleton: Literal["html5", "div"] = "html5"
    paragraph_tag: Literal["p", "div"] = "p"
    headline_tag: Literal["h1", "h2", "div"] = "h1"
    trending_place: Literal["inside", "outside", "flat"] = "outside"
    trending_label: Literal["link", "span", "div", "joined"] = "link"
    trending_heading: bool = True
    footer: bool = False
    dated_cards: bool = False
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
        skeleton=("div", "html5")[seed // 4 % 2],
        paragraph_tag=("p", "div")[seed // 2 % 2],
        headline_tag=("div", "h1", "h2")[(seed // 2) % 3],
        trending_place=("inside", "flat", "outside")[(seed + seed // 3) % 3],
        trending_label=("joined", "span", "div", "link")[(seed // 2 + 1) % 4],
        trending_heading=rng.chance(1, 2),
        footer=rng.chance(1, 2),
        dated_cards=rng.chance(1, 2),
        indent=rng.pick(("\n", "", "\n\t", "\r\n    ")),
    )


_SYLLABLES = ("ba", "lo", "mi", "kre", "zun", "ta", "vo", "shi", "pra", "du", "nel", "gor")
_CLASS = re.compile(r' class="([^"]*)"')
_GAP = re.compile(r"{(\w+)}")
_KNOWN_CLASSES = {
    *("article_text", "full-breadcrumb__time", "full-article__text clear", "news_aggregator", "sm-list"),
    *("hot-news__items", "BlockNewsCardImage"),
}
"""Names of the real site, the same for every seed; the others are invented and named as the template does."""


escape = partial(html.escape, quote=False)
quoted = html.escape  # for an attribute's value


def element(tag: str, content: str, role: str = "") -> str:
    """Return an element in a line of its own; ``content`` is HTML, ``role`` its class."""
    return f'\n<{tag} class="{role}">{content}</{tag}>' if role else f"\n<{tag}>{content}</{tag}>"


def elements(tag: str, contents: Iterable[str]) -> str:
    return "".join(element(tag, content) for content in contents)


def link(href: str, content: str, role: str = "") -> str:
    """Return an inline ``a`` element; ``content`` is HTML."""
    start = f'<a class="{role}"' if role else "<a"
    return f'{start} href="{quoted(href)}">{content}</a>'


@cache
def _lines(pattern: str) -> list[tuple[list[str], str]]:
    """Return the gaps and the text of each line; the text has a line break if it begins with a start tag."""
    lines = pattern.strip().splitlines()
    return [(_GAP.findall(line), f"\n{line}" if re.match("<[^/]", line) else line) for line in lines]


def fill(pattern: str, gaps: Mapping[str, Any]) -> str:
    """Fill the gaps of a pattern, and leave out its lines with a gap whose value is None."""
    return "".join(text.format_map(gaps) for names, text in _lines(pattern) if all(gaps[n] is not None for n in names))


def styled(text: str, template: Template) -> str:
    """Return HTML that is written as for seed 0 with the classes and indents of a template."""
    if template.seed == 0:
        return text
    text = text.replace("\n<", f"{template.indent}<")
    text = text.replace(' rel="tag"', "")  # only seed 0 marks the topics of an article
    return _CLASS.sub(lambda found: _class_attribute(found[1], template), text)


@cache
def _class_attribute(role: str, template: Template) -> str:
    name = role
    if role not in _KNOWN_CLASSES:
        match template.naming:
            case "none":
                return ""
            case "hashed":
                name = f"css-{blake2b(f'{template.seed}:{role}'.encode(), digest_size=4).hexdigest()}"
            case "nonsense":
                rng = Rng(f"class:{role}", template.seed)
                name = "".join(rng.pick(_SYLLABLES) for _ in range(3))
    return f' class="{name}"'
