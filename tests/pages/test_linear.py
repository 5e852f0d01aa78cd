"""The work for a page grows with its size, and not with the square of it, however often one part is repeated."""

from cProfile import Profile

import pytest

from caravan_crawler.pages.document import parse_document
from caravan_crawler.pages.listing import article_links, read_listing, section_links
from caravan_crawler.pages.page import read_page
from caravan_crawler.urls import Site

SITE = Site("http://127.0.0.1:8000/")
URL = "http://127.0.0.1:8000/news/most-cherez-ishim-900002/"
PAGE = """<html><head><title>Мост через Ишим открыли для движения - Караван</title></head><body><main><article>{}
<h1>Мост через Ишим открыли для движения</h1>{}<p>26 Апреля 2023</p>{}<p>1234 просмотров</p><p>Фото - Иван Иванов</p>
<p>Первый абзац о мосте, который открыли для движения в субботу утром.</p>{}
<p>Второй абзац о мосте, который открыли для движения в субботу утром.</p></article></main><footer>{}</footer></body>"""
PLACES = PAGE.count("{}")
PARTS = {
    "links to one article": "<p><a href='/news/a-900001/'>Заголовок статьи</a></p>",
    "cards": "<div><a href='/news/a-{}/'></a><p>Тема</p><p>Заголовок</p></div>",
    "pairs": "<div><span>Тема</span><a href='/news/a-{}/'>Заголовок статьи</a></div>",
    "days": "<p>26 Апреля 2023</p>",
    "times": "<time datetime='2023-04-26'>26 Апреля 2023</time>",
    "views": "<p>123 просмотров</p>",
    "credits": "<p>Фото - Иван Петров</p>",
    "authors": "<p>Автор: Иван Петров</p>",
    "names": "<a rel=author href='/author/x/'>Иван Петров</a>, ",
    "tags": "<p>Теги: <a rel=tag href='/tag/x/'>Мост</a></p>",
    "pictures": "<figure><img srcset='a.jpg 1x, b.jpg 2x'><figcaption>Подпись</figcaption></figure>",
    "headings": "<h1>Мост через Ишим открыли для движения</h1>",
    "sub-headings": "<h2>Мост через Ишим</h2>",
    "paragraphs": "<p>Абзац о мосте, который открыли для движения утром, сообщает Zakon.kz.</p>",
    "lines": "строка<br><br>",
    "numbers": "<p>12</p>",
    "rates": "<table><tr><td>USD</td><td>450,12</td></tr></table>",
    "related": "<section><h3>Читайте также</h3><a href='/news/b-{}/'>слово</a></section>",
    "pages": "<a href='/news/page/{}/'>2</a> <a href='2/'>2</a> ",
    "sources": "сообщает «Казинформ», ",
    "unseen letters": "сло\u200bво ",
    "weather": "Алматы +5 ",
}


def calls_for(part: str, place: int, number: int) -> int:
    """Return how many function calls, and steps of generators, it takes to read a page."""
    parts = [""] * PLACES
    parts[place] = "".join(part.format(900_010 + index) for index in range(number))
    html = PAGE.format(*parts).encode()
    with Profile(builtins=False) as profile:
        document = parse_document(html, URL, SITE, "utf-8")
        article_links(document), section_links(document), read_listing(document), read_page(document)
    assert document.excess is None
    return sum(function.callcount for function in profile.getstats())


@pytest.mark.parametrize("name", PARTS)
def test_work_is_linear(name: str) -> None:
    for place in range(PLACES):
        few, many = (calls_for(PARTS[name], place, number) for number in (100, 400))
        assert many < 8 * few, f"at place {place}: {few} calls for 100 parts, {many} for 400"


@pytest.mark.parametrize("unit", ['\\"', "/*", "//", '"author":{"name":', '"datePublished":"', "<!--"])
def test_long_metadata_that_is_no_json_is_read_to_its_end(unit: str) -> None:
    script = '{"@type":"NewsArticle",' + unit * (400_000 // len(unit))
    html = f'<script type="application/ld+json">{script}</script><h1>Мост</h1>'
    assert parse_document(html.encode(), URL, SITE, "utf-8").structured.articles == []


def test_base_of_a_megabyte_is_not_joined_with_each_link() -> None:
    html = (
        f'<base href="/{"я" * 500_000}/"><h1>Мост</h1>'
        + '<a href="/news/a-900001/">Статья</a> <a href="b/">b</a>' * 3000
    )
    document = parse_document(html.encode(), URL, SITE, "utf-8")
    assert document.base_url == URL
    assert [address.article_id for address, _ in article_links(document)] == [900001]
