"""Invisible characters in any place of a page do not change what is read."""

import pytest

from tests.pages.fields import fields_of
from tests.pages.one_article import (
    EXPECTED,
    FIRST,
    FRONT,
    HEADLINE,
    SECOND,
    TEXT,
    THIRD,
    TOPICS,
    URL,
    article,
    document,
    paragraphs,
)

UNSEEN = {
    "zero width space": "\u200b",
    "zero width space as an entity": "&#8203;",
    "soft hyphen": "&shy;",
    "byte order mark": "\ufeff",
    "left-to-right mark": "&lrm;",
    "right-to-left mark": "\u200f",
    "word joiner": "&#x2060;",
    "joiner": "&zwj;",
    "isolate": "\u2066\u2069",
    "variation selector": "\ufe0f",
    "another variation selector": "&#65024;",
    "grapheme joiner": "\u034f",
    "Hangul filler": "\u3164",
    "empty braille cell": "\u2800",
    "control character": "\x03",
    "icon of a font": "&#xe900;",
    "several": "\u200b&shy;\ufeff&#8203;",
}
TAGS = '<p>Теги: <a href="/tag/most/">Мост</a>, <a href="/tag/chagan/">Чаган</a></p>'
CELLS = "<table><tr><td>Длина</td><td>300 м</td></tr></table>"
PICTURE = '<figure><img src="/wp-content/uploads/most.jpg"><figcaption>Мост ночью</figcaption></figure>'
WHOLE = article(text=paragraphs(FIRST, SECOND, f"<div>{PICTURE}</div>", CELLS, THIRD, TAGS))
READ = fields_of(WHOLE.encode(), URL)

PLACES = {
    "a paragraph": ("<p>" + FIRST, "<p>{}</p><p>" + FIRST),
    "a block in the text": ("<p>" + THIRD, "<div>{}</div><p>" + THIRD),
    "block after the headline": ("</h1>", "</h1><div>{}</div>"),
    "a heading": (f"<h1>{HEADLINE}", f"<h2>{{}}</h2><h1>{HEADLINE}"),
    "between date and views": (FRONT, FRONT.replace("</div><div>", "</div><div>{}</div><div>")),
    "around the views": ("1 234", "{}1 234{}"),
    "in the date": ("12 Мая 2025", "12 {}Мая{} 2025"),
    "a list item": ("<p>" + SECOND, "<ul><li>{}</li></ul><p>" + SECOND),
    "a cell": ("<td>300 м", "<td>{}300 м"),
    "a caption": ("<figcaption>", "<figcaption>{}"),
    "a link among the tags": ('<a href="/tag/chagan/">', '<a href="/tag/x/">{}</a><a href="/tag/chagan/">'),
    "in a tag": ("Чаган</a>", "Ча{}ган</a>"),
    "in the trending block's heading": ("В тренде:", "В {}тренде:{}"),
    "an item of the trending block": (f"<div><span>{TOPICS[1][0]}", f"<div>{{}}</div><div><span>{TOPICS[1][0]}"),
    "element before a topic": (f"<span>{TOPICS[1][0]}", f"<b>{{}}</b><span>{TOPICS[1][0]}"),
    "in a topic": (TOPICS[0][0] + "<", TOPICS[0][0] + "{}<"),
    "in the headline": (f"<h1>{HEADLINE}", f"<h1>{{}}{HEADLINE[:5]}{{}}{HEADLINE[5:]}"),
    "in the title": ("<title>", "<title>{}"),
    "in a word": ("Строительство", "Строи{}тельство"),
    "in the source": ("Tengrinews.kz", "Tengri{}news.kz"),
    "line breaks": (THIRD, THIRD + "<br>{}<br>"),
}


#: Inside the name of a source these keep it from being found.
FILLERS = {"another variation selector", "grapheme joiner", "Hangul filler", "empty braille cell"}
CASES = [(name, place) for name in UNSEEN for place in PLACES if place != "in the source" or name not in FILLERS]


@pytest.mark.parametrize(("name", "place"), CASES)
def test_an_invisible_character_changes_nothing(name: str, place: str) -> None:
    whole, changed = PLACES[place]
    assert whole in WHOLE
    page = WHOLE.replace(whole, changed.replace("{}", UNSEEN[name]), 1)
    assert fields_of(page.encode(), URL) == READ


def test_page_without_invisible_characters() -> None:
    table = "Длина\t300 м"
    expected = EXPECTED | {"body": f"{FIRST}\n\n{SECOND}\n\n{table}\n\n{THIRD}", "tags": ["Мост", "Чаган"]}
    assert expected | {"images": ["http://127.0.0.1:8000/wp-content/uploads/most.jpg"]} == READ


def test_a_link_without_visible_text_covers_a_card() -> None:
    cards = "".join(
        f"<div><a href='{url}'>&#8203;</a><div>{topic}</div><div>{title}</div></div>" for topic, title, url in TOPICS
    )
    page = document(f"<main><h1>{HEADLINE}</h1>{FRONT}<div>{TEXT}</div></main><div>В тренде:</div>{cards}")
    assert fields_of(page.encode(), URL)["trending"] == TOPICS


def test_invisible_characters_in_metadata() -> None:
    data = '\ufeff{"@type": "NewsArticle", "datePublished": "2025\u200b-05-12"}'
    head = f'<script type="application/ld+json">{data}</script><meta property="article:tag" content="Мо&shy;ст">'
    page = article(front="<div>1 234 просмотра</div>", head=head)
    found = fields_of(page.encode(), URL)
    assert (found["date_published"], found["tags"]) == ("2025-05-12", ["Мост"])


def test_an_emoji_keeps_its_joiners() -> None:
    page = article(text=paragraphs(FIRST, SECOND, "Люблю ❤\ufe0f и 👩\u200d👧\u200b.", THIRD))
    assert "Люблю ❤\ufe0f и 👩\u200d👧." in fields_of(page.encode(), URL)["body"]
