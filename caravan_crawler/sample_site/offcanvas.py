"""Panels a page keeps hidden until they are asked for: a large menu with icons, a search, a gallery.

They are why a news page of some 80 KB has a thousand elements and more, most of which nobody sees.
"""

from caravan_crawler.sample_site.article import all_topics
from caravan_crawler.sample_site.dice import Dice
from caravan_crawler.sample_site.markup import Markup, escape
from caravan_crawler.sample_site.slugs import slug

_GROUPS = 6
_PICTURES = 24


def offcanvas_html(markup: Markup, variant: int) -> str:
    """The hidden panels, some 900 elements, a little different in each variant."""
    dice = Dice("offcanvas", variant)
    groups = "".join(_group(markup, number, dice) for number in range(_GROUPS))
    pictures = "".join(_picture(dice) for _ in range(_PICTURES))
    panels = markup.element("div", groups, "offcanvas__menu") + markup.element("div", pictures, "offcanvas__gallery")
    return markup.element("div", panels, "offcanvas", style="display:none")


def _group(markup: Markup, number: int, dice: Dice) -> str:
    items = "".join(
        f"<li><a href='/tag/{slug(topic)}/'><svg><use href='#i{dice.below(12)}'></use></svg>"
        f"<span>{escape(topic)}</span><i>{dice.below(400)}</i></a></li>"
        for topic in all_topics()
    )
    title = f"<div><b>Рубрика {number + 1}</b><i></i></div>"
    return markup.element("div", f"{title}<ul>{items}</ul>", "offcanvas__group")


def _picture(dice: Dice) -> str:
    number = dice.below(90_000)
    return (
        f"<figure><picture><source srcset='/i/{number}.webp'><source srcset='/i/{number}.jpg'>"
        f"<img src='/i/{number}-150x150.jpg' alt=''></picture><figcaption><b>{number}</b></figcaption></figure>"
    )
