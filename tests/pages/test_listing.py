from urllib.parse import urlsplit

import pytest

from caravan_crawler.pages.document import Document, parse_document
from caravan_crawler.pages.listing import PageForm, article_links, listing_of, read_listing, section_links
from caravan_crawler.urls import Site

SITE = Site("https://www.caravan.kz/")


def page(body: str, path: str = "/news/page/2/") -> Document:
    html = f"<html><head><title>Новости - Караван</title></head><body>{body}</body></html>"
    return parse_document(html.encode(), f"https://www.caravan.kz{path}", SITE)


def test_cards_in_order_with_their_dates() -> None:
    listing = read_listing(
        page(
            "<nav><a href='/news/v-menyu-900001/'>в меню</a></nav>"
            "<div class='BlockNewsCardImage'><a href='/news/pervaya-900002/'><img></a>"
            "<h3><a href='https://caravan.kz/news/pervaya-900002'>Первая</a></h3><span>5 Августа 2010</span></div>"
            "<div class='BlockNewsCardImage'><a href='/?p=900003'>Вторая</a></div>"
            "<div><a href='/crime/tretja-bez-nomera/'>Третья</a> <time datetime='2026-08-01'>вчера</time></div>"
        )
    )
    assert (listing.path, listing.number) == ("/news/", 2)
    assert [(card.address.key, card.date) for card in listing.cards] == [
        ("900002", "5 Августа 2010"),
        ("900003", None),
        ("/crime/tretja-bez-nomera/", "2026-08-01"),
    ]


def test_pagination() -> None:
    card = "<div><a href='/news/a-900002/'>А</a></div>"
    linked = read_listing(page(card + "<a href='/news/page/3/'>3</a><a href='/gazeta/page/9/'>9</a>"))
    assert (linked.next_number, linked.is_paginated) == (3, True)
    last = read_listing(page(card + "<a href='/news/'>1</a><a href='/news/page/1/'>1</a>"))
    assert (last.next_number, last.is_paginated) == (None, True)
    silent = read_listing(page(card))
    assert (silent.next_number, silent.is_paginated) == (None, False)
    rel = read_listing(page(card + "<link rel='next' href='https://caravan.kz/news/page/3/'>"))
    assert rel.next_number == 3


def test_links_to_articles_own_paths_before_aliases() -> None:
    links = article_links(
        page(
            "<a href='/?p=900003'>x</a><a href='/news/a-900002/?utm_source=t'>x</a><a href='/tag/dengi/'>x</a>"
            "<a href='https://zakon.kz/news/b-900004/'>x</a><a href='mailto:a@b.kz'>x</a>"
            "<a href='/info/kontakty/'>x</a>"
            "<a href='/news/page/3/'>x</a><a href='javascript:void(0)'>x</a><a href='/amp/news/c-900005'>x</a>"
        )
    )
    assert [address.key for address, _ in links] == ["900002", "900003", "900005"]


def test_sections_are_paths_of_one_part() -> None:
    body = "<a href='/news/'>x</a><a href='/sport'>x</a><a href='/tag/'>x</a><a href='/rss/'>x</a><a href='/a/b/'>x</a>"
    assert section_links(page(body)) == ["/news/", "/sport/"]


# a link on page 2, or on page 1 if its form is unknown, and the next page's path, or the address of unknown form
NEXT_LINKS = [
    ("<a href='/news/?page=3'>Далее »</a>", "/news/?page=3", None),
    ("<a href='/news?page=3'>›</a>", "/news?page=3", None),
    ("<a href='/news/?start=40'>3</a>", "/news/?start=40", None),
    ("<a href='/news/?start=180'>»</a><a href='/news/?start=40'>3</a>", "/news/?start=40", None),
    ("<a href='/news/?page=9'>»</a><a href='/news/?page=3'>3</a>", "/news/?page=3", None),
    ("<a href='/news/page/3'>Келесі</a>", "/news/page/3", None),
    ("<a href='/news/?cursor=abc'>Следующая страница</a>", None, "/news/?cursor=abc"),
    ("<a rel=next href='/archive/all/'>2019</a>", None, "/archive/all/"),
    ("<a href='/news/kurs-valyut-vyros-k-vecheru/'>Далее</a>", None, None),
    ("<a href='#'>Далее</a><a href='/sport/'>»</a><a href='/news/page/2/'>»</a>", None, None),
    ("<a href='/news/?page=9'>»</a>", None, None),
    ("<a href='/news/?cursor=abc'>Далее</a><a href='/news/page/1/'>1</a>", None, None),
]


@pytest.mark.parametrize(("link", "following", "unknown"), NEXT_LINKS)
def test_the_link_to_the_next_page(link: str, following: str | None, unknown: str | None) -> None:
    card = "<div><a href='/news/a-1000001/'>Заголовок</a></div>"
    listing = read_listing(page(f"{card}<p>{link}</p>", "/news/" if unknown else "/news/page/2/"))
    assert listing.next_path == following
    assert (listing.unknown_next and urlsplit(listing.unknown_next)[2:4]) == (unknown and urlsplit(unknown)[2:4])


FORMS = "?p={} ?paged={} ?pn={} ?cp={} ?pageNumber={} ?currentPage={} ?e-page-5f3c2a={} ?fwp_paged={} page-{}/ p{}/"
FORMS += (
    " p/{}/ pages/{}/ index{}.html index-{}.html ?query-3-page={}&sort=new ?page={}&per_page=20 ?page={}&pageSize=20"
)


@pytest.mark.parametrize("form", FORMS.split())
@pytest.mark.parametrize("link", ["<a href='{}'>Далее</a>", "<a href='{}'>2</a>", "<link rel=next href='{}'>"])
def test_the_form_of_the_later_pages(link: str, form: str) -> None:
    card = "<div><a href='/news/a-900002/'>А</a></div>"
    listing = read_listing(page(f"{card}<p>{link.format('/news/' + form.format(2))}</p>", "/news/"))
    assert (listing.form, listing.next_path) == (PageForm(f"/news/{form}"), f"/news/{form.format(2)}")


LINKS_WITHOUT_TEXT = [
    "<button data-url='{}'>Показать ещё</button>",
    "<a href='#' data-url='{}'>Загрузить ещё новости</a>",
    "<a href='javascript:void(0)' data-href='{}'>Больше новостей</a>",
    "<div hx-get='{}' hx-trigger='revealed'></div>",
    "<a class='next page-link' href='{}'><i class='icon-right'></i></a>",
    "<a href='{}' aria-label='Следующая'><i></i></a>",
    "<a href='{}' title='Следующая страница'></a>",
    "<a href='{}'><img src='/next.png' alt='Следующая'></a>",
    "<a href='{}'>Старые записи</a>",
    "<a href='{}'>Показать ещё 7 новостей</a>",
    "<a href='{}'>Следующие 10 →</a>",
    "<a href='{}'>Стр. 3</a>",
    "<select onchange='location=this.value'><option value='/news/'>1</option><option value='{}'>3</option></select>",
    "<form><input type=hidden name=page value=3><button>Далее</button></form>",
    """<span onclick="location.href='{}'">Далее</span>""",
]


@pytest.mark.parametrize("link", LINKS_WITHOUT_TEXT)
def test_the_next_page_behind_icons_buttons_menus_and_forms(link: str) -> None:
    card = "<div><a href='/news/a-900002/'>А</a></div>"
    known = ("/news/", 2, PageForm("/news/?page={}"))
    listing = read_listing(page(card + link.format("/news/?page=3"), "/news/?page=2"), known)
    assert (listing.next_path, listing.unknown_next) == ("/news/?page=3", None)


@pytest.mark.parametrize(
    "link",
    [
        "<button data-url='/news/'>Поделиться</button>",
        "<a class='carousel-next' href='#photos'></a>",
        "<select><option value='/news/?sort=3'>по дате</option></select>",
        "<a href='/news/'>Больше новостей</a>",
    ],
)
def test_links_named_alike_that_lead_elsewhere(link: str) -> None:
    listing = read_listing(page(f"<div><a href='/news/a-900002/'>А</a></div>{link}", "/news/"))
    assert (listing.next_path, listing.unknown_next) == (None, None)


@pytest.mark.parametrize(
    ("path", "expected"),
    [("/news/", ("/news/", 1)), ("/news/page/12/", ("/news/", 12)), ("/news/page/12", ("/news/", 12)), ("/", ("/", 1))],
)
def test_listing_of(path: str, expected: tuple[str, int]) -> None:
    assert listing_of(path) == expected
