"""One article in many markups: what is the text, and what among it is none."""

import pytest

from tests.pages.fields import fields_of
from tests.pages.one_article import (
    EXPECTED,
    FIRST,
    FOURTH,
    FRONT,
    HEADLINE,
    MOMENT,
    NO_TRENDING,
    SECOND,
    TEXT,
    UPLOADS,
    URL,
    Cases,
    article,
    body,
    document,
    other,
    paragraphs,
    with_behind,
    with_inside,
    with_text,
)

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
    "a hidden place for texts of scripts, of the text's own class": (
        document(
            f'<div class="article_text" hidden></div><article><h1>{HEADLINE}</h1>{FRONT}'
            f'<div class="article_text">{TEXT}</div></article>'
        ),
        NO_TRENDING,
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

ALL: Cases = WHERE_THE_TEXT_LIES | IMPRINTS | TABLES_AND_SUBHEADS | CLUTTER


@pytest.mark.parametrize("name", ALL)
def test_an_article_in_this_markup(name: str) -> None:
    html, differences = ALL[name]
    assert fields_of(html.encode(), URL) == EXPECTED | differences
