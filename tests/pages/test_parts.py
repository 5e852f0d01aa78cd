"""Articles on several pages: the address of a page, the next page, and the joined text."""

import pytest

from caravan_crawler.pages.article import ArticleReading
from caravan_crawler.pages.article_parts import MOST_PARTS, Parts, next_part, part_number
from caravan_crawler.pages.document import Document, parse_document
from caravan_crawler.pages.page import read_page
from caravan_crawler.urls import Site
from tests.support.plain_site import WORDS, page

SITE = Site("https://www.caravan.kz/")
OLD, NEW = "/news/dolgij-rasskaz-o-stepi-900001/", "/crime/dolgij-rasskaz-o-stepi/"

# an address, the key of the article it names, and the number of the page
ADDRESSES: list[tuple[str, str | None, int]] = [
    (OLD, "900001", 1),
    (f"{OLD}2/", "900001", 2),
    (f"{OLD}12", "900001", 12),
    (f"{OLD}page/3/", "900001", 3),
    (f"/amp{OLD}2/", "900001", 2),
    (f"{NEW}2/", NEW, 2),
    (f"{NEW}1/", None, 1),
    (f"{NEW}comment-page-2/", None, 1),
    (f"{OLD}comment-page-2/", None, 1),
    (f"{NEW}2/3/", None, 1),
    (f"{NEW}2026/", None, 1),
    ("/news/ekonomika/2/", None, 1),
    ("/news/page/2/", None, 1),
    ("/dolgij-rasskaz-o-stepi-900001/2/", None, 1),
    ("/news/top-10-mest-dlya-otdykha/", "/news/top-10-mest-dlya-otdykha/", 1),
]


@pytest.mark.parametrize(("path", "key", "part"), ADDRESSES)
def test_address_of_a_later_page(path: str, key: str | None, part: int) -> None:
    address = SITE.address(path, SITE.base)
    assert (address.key if address else None, address.part if address else 1) == (key, part)
    assert part == 1 or (address is not None and address.alias), "an alias leads to a request for the first page"


# the path of a URL, and its page number within the article NEW
NUMBERS = [
    (NEW, 1),
    (NEW.rstrip("/"), 1),
    (f"{NEW}2/", 2),
    (f"{NEW}20", 20),
    (f"{NEW}page/2/", 2),
    (f"{NEW}?page=2", 2),
    (f"{NEW}?page=2&sort=old", None),
    (f"{NEW}?page=x", None),
    (f"{NEW}?replytocom=7", None),
    (f"{NEW}comment-page-2/", None),
    (f"{NEW}02/", None),
    (f"{NEW}2026/", None),
    (f"{NEW}dsc-2/", None),
    ("/crime/dolgij-rasskaz/2/", None),
    ("/crime/page/2/", None),
]


@pytest.mark.parametrize(("path", "number"), NUMBERS)
def test_the_number_of_a_page(path: str, number: int | None) -> None:
    assert part_number(f"https://www.caravan.kz{path}", NEW) == number


def document(main: str, *, head: str = "", url: str = NEW) -> Document:
    return parse_document(page("Долгий рассказ", main, head=head).encode(), f"https://www.caravan.kz{url}", SITE)


# body and head of a page, its number, and the number of the next page
PAGERS: list[tuple[str, str, int, int | None]] = [
    (f'<div class="page-links">Страницы: 1 <a href="{NEW}2/">2</a> <a href="{NEW}3/">3</a></div>', "", 1, 2),
    (f'<p class="post-page-numbers"><a href="{NEW}">1</a> 2 <a href="{NEW}3/">3</a></p>', "", 2, 3),
    (f'<p>Страницы: <a href="{NEW}">1</a> <a href="{NEW}2/">2</a> 3</p>', "", 3, None),
    ('<nav><a href="2/">Дальше</a></nav>', "", 1, 2),
    (f'<a class=dal rel=next href="http://caravan.kz{NEW}2">Следующая страница</a>', "", 1, 2),
    ("", f'<link rel="next" href="{NEW}2/">', 1, 2),
    (f'<a href="{NEW}?page=2">2</a>', "", 1, 2),
    (f'<a href="?page=2">2</a><a href="{NEW}?page=3">3</a>', "", 1, 2),
    (f'<a href="{NEW}3/">3</a>', "", 1, None),
    (f'<a href="{NEW}?page=2#comments">Ещё комментарии</a>', "", 1, None),
    (f'<a href="{NEW}comment-page-2/#comments">Ранее</a>', "", 1, None),
    ('<a href="/crime/page/2/">2</a><a href="/crime/?page=2">2</a><a href="/2/">2</a>', "", 1, None),
    ("", '<link rel="next" href="/crime/drugaya-statja-dnya/">', 1, None),
    ('<a href="https://zakon.kz/crime/dolgij-rasskaz-o-stepi/2/">2</a>', "", 1, None),
]  # fmt: skip


@pytest.mark.parametrize(("main", "head", "number", "expected"), PAGERS)
def test_the_next_page(main: str, head: str, number: int, expected: int | None) -> None:
    url = next_part(document(f"<h1>Долгий рассказ</h1><p>{WORDS}</p>{main}", head=head), NEW, number)
    assert (part_number(url, NEW) if url else None) == expected


def reading(text: str, **values: object) -> ArticleReading:
    return ArticleReading(headline="Долгий рассказ", body=text, **values)  # type: ignore[arg-type]


def test_pages_are_joined_in_order_without_repetitions() -> None:
    first = reading("Один.\n\nДва.", lede="О степи.", links=[("x", "https://a.kz/")], images=["a.jpg"])
    parts = Parts(NEW, first)
    second = reading("Долгий рассказ\n\nО степи.\n\nТри.", images=["a.jpg", "b.jpg"], links=[("y", "/y")])
    assert parts.add(second)
    assert parts.add(reading("Пять.", lede="Четыре.", authors=["Марина ХЕГАЙ"], source="Zakon.kz"))
    assert first.body == "Один.\n\nДва.\n\nТри.\n\nЧетыре.\n\nПять."
    assert (first.lede, first.images) == ("О степи.", ["a.jpg", "b.jpg"])
    assert first.links == [("x", "https://a.kz/"), ("y", "/y")]
    assert (first.authors, first.source) == (["Марина ХЕГАЙ"], "Zakon.kz")


def test_a_page_that_repeats_an_earlier_one_is_dropped() -> None:
    first = reading("Один.", lede="О степи.")
    parts = Parts(NEW, first)
    assert not parts.add(reading("Один.", lede="О степи."))
    assert parts.add(reading("Два.", lede="О степи."))
    assert not parts.add(reading("Два.", lede="О степи."))
    assert first.body == "Один.\n\nДва."


def test_number_of_pages_is_limited() -> None:
    parts = Parts(NEW, reading("Текст номер 1."))
    while not parts.is_full:
        assert parts.add(reading(f"Текст номер {parts.number + 1}."))
    assert parts.number == MOST_PARTS


STAMP = '<meta property="article:published_time" content="2026-11-20T09:00:00+05:00">'
PAGINATIONS = {
    "WordPress": '<div class="page-links">Страницы: <span class="post-page-numbers current">1</span>'
    f' <a href="{NEW}2/" class="post-page-numbers">2</a></div>',
    "links in a paragraph": f'<p>1 <a href="{NEW}2/">2</a></p>',
    "a button": f'<p><a rel=next href="{NEW}2/">Читать далее</a></p>',
    "label in a paragraph": f'<p>Страницы:</p><p>1</p><p><a href="{NEW}2/">2</a> <a href="{NEW}3/">3</a> … </p>',
    "links to the previous and next page": f'<p><a href="{NEW}">Назад</a> | <a href="{NEW}2/">Вперёд »</a></p>',
    "a list": f'<ul class=stranicy><li>1</li><li><a href="{NEW}2/">2</a></li></ul>',
}


@pytest.mark.parametrize("pager", PAGINATIONS.values(), ids=PAGINATIONS)
def test_pagination_is_not_part_of_the_text(pager: str) -> None:
    paragraphs = [f"{WORDS} номер {number}. Так было и раньше." for number in (1, 2)]
    text = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    one = document(f"<h1>Долгий рассказ</h1><div>{text}{pager}</div>", head=STAMP)
    first = read_page(one).article
    assert first is not None
    assert next_part(one, NEW, 1)
    assert first.body == "\n\n".join(paragraphs)
    assert first.links == []
