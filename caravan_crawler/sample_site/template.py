"""The ways in which one and the same page can be written, drawn once per site from ``markup_seed``."""

from dataclasses import dataclass
from typing import Literal

from caravan_crawler.sample_site.dice import Dice


@dataclass(frozen=True)
class Template:
    """One site-wide choice along every axis; the defaults are the plain template of seed 0."""

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
    """Round attribute values; with "" only values that need it are quoted."""
    indent: Literal["\n", "", "\n\t", "\r\n    "] = "\n"
    """White space before a block."""


def template(seed: int) -> Template:
    """The template of a seed. Consecutive seeds walk along each axis at its own pace, so that a dozen
    of them meet every value."""
    if seed == 0:
        return Template()
    dice = Dice("template", seed)
    return Template(
        seed=seed,
        naming=("none", "nonsense", "hashed", "plain")[seed % 4],
        skeleton=("div", "table", "html5")[seed % 3],
        paragraph_tag=("p", "div")[seed // 2 % 2],
        headline_tag=("div", "h1", "h2")[(seed // 2) % 3],
        front_matter=("cells", "divs", "spans", "list")[(seed + seed // 4) % 4],
        trending_place=("inside", "flat", "outside")[(seed + seed // 3) % 3],
        trending_label=("joined", "span", "div", "link")[(seed // 2 + 1) % 4],
        trending_heading=dice.chance(1, 2),
        breadcrumbs=dice.chance(1, 2),
        credit_in=("li", "p", "figcaption")[seed // 3 % 3],
        footer=dice.chance(1, 2),
        dated_cards=dice.chance(1, 2),
        quote=dice.pick(('"', "'", "")),
        indent=dice.pick(("\n", "", "\n\t", "\r\n    ")),
    )
