"""A text ends with its container, however many short lines are in it; behind it only links are read."""

import pytest

from caravan_crawler.pages.document import Document, parse_document
from caravan_crawler.pages.page import read_page
from caravan_crawler.urls import Site

SITE = Site("http://127.0.0.1:8000/")
URL = "http://127.0.0.1:8000/news/spisok-prizerov-olimpiady-900002/"
PARAGRAPH = "<p>Организаторы назвали всех призёров олимпиады, которая прошла в Павлодаре на этой неделе.</p>"
LAST = "Награды вручат в последний день мая на главной площади города перед фонтаном."
PAGE = f"""<html><head><title>Список призёров олимпиады - Караван</title></head><body>
<div class="a"><h1>Список призёров олимпиады</h1><div class="b">26 Апреля 2023</div>
<div class="c">{PARAGRAPH * 2}{{text}}<img src="/wp-content/uploads/last.jpg"><p>{LAST}</p></div></div>
<div class="d">{{behind}}</div></body></html>"""
LONG = {
    "list": "<ul>" + "<li>Ученик</li>" * 150 + "</ul>",
    "table": "<table>" + "<tr><td>Школа</td><td>5</td></tr>" * 80 + "</table>",
    "verse": "Строка<br><br>" * 150,
    "replies": "<div>– Да.</div>" * 150,
    "containers": f"</div><div class='c'>{PARAGRAPH}</div><div class='c'>" + "<p>Да.</p>" * 150,
}


def parsed(text: str = "", behind: str = "") -> Document:
    return parse_document(PAGE.format(text=text, behind=behind).encode(), URL, SITE, "utf-8")


@pytest.mark.parametrize("name", LONG)
def test_the_last_paragraph_and_picture_are_read(name: str) -> None:
    article = read_page(parsed(LONG[name])).article
    assert article is not None
    assert article.body is not None
    assert article.body.endswith(LAST)
    assert [url.rpartition("/")[2] for url in article.images] == ["last.jpg"]


def test_links_far_behind_a_text_are_read_unless_hidden() -> None:
    hidden = (
        '<p style="DISPLAY: NONE"><a href="/news/c-900003/">x</a></p><amp-sidebar><a href="/d/">x</a></amp-sidebar>'
    )
    document = parsed(behind="<p>Да.</p>" * 1200 + f'<p>x <a href="/news/b-900004/">y</a></p>{hidden}')
    assert document.links == ["/news/b-900004/"]
    assert len(document.blocks) < 1050


@pytest.mark.parametrize("pair", ["<p>{}</p><p>{}</p>", "<p>{} {}</p>", "<div><b>{}</b><p>{}</p></div>"])
def test_trending_lines_far_behind_a_text_are_all_read(pair: str) -> None:
    lines = [(f"Тема {number}", f'<a href="/news/n-9001{number:02}/">Новость {number}</a>') for number in range(16)]
    pairs = "".join(pair.format(*line) for line in lines)
    reading = read_page(parsed(behind=f"{'<p>Да.</p>' * 500}<div>{pairs}</div>{'<p>Да.</p>' * 500}"))
    assert [line.topic for line in reading.trending] == [topic for topic, _ in lines]


def test_a_button_in_a_subhead_is_its_text() -> None:
    document = parsed("<h2><span><button>Призёры</button></span></h2><p>a <button>b</button></p>")
    texts = [block.text for block in document.blocks]
    assert "Призёры" in texts
    assert "a" in texts


def test_a_heading_between_paragraphs_in_elements_of_their_own_does_not_end_the_text() -> None:
    wrapped = f"<div class='w'>{PARAGRAPH}</div>"
    text = f"{wrapped * 2}<h3>Об авторе</h3>{wrapped}<div class='w'><p>{LAST}</p></div>"
    html = f"<title>Список призёров</title><main><h1>Список призёров</h1><p>26 Апреля 2023</p><div>{text}</div></main>"
    article = read_page(parse_document(html.encode(), URL, SITE, "utf-8")).article
    assert article is not None
    assert article.body is not None
    assert article.body.endswith(LAST)


def test_a_name_as_a_heading_between_elements_alike_does_not_end_the_text() -> None:
    texts = (PARAGRAPH * 2, "<p>Мария Ким</p>", f"<p>{LAST}</p>")
    sections = "".join(f"<section class='s'><div class='w'>{text}</div></section>" for text in texts)
    html = (
        f"<title>Список призёров</title><main><h1>Список призёров</h1><p>26 Апреля 2023</p><div>{sections}</div></main>"
    )
    article = read_page(parse_document(html.encode(), URL, SITE, "utf-8")).article
    assert article is not None
    assert article.body is not None
    assert article.body.endswith(LAST)
