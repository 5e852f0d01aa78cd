"""One article in many markups: trending topics, rates and themes."""

import pytest

from tests.pages.fields import fields_of
from tests.pages.one_article import (
    EXPECTED,
    HEADLINE,
    NO_TRENDING,
    TEXT,
    TRENDING,
    UPLOADS,
    URL,
    Cases,
    article,
    document,
    with_inside,
)

CARDS = (
    '<div><span>{}</span><h4>{}</h4><a href="{}"></a></div>',
    '<a href="{2}"><span>{0}</span><h4>{1}</h4><time>6 мая</time></a>',
)
LINK_OVER_ALL, LINK_AROUND_ALL = (
    "<section><h3>В тренде</h3>" + "".join(card.format(*topic) for topic in EXPECTED["trending"]) + "</section>"
    for card in CARDS
)


def ticker(*items: str) -> str:
    return article(above=f"<header><ul>{''.join(f'<li>{item}</li>' for item in items)}</ul></header>")


RATES = {"rates": {"USD": "512.34", "EUR": "560.1"}}

AROUND: Cases = {
    "trending cards in the text's container, each covered by a link": (
        article(text=f"{TEXT}{LINK_OVER_ALL}", trending=""),
        {},
    ),
    "trending cards with a date": (article(trending=LINK_AROUND_ALL), {}),
    "trending topics before the article": (article(above=f"<aside>{TRENDING}</aside>", trending=""), {}),
    "rates in one text": (ticker("USD 512.34 EUR 560.1"), RATES),
    "rates with their change": (ticker("USD 512.34 <small>+1.20</small>", "EUR 560.1 <small>-0.40</small>"), RATES),
    "rates with arrows": (ticker("$ 512.34 ▲", "€ 560.1 ▼"), RATES),
    "the euro first": (ticker("€ 560.1", "$ 512.34"), RATES),
    "buying and selling": (
        ticker(
            "<b>USD</b> <span>512.34</span> <span>514.0</span>",
            "<b>EUR</b> <span>560.1</span> <span>562.0</span>",
        ),
        RATES,
    ),
    "three currencies": (ticker("$ 512.34", "€ 560.1", "₽ 5.4"), RATES),
    "three currencies by their codes": (ticker("USD 512.34", "EUR 560.1", "RUB 5.4"), RATES),
    "three currencies, and no header": (article(above="<div>$ 512.34</div><div>€ 560.1</div><div>₽ 5.4</div>"), RATES),
    "dollar and its change, no euro": (ticker("$ 512.34", "+1.20"), {"rates": {"USD": "512.34"}}),
}

OLD_THEME = f"<div><h2>{HEADLINE}</h2><small>12 Мая 2025</small><div>{TEXT}</div></div>"

THEMES: Cases = {
    "site name after a quotation mark in the title": (
        document(OLD_THEME, f"{HEADLINE} « Караван"),
        {"views": None} | NO_TRENDING,
    ),
    "site name first in the title": (
        document(OLD_THEME, f"Караван » Архив » {HEADLINE}"),
        {"views": None} | NO_TRENDING,
    ),
    "badge between image and headline": (
        article(
            headline=f'<div><img src="/wp-content/uploads/1.jpg"><span>Общество</span><h1>{HEADLINE}</h1></div>',
        ),
        {"images": [f"{UPLOADS}1.jpg"]},
    ),
    "icons": (
        article('<div><img src="/img/calendar.png"> 12 Мая 2025 <img src="/img/eye.png"> 1 234</div>'),
        {},
    ),
    "image in noscript": (
        with_inside(
            '<span><img src="data:image/gif;base64,R0">'
            '<noscript><img src="/wp-content/uploads/a.jpg"></noscript></span>'
        ),
        {"images": [f"{UPLOADS}a.jpg"]},
    ),
    "image of an advert": (
        with_inside(
            '<div class="adv"><div>Реклама</div>'
            '<a href="https://kaspi.kz"><img src="/wp-content/uploads/k.jpg"></a></div>'
        ),
        {},
    ),
}

ALL: Cases = {"default": (article(), {})} | AROUND | THEMES


@pytest.mark.parametrize("name", ALL)
def test_an_article_in_this_markup(name: str) -> None:
    html, differences = ALL[name]
    assert fields_of(html.encode(), URL) == EXPECTED | differences
