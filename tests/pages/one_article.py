"""One article in markup of choice, and the fields that a person reads on its page."""

from typing import Any

#: By name: a page, and the fields that differ from ``EXPECTED``.
Cases = dict[str, tuple[str, dict[str, Any]]]

BASE = "http://127.0.0.1:8000/"
UPLOADS = f"{BASE}wp-content/uploads/"
URL = f"{BASE}news/statya-1011200/"
HEADLINE = "Новый мост открыли в Уральске"
FIRST = "В Уральске открыли новый мост через реку Чаган, передает Caravan.kz со ссылкой на Tengrinews.kz."
SECOND = "Строительство длилось три года и обошлось бюджету в пять миллиардов тенге, рассказал аким области."
THIRD = "Проезд бесплатный."
FOURTH = "Напомним, ранее старый мост закрыли на ремонт."

MOMENT = "2025-05-12T14:05:00+05:00"
NO_TRENDING: dict[str, Any] = {"trending": []}

#: The front matter: date and views.
FRONT = "<div>12 Мая 2025</div><div>1 234</div>"
TOPICS = [
    ["Пенсия 2026", "Стаж восстановили пенсионерке", f"{BASE}news/stazh-1011301/"],
    ["АЭС", "Место для второй АЭС утвердили", f"{BASE}news/mesto-1011302/"],
]
TRENDING = (
    "<div><div>В тренде:</div>"
    + "".join(f'<div><span>{topic}</span> <a href="{url}">{headline}</a></div>' for topic, headline, url in TOPICS)
    + "</div>"
)

#: The fields of the page that :func:`article` returns by default.
EXPECTED: dict[str, Any] = {
    "kind": "article",
    "article_id": 1011200,
    "url": URL,
    "section": "news",
    "language": "ru",
    "headline": HEADLINE,
    "lede": None,
    "body": "\n\n".join([FIRST, SECOND, THIRD, FOURTH]),
    "date_published": "2025-05-12",
    "published_at": None,
    "date_published_raw": "12 Мая 2025",
    "views": 1234,
    "photo_credit": None,
    "source": "Tengrinews.kz",
    "authors": [],
    "tags": [],
    "images": [],
    "links": [],
    "trending": TOPICS,
    "rates": {},
    "temperature": None,
    "city": None,
    "page_date": None,
}


def paragraphs(*texts: str) -> str:
    """Return texts as paragraphs; a text that begins with a tag stays as it is."""
    return "\n".join(text if text.startswith("<") else f"<p>{text}</p>" for text in texts)


TEXT = paragraphs(FIRST, SECOND, THIRD, FOURTH)


def document(content: str, title: str = f"{HEADLINE} - Караван", head: str = "") -> str:
    """Return a page with this content above its footer."""
    return (
        f'<!DOCTYPE html>\n<html lang="ru"><head><meta charset="utf-8"><title>{title}</title>{head}</head><body>\n'
        f"{content}\n<footer>© Караван</footer></body></html>\n"
    )


def article(
    front: str = FRONT,
    text: str = TEXT,
    trending: str = TRENDING,
    headline: str = f"<h1>{HEADLINE}</h1>",
    above: str = "",
    head: str = "",
) -> str:
    """Return the article's page; ``above`` stands above the article, ``head`` in the head."""
    content = f"<main><article>{headline}{front}\n<div>\n{text}\n</div></article></main>"
    return document(f"{above}{content}\n{trending}", head=head)


def with_text(*texts: str) -> str:
    """Return the article's page with another text."""
    return article(text=paragraphs(*texts))


def with_inside(html: str) -> str:
    """Return the article's page with ``html`` among its paragraphs."""
    return with_text(FIRST, SECOND, html, THIRD, FOURTH)


def with_behind(html: str) -> str:
    """Return the article's page with ``html`` after its last paragraph, in the text's container."""
    return article(text=f"{TEXT}\n{html}")


def body(*texts: str) -> dict[str, Any]:
    """Return the expected body of another text."""
    return {"body": "\n\n".join(texts)}


def published(stamp: str) -> str:
    return f'<meta property="article:published_time" content="{stamp}">'


def other(text: str) -> str:
    return f'<a href="/news/drugaya-1011150/">{text}</a>'


def at(raw: str, iso: str = MOMENT, **more: Any) -> dict[str, Any]:
    """Return the expected dates of a day, or of a moment."""
    return {"date_published": iso[:10], "published_at": iso if "T" in iso else None, "date_published_raw": raw} | more
