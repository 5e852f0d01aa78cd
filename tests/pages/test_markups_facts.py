"""One article in many markups: dates, view counts, authors and sources."""

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
    "time first, and metadata": (
        article("<div>14:05 | 12.05.2025</div>", head=published(MOMENT)),
        at("14:05 | 12.05.2025", views=None),
    ),
    "time and comma": (article("<div>14:05, 12 мая 2025</div><div>1 234</div>"), at("14:05, 12 мая 2025")),
    "time in brackets": (article("<div>12 мая 2025 (14:05)</div><div>1 234</div>"), at("12 мая 2025 (14:05)")),
    "time in an item of its own": (
        article("<ul><li>12 Мая 2025</li><li>14:05</li><li>1 234</li></ul>"),
        at("12 Мая 2025 14:05"),
    ),
    "Kazakh, with the abbreviation for hour": (
        article("<div>Жарияланды: 2025 жылғы 12 мамыр, сағ. 14:05</div>"),
        at("2025 жылғы 12 мамыр, сағ. 14:05", views=None),
    ),
    "relative date, and metadata": (
        article("<div>1 день назад</div>", head=published("2025-05-12T23:30:00+05:00")),
        at("1 день назад", "2025-05-12T23:30:00+05:00", views=None),
    ),
    "date of the last change first": (
        article("<div>Обновлено</div><div>13 мая 2025</div><div>Опубликовано</div><div>12 мая 2025</div>"),
        at("12 мая 2025", "2025-05-12", views=None),
    ),
    "above the headline": (
        document(
            f'<main><div><a href="/news/">Новости</a><span>12 Мая 2025, 14:05</span><span>1 234</span></div>'
            f"<h1>{HEADLINE}</h1><div>{TEXT}</div></main>{TRENDING}"
        ),
        at("12 Мая 2025, 14:05"),
    ),
    "only the date in the header": (
        document(
            f"<header><time>14 Мая 2025</time></header><main><h1>{HEADLINE}</h1><div>{TEXT}</div></main>{TRENDING}"
        ),
        {"date_published": None, "date_published_raw": None, "views": None, "page_date": "2025-05-14"},
    ),
}

GOOD = published(MOMENT)
VIEWS = "<div>1 234 просмотра</div>"
LD_ZERO = (
    '<script type="application/ld+json">{"@type": "NewsArticle", "datePublished": "0001-01-01T00:00:00Z"}</script>'
)
LD_GOOD = LD_ZERO.replace("0001-01-01T00:00:00Z", MOMENT)
NONE: dict[str, Any] = {"date_published": None}
ZEROS = ("-0001-11-30T00:00:00+00:00", "0000-00-00", "1970-01-01T00:00:00Z", "undefined", "%date%", "Invalid date", "0")
#: A date that cannot be read must not hide the next one.
UNREADABLE_DATES: Cases = {
    **{f"{zero} before JSON-LD": (article(VIEWS, head=published(zero) + LD_GOOD), at(MOMENT)) for zero in ZEROS},
    **{
        f"{zero} printed": (article(f"<div>{zero}</div>{VIEWS}", head=GOOD), at(zero))
        for zero in ("1 Января 1970", "01.01.0001", "00.00.0000")
    },
    **{
        f"{junk} printed": (article(f"<div>{junk}</div>{VIEWS}", head=GOOD), at(MOMENT))
        for junk in ("undefined", "%date%", "Invalid date", "{{ post.date }}", "NaN", "30 ноября -0001", "30.11.-0001")
    },
    **{
        f"{junk} printed alone": (article(f"<div>{junk}</div>{VIEWS}"), NONE | {"date_published_raw": None})
        for junk in ("undefined", "%date%", "Invalid date")
    },
    "two meta elements": (article(VIEWS, head=published("undefined") + GOOD), at(MOMENT)),
    "empty meta element": (article(VIEWS, head=published("") + LD_GOOD), at(MOMENT)),
    "JSON-LD after microdata": (
        article(VIEWS, head='<meta itemprop="datePublished" content="0000-00-00">' + LD_GOOD),
        at(MOMENT),
    ),
    "list in JSON-LD": (
        article(VIEWS, head=LD_GOOD.replace(f'"{MOMENT}"', f'["0000-00-00", "{MOMENT}"]')),
        at(MOMENT),
    ),
    "time element with unreadable text": (
        article(f'<div><time datetime="{MOMENT}">Invalid date</time></div>{VIEWS}', head=LD_ZERO),
        at(MOMENT),
    ),
    "time element with a zero date": (
        article('<div><time datetime="0000-00-00">12 Мая 2025</time></div><div>1 234</div>', head=LD_GOOD),
        at("12 Мая 2025"),
    ),
    "time element of the last change": (
        article(f'<div><time class="updated" datetime="{MOMENT}">undefined</time></div>{VIEWS}'),
        NONE | {"date_published_raw": None},
    ),
    "epoch printed before the date": (
        article("<div>1 Января 1970</div><div>12 Мая 2025</div><div>1 234</div>"),
        at("12 Мая 2025", "2025-05-12"),
    ),
    "zero date alone": (article(VIEWS, head=LD_ZERO), NONE | {"date_published_raw": "0001-01-01T00:00:00Z"}),
    "epoch alone": (
        article("<div>1 Января 1970</div><div>1 234</div>"),
        NONE | {"date_published_raw": "1 Января 1970"},
    ),
}

ZONES: Cases = {
    **{
        raw: (article(f"<ul><li>{raw}</li><li>1234</li></ul>"), at(raw, "2025-05-12"))
        for raw in (
            "May 12, 2025",
            "2025.05.12",
            "2025/05/12",
            "12-го мая 2025 года",
            "2025 жылғы 12 мамырда",
            "12 Maя 2025",
        )
    },
    "date of the last change in brackets": (
        article("<div>12 мая 2025 (обновлено: 13 мая 2025)</div><div>1 234</div>"),
        at("12 мая 2025", "2025-05-12"),
    ),
    **{
        raw: (article(f"<ul><li>{raw}</li><li>1234</li></ul>"), at(raw))
        for raw in (
            "12 мая 2025, 2:05 PM",
            "12 мая 2025, 12:05 МСК",
            "12 мая 2025, 12:05 (МСК)",
            "12.05.2025 09:05 UTC",
            "12 мая 2025, 15:05 GMT+6",
            "12 мая 2025 года в 14:05 по времени Астаны",
            "12 мая 2025, 14:05 (время Алматы)",
            "12 мая 2025, 14:05 алматинское время",
            "14:05 +05:00, 12 мая 2025",
        )
    },
    "time zone in inline elements": (
        article("<div><span>12 мая 2025</span> <span>12:05</span> <span>МСК</span></div><div>1 234</div>"),
        at("12 мая 2025 12:05 МСК"),
    ),
    "AM or PM in list items": (
        article("<ul><li>12 мая 2025</li><li>2:05</li><li>PM</li><li>1 234</li></ul>"),
        at("12 мая 2025 2:05 PM"),
    ),
    "time zone and views in one line": (
        article("<div>12 мая 2025, 12:05 МСК | 1 234</div>"),
        at("12 мая 2025, 12:05 МСК"),
    ),
    "time zone that changes the day": (
        article("<div>11 мая 2025, 23:05 МСК</div><div>1 234</div>"),
        at("11 мая 2025, 23:05 МСК", "2025-05-12T01:05:00+05:00"),
    ),
    "long label before the date": (
        article("<div>Опубликовано: понедельник, 12 мая 2025 года в 14:05 по времени Астаны</div><div>1 234</div>"),
        at("понедельник, 12 мая 2025 года в 14:05 по времени Астаны"),
    ),
}

NUMBERS: Cases = {
    "number of comments first": (
        article(
            '<div>12 Мая 2025</div><div><span class="comments-count">3</span> <span class="views">1 234</span></div>'
        ),
        {},
    ),
    "two numbers without labels": (
        article("<div>12 Мая 2025</div><div>3</div><div>1 234</div>"),
        {"views": None},
    ),
    "Kazakh label of views": (article("<div>12 Мая 2025</div><div>Қаралды: 1 234</div>"), {}),
    "long label of views": (article("<div>12 Мая 2025</div><div>Количество просмотров: 1 234</div>"), {}),
    "number as the first line of the text": (
        article("<div>12 Мая 2025</div>", f"<h2>12 000</h2><p>{FIRST}</p><p>{SECOND}</p>"),
        {"views": None} | body("12 000", FIRST, SECOND),
    ),
    "day as the first line of the text": (
        article(f"{FRONT}<div>Фото - Caravan.kz</div>", f"<h3>14 мая</h3><p>{FIRST}</p><h3>13 мая</h3><p>{SECOND}</p>"),
        {"photo_credit": "Caravan.kz"} | body("14 мая", FIRST, "13 мая", SECOND),
    ),
}

YOAST = (
    '<script type="application/ld+json">{"@context":"https://schema.org","@graph":[{"@type":"Article","author":'
    '{"name":"Айгуль Нурланова","@id":"https://www.caravan.kz/#/1"},"datePublished":"2025-05-12T09:05:00+00:00"}]}</script>'
)

PEOPLE: Cases = {
    "element of class author": (
        article(f'<div class="author">Айгуль Нурланова</div>{FRONT}'),
        {"authors": ["Айгуль Нурланова"]},
    ),
    "two capitalised words without a label": (article(f"<div>Восточный Казахстан</div>{FRONT}"), {}),
    "two photographers": (
        with_behind("<p>Марина ХЕГАЙ, фото Тахира САСЫКОВА и Ивана БЕСЕДИНА</p>"),
        {"authors": ["Марина ХЕГАЙ"], "photo_credit": "Тахира САСЫКОВА, Ивана БЕСЕДИНА"},
    ),
    "author of text and photo": (with_behind("<p>Марина ХЕГАЙ, текст и фото</p>"), {"authors": ["Марина ХЕГАЙ"]}),
    "author without a type in JSON-LD": (
        article(head=YOAST),
        at("12 Мая 2025", authors=["Айгуль Нурланова"]),
    ),
    "photo credit after the name": (
        with_behind("<p>Марина ХЕГАЙ</p><p>Фото из архива автора</p>"),
        {"authors": ["Марина ХЕГАЙ"], "photo_credit": "из архива автора"},
    ),
}


def credits(text: str, source: str) -> tuple[str, dict[str, Any]]:
    return with_text(text, SECOND), body(text, SECOND) | {"source": source}


SOURCES: Cases = {
    "credit in Kazakh": credits(
        "Бұл туралы Caravan.kz Tengrinews.kz сайтына сілтеме жасап хабарлайды.", "Tengrinews.kz"
    ),
    "credit with a participle": credits("Об этом передает Caravan.kz, ссылаясь на Zakon.kz.", "Zakon.kz"),
    "source in Latin letters": credits("Об этом пишет The Guardian.", "The Guardian"),
}

ALL: Cases = DATES | UNREADABLE_DATES | ZONES | NUMBERS | PEOPLE | SOURCES


@pytest.mark.parametrize("name", ALL)
def test_an_article_in_this_markup(name: str) -> None:
    html, differences = ALL[name]
    assert fields_of(html.encode(), URL) == EXPECTED | differences
