"""One article in many markups: each case is what differs in the page, and what differs in what is read."""

from typing import Any

import pytest

from tests.pages.fields import fields_of
from tests.pages.one_article import (
    BASE,
    EXPECTED,
    FIRST,
    FOURTH,
    FRONT,
    HEADLINE,
    SECOND,
    TEXT,
    TRENDING,
    URL,
    article,
    body,
    document,
    paragraphs,
    with_behind,
    with_inside,
    with_text,
)

Cases = dict[str, tuple[str, dict[str, Any]]]

UPLOADS = f"{BASE}wp-content/uploads/"
MOMENT = "2025-05-12T14:05:00+05:00"
NO_TRENDING: dict[str, Any] = {"trending": []}


def published(stamp: str) -> str:
    return f'<meta property="article:published_time" content="{stamp}">'


def other(text: str) -> str:
    return f'<a href="/news/drugaya-1011150/">{text}</a>'


WHERE_THE_TEXT_LIES: Cases = {
    "a button's line in the headline's box": (
        document(
            f"<article><div><h1>{HEADLINE}</h1>{FRONT}<div>Читать в приложении</div></div><div>{TEXT}</div></article>"
        ),
        NO_TRENDING,
    ),
    "a name in the headline's box": (
        document(f"<article><header><h1>{HEADLINE}</h1>{FRONT}<div>Анна Ким</div></header><div>{TEXT}</div></article>"),
        NO_TRENDING,
    ),
    "an AMP page of WordPress's plugin": (
        document(
            f"<article><header><h1>{HEADLINE}</h1><div><span>Караван.kz</span></div><div>"
            f'<time datetime="2025-05-12T09:05:00+00:00">2 дня ago</time></div></header><div>{TEXT}</div></article>'
        ),
        {"date_published": MOMENT, "date_published_raw": "2 дня ago", "views": None} | NO_TRENDING,
    ),
    "a lead outside, a form inside": (
        article(
            front=f"{FRONT}<p>{FIRST}</p>",
            text=paragraphs(SECOND, "Проезд бесплатный.", FOURTH, "<div><form><input></form></div>"),
        ),
        {},
    ),
    "a lead outside, an advert's label inside": (
        article(
            front=f"{FRONT}<p>{FIRST}</p>", text=paragraphs(SECOND, "<div>Реклама</div>", "Проезд бесплатный.", FOURTH)
        ),
        {},
    ),
    "a caption before, a form behind": (
        article(
            front=f'{FRONT}<div><img src="/wp-content/uploads/1.jpg"><div>Мост через Чаган</div></div>',
            text=f"{TEXT}<form><input></form>",
        ),
        {"images": [f"{UPLOADS}1.jpg"]},
    ),
    "two lines of buttons": (article(front=f"{FRONT}<div><div>Скопировать ссылку</div><div>👍 15</div></div>"), {}),
    "three parts, a vote in the second": (
        with_text(
            f"<div><p>{FIRST}</p></div>",
            f"<div><p>{SECOND}</p><p>Проезд бесплатный.</p><form><input><label>За</label></form></div>",
            f"<div><p>{FOURTH}</p></div>",
        ),
        {},
    ),
    "a quotation with a footer": (
        with_text(FIRST, "<blockquote><p>«Мост нужен».</p><footer>Аким области</footer></blockquote>", SECOND),
        body(FIRST, "«Мост нужен».", "Аким области", SECOND),
    ),
    "comments in one element with the text": (
        document(f"<div><h1>{HEADLINE}</h1>{FRONT}{TEXT}<h3>Комментарии (1)</h3><div>Давно пора было.</div></div>"),
        NO_TRENDING,
    ),
}

#: Words of the page's foot, in articles about the like.
OWNERS = "Как выяснилось, собственник – супруга бывшего акима."
PRIVACY = "В Telegram изменили политику конфиденциальности."
FOUNDER = "Учредитель – ТОО «Мост», которое зарегистрировали в 2022 году."
IMPRINTS: Cases = {
    "an owner": (
        article(text=paragraphs(FIRST, OWNERS, SECOND), trending=""),
        body(FIRST, OWNERS, SECOND) | NO_TRENDING,
    ),
    "privacy": (
        article(text=paragraphs(FIRST, PRIVACY, SECOND), trending=""),
        body(FIRST, PRIVACY, SECOND) | NO_TRENDING,
    ),
    "a founder at the end": (with_text(FIRST, SECOND, FOUNDER), body(FIRST, SECOND, FOUNDER)),
}


def at(raw: str, iso: str = MOMENT, **more: Any) -> dict[str, Any]:
    return {"date_published": iso, "date_published_raw": raw} | more


DATES: Cases = {
    "time first": (
        article("<div><span>14:05</span> <span>12 Мая 2025</span></div><div>1 234</div>"),
        at("14:05 12 Мая 2025"),
    ),
    "time first, and a stamp": (
        article("<div>14:05 | 12.05.2025</div>", head=published(MOMENT)),
        at("14:05 | 12.05.2025", views=None),
    ),
    "time and comma": (article("<div>14:05, 12 мая 2025</div><div>1 234</div>"), at("14:05, 12 мая 2025")),
    "time in brackets": (article("<div>12 мая 2025 (14:05)</div><div>1 234</div>"), at("12 мая 2025 (14:05)")),
    "time apart": (article("<ul><li>12 Мая 2025</li><li>14:05</li><li>1 234</li></ul>"), at("12 Мая 2025 14:05")),
    "Kazakh, with its word for the hour": (
        article("<div>Жарияланды: 2025 жылғы 12 мамыр, сағ. 14:05</div>"),
        at("2025 жылғы 12 мамыр, сағ. 14:05", views=None),
    ),
    "some time ago, and a stamp": (
        article("<div>1 день назад</div>", head=published("2025-05-12T23:30:00+05:00")),
        at("1 день назад", "2025-05-12T23:30:00+05:00", views=None),
    ),
    "the last change first": (
        article("<div>Обновлено</div><div>13 мая 2025</div><div>Опубликовано</div><div>12 мая 2025</div>"),
        at("12 мая 2025", "2025-05-12", views=None),
    ),
    "over the headline": (
        document(
            f'<main><div><a href="/news/">Новости</a><span>12 Мая 2025, 14:05</span><span>1 234</span></div>'
            f"<h1>{HEADLINE}</h1><div>{TEXT}</div></main>{TRENDING}"
        ),
        at("12 Мая 2025, 14:05"),
    ),
    "the header's is none": (
        document(
            f"<header><time>14 Мая 2025</time></header><main><h1>{HEADLINE}</h1><div>{TEXT}</div></main>{TRENDING}"
        ),
        {"date_published": None, "date_published_raw": None, "views": None, "page_date": "2025-05-14"},
    ),
}

NUMBERS: Cases = {
    "comments first": (
        article(
            '<div>12 Мая 2025</div><div><span class="comments-count">3</span> <span class="views">1 234</span></div>'
        ),
        {},
    ),
    "two, and nothing tells them apart": (
        article("<div>12 Мая 2025</div><div>3</div><div>1 234</div>"),
        {"views": None},
    ),
    "Kazakh label": (article("<div>12 Мая 2025</div><div>Қаралды: 1 234</div>"), {}),
    "long label": (article("<div>12 Мая 2025</div><div>Количество просмотров: 1 234</div>"), {}),
    "the text begins with one": (
        article("<div>12 Мая 2025</div>", f"<h2>12 000</h2><p>{FIRST}</p><p>{SECOND}</p>"),
        {"views": None} | body("12 000", FIRST, SECOND),
    ),
    "the text begins with a day": (
        article(f"{FRONT}<div>Фото - Caravan.kz</div>", f"<h3>14 мая</h3><p>{FIRST}</p><h3>13 мая</h3><p>{SECOND}</p>"),
        {"photo_credit": "Caravan.kz"} | body("14 мая", FIRST, "13 мая", SECOND),
    ),
}

TABLES_AND_SUBHEADS: Cases = {
    "networks as subheads": (
        with_text(FIRST, "<h3>WhatsApp</h3>", SECOND, "<h3>Telegram</h3>", FOURTH),
        body(FIRST, "WhatsApp", SECOND, "Telegram", FOURTH),
    ),
    "networks in a table": (
        with_text(FIRST, "<table><tr><td>WhatsApp</td><td>12 млн</td></tr></table>", SECOND),
        body(FIRST, "WhatsApp\t12 млн", SECOND),
    ),
    "an empty cell": (
        with_text(FIRST, "<table><tr><td>Уральск</td><td></td><td>5</td></tr></table>", SECOND),
        body(FIRST, "Уральск\t\t5", SECOND),
    ),
    "cells with elements of their own": (
        with_text(FIRST, "<table><tr><td><div>Атырау</div></td><td><div>7</div></td></tr></table>", SECOND),
        body(FIRST, "Атырау\t7", SECOND),
    ),
    "a subhead that folds": (
        with_text(FIRST, "<h3><button>Сколько стоил мост?</button></h3>", SECOND),
        body(FIRST, "Сколько стоил мост?", SECOND),
    ),
}

YOAST = (
    '<script type="application/ld+json">{"@context":"https://schema.org","@graph":[{"@type":"Article","author":'
    '{"name":"Айгуль Нурланова","@id":"https://www.caravan.kz/#/1"},"datePublished":"2025-05-12T09:05:00+00:00"}]}</script>'
)
PEOPLE: Cases = {
    "an author's element": (
        article(f'<div class="author">Айгуль Нурланова</div>{FRONT}'),
        {"authors": ["Айгуль Нурланова"]},
    ),
    "a name that nothing explains": (article(f"<div>Восточный Казахстан</div>{FRONT}"), {}),
    "two photographers": (
        with_behind("<p>Марина ХЕГАЙ, фото Тахира САСЫКОВА и Ивана БЕСЕДИНА</p>"),
        {"authors": ["Марина ХЕГАЙ"]},
    ),
    "text and photo": (with_behind("<p>Марина ХЕГАЙ, текст и фото</p>"), {"authors": ["Марина ХЕГАЙ"]}),
    "metadata without a type": (
        article(head=YOAST),
        at("12 Мая 2025", authors=["Айгуль Нурланова"]),
    ),
    "an archive's photo behind the name": (
        with_behind("<p>Марина ХЕГАЙ</p><p>Фото из архива автора</p>"),
        {"authors": ["Марина ХЕГАЙ"], "photo_credit": "из архива автора"},
    ),
}

INSTAGRAM = '<a href="https://www.instagram.com/p/x/">'
CLUTTER: Cases = {
    "tags without links": (with_behind("<div>Теги: Уральск, мост</div>"), {"tags": ["Уральск", "мост"]}),
    "words with hashes": (
        with_behind("<div><span>#Уральск</span> <span>#мост</span></div>"),
        {"tags": ["Уральск", "мост"]},
    ),
    "further pages": (with_behind('<div>Страницы: <span>1</span> <a href="/news/statya-1011200/2/">2</a></div>'), {}),
    "mistakes": (with_behind("<p>Если вы обнаружили ошибку, выделите её и нажмите Ctrl+Enter</p>"), {}),
    "a button to copy": (with_behind("<div>Скопировать ссылку</div>"), {}),
    "earlier news": (with_inside(f"<p><strong>Ранее по теме:</strong> {other('Старый мост закрыли')}</p>"), {}),
    "other news": (
        with_inside(f"<div><h4>Вам может быть интересно</h4><ul><li>{other('Старый мост')}</li></ul></div>"),
        {},
    ),
    "a caption": (
        with_inside(
            '<div><img src="/wp-content/uploads/a.jpg"><div class="caption">Новый мост. Фото: акимат</div></div>'
        ),
        {"images": [f"{UPLOADS}a.jpg"]},
    ),
    "Instagram": (
        with_inside(
            f"<blockquote>{INSTAGRAM}View this post on Instagram</a>"
            f"<p>{INSTAGRAM}A post shared by X (@x)</a></p></blockquote>"
        ),
        {},
    ),
    "a channel": (with_inside("<p><em>Следите за новостями в нашем Telegram-канале</em></p>"), {}),
}

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
    "trending cards in the text's container, a link over each": (
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
    "the dollar's change alone": (ticker("$ 512.34", "+1.20"), {"rates": {"USD": "512.34"}}),
}

OLD_THEME = f"<div><h2>{HEADLINE}</h2><small>12 Мая 2025</small><div>{TEXT}</div></div>"
THEMES: Cases = {
    "the site behind a quotation mark": (document(OLD_THEME, f"{HEADLINE} « Караван"), {"views": None} | NO_TRENDING),
    "the site first": (document(OLD_THEME, f"Караван » Архив » {HEADLINE}"), {"views": None} | NO_TRENDING),
    "a badge between picture and headline": (
        article(
            headline=f'<div><img src="/wp-content/uploads/1.jpg"><span>Общество</span><h1>{HEADLINE}</h1></div>',
        ),
        {"images": [f"{UPLOADS}1.jpg"]},
    ),
    "icons": (
        article('<div><img src="/img/calendar.png"> 12 Мая 2025 <img src="/img/eye.png"> 1 234</div>'),
        {},
    ),
    "a picture for those without scripts": (
        with_inside(
            '<span><img src="data:image/gif;base64,R0">'
            '<noscript><img src="/wp-content/uploads/a.jpg"></noscript></span>'
        ),
        {"images": [f"{UPLOADS}a.jpg"]},
    ),
    "an advert's picture": (
        with_inside(
            '<div class="adv"><div>Реклама</div>'
            '<a href="https://kaspi.kz"><img src="/wp-content/uploads/k.jpg"></a></div>'
        ),
        {},
    ),
}


def credits(text: str, source: str) -> tuple[str, dict[str, Any]]:
    return with_text(text, SECOND), body(text, SECOND) | {"source": source}


SOURCES: Cases = {
    "Kazakh": credits("Бұл туралы Caravan.kz Tengrinews.kz сайтына сілтеме жасап хабарлайды.", "Tengrinews.kz"),
    "referring to": credits("Об этом передает Caravan.kz, ссылаясь на Zakon.kz.", "Zakon.kz"),
    "in Latin letters": credits("Об этом пишет The Guardian.", "The Guardian"),
}

ALL: Cases = (
    {"as it is": (article(), {})}
    | WHERE_THE_TEXT_LIES
    | IMPRINTS
    | DATES
    | NUMBERS
    | TABLES_AND_SUBHEADS
    | PEOPLE
    | CLUTTER
    | AROUND
    | THEMES
    | SOURCES
)


@pytest.mark.parametrize("name", ALL)
def test_an_article_in_this_markup(name: str) -> None:
    html, differences = ALL[name]
    assert fields_of(html.encode(), URL) == EXPECTED | differences
