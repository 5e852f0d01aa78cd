"""Missing values of a page, and its "more" button."""

import pytest

from caravan_crawler.browser.completeness import Completeness, ExpectedPage, completeness_of, more_button
from caravan_crawler.pages.document import Document, parse_document
from caravan_crawler.urls import Site

BASE = "http://127.0.0.1:8000/"


def document(html: str, path: str = "news/") -> Document:
    return parse_document(f"<html><body>{html}</body></html>".encode(), BASE + path, Site(BASE))


BUTTONS = [
    ("<button>Показать ещё</button>", "Показать ещё"),
    ("<button> Загрузить \n еще новости… </button>", "Загрузить еще новости…"),
    ("<a href='#'>Смотреть больше</a>", "Смотреть больше"),
    ("<a>Көбірек</a>", "Көбірек"),
    ("<a href='javascript:void(0)'><b>Load</b> more</a>", "Load more"),
    ("<input type=button value='Ещё новости'>", "Ещё новости"),
    ("<a href='/news/page/2/'>Показать ещё</a>", None),
    ("<button>Подписаться</button><p>Показать ещё</p><input type=text value='Показать ещё'>", None),
    ("<button>Показать ещё раз, как это было на самом деле, решил акимат</button>", None),
]


@pytest.mark.parametrize(("html", "words"), BUTTONS)
def test_the_button_that_brings_more(html: str, words: str | None) -> None:
    assert more_button(document(html)) == words


CARDS = "".join(f"<div><a href='/news/a-90000{n}/'>Новость номер {n}</a></div>" for n in range(3))
MORE = "<button>Показать ещё</button>"
NEXT = "<a href='/news/page/2/'>2</a>"
LISTS = [
    ("", {"cards"}, 0),
    (MORE, {"cards", "more"}, 0),
    (CARDS + MORE, {"more"}, 3),
    (CARDS + MORE + NEXT, set(), 3),
    (CARDS, set(), 3),
]


@pytest.mark.parametrize(("html", "lacks", "cards"), LISTS)
def test_missing_values_of_a_listing(html: str, lacks: set[str], cards: int) -> None:
    shown = completeness_of(document(html), ExpectedPage.LIST)
    assert shown is not None
    assert (set(shown.lacks - {"rates", "weather", "trending"}), shown.cards) == (lacks, cards)


def test_a_non_article_at_an_article_url_lacks_all_values() -> None:
    shown = completeness_of(document("<div id=app></div>", "news/a-900001/"), ExpectedPage.ARTICLE)
    assert shown is not None
    assert {"article", "views", "body"} <= shown.lacks
    empty = completeness_of(document("<div id=app></div>", "crime/a/"), ExpectedPage.ARTICLE)
    assert empty is not None
    assert "article" in empty.lacks
    other = completeness_of(
        document("<p>Редакция работает с девяти до шести.</p>" * 9, "info/kontakty/"), ExpectedPage.ARTICLE
    )
    assert other is not None
    assert "article" not in other.lacks
    assert completeness_of(document("<h1>404</h1>", "news/a-900001/"), ExpectedPage.ARTICLE) is None


ONE, TWO = frozenset({"views"}), frozenset({"views", "rates"})
READINGS = [
    (Completeness(TWO), Completeness(ONE), True),
    (Completeness(ONE), Completeness(ONE), False),
    (Completeness(ONE), Completeness(frozenset({"body"})), False),
    (Completeness(frozenset({"more"}), 3), Completeness(frozenset({"more"}), 9), True),
    (Completeness(frozenset({"more"}), 3), Completeness(frozenset(), 2), False),
]


@pytest.mark.parametrize(("before", "after", "is_better"), READINGS)
def test_a_reading_is_better_if_it_has_more_and_nothing_less(
    before: Completeness, after: Completeness, is_better: bool
) -> None:
    assert after.is_better_than(before) == is_better
