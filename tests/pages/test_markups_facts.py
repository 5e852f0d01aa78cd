"""One article in many markups: dates, counts, people and sources."""

from typing import Any

import pytest

from tests.pages.fields import fields_of
from tests.pages.one_article import (
    EXPECTED,
    FIRST,
    FRONT,
    HEADLINE,
    MOMENT,
    SECOND,
    TEXT,
    TRENDING,
    URL,
    Cases,
    article,
    at,
    body,
    document,
    published,
    with_behind,
    with_text,
)

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


def credits(text: str, source: str) -> tuple[str, dict[str, Any]]:
    return with_text(text, SECOND), body(text, SECOND) | {"source": source}


SOURCES: Cases = {
    "Kazakh": credits("Бұл туралы Caravan.kz Tengrinews.kz сайтына сілтеме жасап хабарлайды.", "Tengrinews.kz"),
    "referring to": credits("Об этом передает Caravan.kz, ссылаясь на Zakon.kz.", "Zakon.kz"),
    "in Latin letters": credits("Об этом пишет The Guardian.", "The Guardian"),
}

ALL: Cases = DATES | NUMBERS | PEOPLE | SOURCES


@pytest.mark.parametrize("name", ALL)
def test_an_article_in_this_markup(name: str) -> None:
    html, differences = ALL[name]
    assert fields_of(html.encode(), URL) == EXPECTED | differences
