"""One article in many markups: where the text lies, and what inside it is not part of it."""

import pytest

from tests.pages.fields import fields_of
from tests.pages.one_article import (
    EXPECTED,
    FIRST,
    FOURTH,
    FRONT,
    HEADLINE,
    NO_TRENDING,
    SECOND,
    TEXT,
    UPLOADS,
    URL,
    Cases,
    article,
    at,
    body,
    document,
    other,
    paragraphs,
    with_behind,
    with_inside,
    with_text,
)

LICENCE = "Обе программы распространяются по лицензии, которая разрешает школам менять их и передавать дальше."

WHERE_THE_TEXT_LIES: Cases = {
    "button label in the headline's container": (
        document(
            f"<article><div><h1>{HEADLINE}</h1>{FRONT}<div>Читать в приложении</div></div><div>{TEXT}</div></article>"
        ),
        NO_TRENDING,
    ),
    "name in the headline's container": (
        document(f"<article><header><h1>{HEADLINE}</h1>{FRONT}<div>Анна Ким</div></header><div>{TEXT}</div></article>"),
        NO_TRENDING,
    ),
    "AMP page of the WordPress plugin": (
        document(
            f"<article><header><h1>{HEADLINE}</h1><div><span>Караван.kz</span></div><div>"
            f'<time datetime="2025-05-12T09:05:00+00:00">2 дня ago</time></div></header><div>{TEXT}</div></article>'
        ),
        at("2 дня ago", views=None) | NO_TRENDING,
    ),
    "hidden empty element with the text's class": (
        document(
            f'<div class="article_text" hidden></div><article><h1>{HEADLINE}</h1>{FRONT}'
            f'<div class="article_text">{TEXT}</div></article>'
        ),
        NO_TRENDING,
    ),
    "first paragraph outside the container, form inside": (
        article(
            front=f"{FRONT}<p>{FIRST}</p>",
            text=paragraphs(SECOND, "Проезд бесплатный.", FOURTH, "<div><form><input></form></div>"),
        ),
        {},
    ),
    "first paragraph outside the container, advert label inside": (
        article(
            front=f"{FRONT}<p>{FIRST}</p>", text=paragraphs(SECOND, "<div>Реклама</div>", "Проезд бесплатный.", FOURTH)
        ),
        {},
    ),
    "caption before the text, form after it": (
        article(
            front=f'{FRONT}<div><img src="/wp-content/uploads/1.jpg"><div>Мост через Чаган</div></div>',
            text=f"{TEXT}<form><input></form>",
        ),
        {"images": [f"{UPLOADS}1.jpg"]},
    ),
    "two lines of buttons under the front matter": (
        article(front=f"{FRONT}<div><div>Скопировать ссылку</div><div>👍 15</div></div>"),
        {},
    ),
    "three containers, poll in the second": (
        with_text(
            f"<div><p>{FIRST}</p></div>",
            f"<div><p>{SECOND}</p><p>Проезд бесплатный.</p><form><input><label>За</label></form></div>",
            f"<div><p>{FOURTH}</p></div>",
        ),
        {},
    ),
    "quotation with a footer": (
        with_text(FIRST, "<blockquote><p>«Мост нужен».</p><footer>Аким области</footer></blockquote>", SECOND),
        body(FIRST, "«Мост нужен».", "Аким области", SECOND),
    ),
    "comments in the same element as the text": (
        document(f"<div><h1>{HEADLINE}</h1>{FRONT}{TEXT}<h3>Комментарии (1)</h3><div>Давно пора было.</div></div>"),
        NO_TRENDING,
    ),
}

# Sentences of an article with words that are typical of a page's footer.
OWNERS = "Как выяснилось, собственник – супруга бывшего акима."
PRIVACY = "В Telegram изменили политику конфиденциальности."
FOUNDER = "Учредитель – ТОО «Мост», которое зарегистрировали в 2022 году."

IMPRINTS: Cases = {
    "owner in a sentence": (
        article(text=paragraphs(FIRST, OWNERS, SECOND), trending=""),
        body(FIRST, OWNERS, SECOND) | NO_TRENDING,
    ),
    "privacy policy in a sentence": (
        article(text=paragraphs(FIRST, PRIVACY, SECOND), trending=""),
        body(FIRST, PRIVACY, SECOND) | NO_TRENDING,
    ),
    "founder in the last sentence": (with_text(FIRST, SECOND, FOUNDER), body(FIRST, SECOND, FOUNDER)),
}

TABLES_AND_SUBHEADS: Cases = {
    "networks as subheadings": (
        with_text(FIRST, "<h3>WhatsApp</h3>", SECOND, "<h3>Telegram</h3>", FOURTH),
        body(FIRST, "WhatsApp", SECOND, "Telegram", FOURTH),
    ),
    "networks in a table": (
        with_text(FIRST, "<table><tr><td>WhatsApp</td><td>12 млн</td></tr></table>", SECOND),
        body(FIRST, "WhatsApp\t12 млн", SECOND),
    ),
    "parts in a table": (
        with_text(FIRST, "<table><tr><td>Полуфинал</td><td>1 / 2</td></tr></table>", SECOND),
        body(FIRST, "Полуфинал\t1 / 2", SECOND),
    ),
    "a licence at the end of the text": (
        with_text(FIRST, SECOND, LICENCE),
        body(FIRST, SECOND, LICENCE),
    ),
    "divs in table cells": (
        with_text(FIRST, "<table><tr><td><div>Атырау</div></td><td><div>7</div></td></tr></table>", SECOND),
        body(FIRST, "Атырау\t7", SECOND),
    ),
    "subheading in a button": (
        with_text(FIRST, "<h3><button>Сколько стоил мост?</button></h3>", SECOND),
        body(FIRST, "Сколько стоил мост?", SECOND),
    ),
}

INSTAGRAM = '<a href="https://www.instagram.com/p/x/">'

CLUTTER: Cases = {
    "tags without links": (with_behind("<div>Теги: Уральск, мост</div>"), {"tags": ["Уральск", "мост"]}),
    "hashtags": (
        with_behind("<div><span>#Уральск</span> <span>#мост</span></div>"),
        {"tags": ["Уральск", "мост"]},
    ),
    "pagination of the article": (
        with_behind('<div>Страницы: <span>1</span> <a href="/news/statya-1011200/2/">2</a></div>'),
        {},
    ),
    "report an error line": (with_behind("<p>Если вы обнаружили ошибку, выделите её и нажмите Ctrl+Enter</p>"), {}),
    "copy link button": (with_behind("<div>Скопировать ссылку</div>"), {}),
    "related article in a paragraph": (
        with_inside(f"<p><strong>Ранее по теме:</strong> {other('Старый мост закрыли')}</p>"),
        {},
    ),
    "related articles in a list": (
        with_inside(f"<div><h4>Вам может быть интересно</h4><ul><li>{other('Старый мост')}</li></ul></div>"),
        {},
    ),
    "image caption": (
        with_inside(
            '<div><img src="/wp-content/uploads/a.jpg"><div class="caption">Новый мост. Фото: акимат</div></div>'
        ),
        {"images": [f"{UPLOADS}a.jpg"], "photo_credit": "акимат"},
    ),
    "embedded Instagram post": (
        with_inside(
            f"<blockquote>{INSTAGRAM}View this post on Instagram</a>"
            f"<p>{INSTAGRAM}A post shared by X (@x)</a></p></blockquote>"
        ),
        {},
    ),
    "link to the Telegram channel": (with_inside("<p><em>Следите за новостями в нашем Telegram-канале</em></p>"), {}),
}

ALL: Cases = WHERE_THE_TEXT_LIES | IMPRINTS | TABLES_AND_SUBHEADS | CLUTTER


@pytest.mark.parametrize("name", ALL)
def test_an_article_in_this_markup(name: str) -> None:
    html, differences = ALL[name]
    assert fields_of(html.encode(), URL) == EXPECTED | differences
