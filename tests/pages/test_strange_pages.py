"""No page, however broken, raises an error or is taken for an article by mistake."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from caravan_crawler.items import PageKind
from caravan_crawler.pages.document import parse_document
from caravan_crawler.pages.listing import article_links, read_listing, section_links
from caravan_crawler.pages.page import PageReading, read_page
from caravan_crawler.sample_site import SampleSite
from caravan_crawler.urls import Site

SITE = Site("http://127.0.0.1:8000/")
URL = "http://127.0.0.1:8000/news/a-900001/"


def read(body: bytes, charset: str | None = None) -> PageReading:
    document = parse_document(body, URL, SITE, charset)
    article_links(document), read_listing(document), section_links(document)
    return read_page(document)


STRANGE = {
    "empty": b"",
    "white space": b" \n\t ",
    "one letter": b"x",
    "no html": b'{"json": true}',
    "nulls": b"\0" * 1000,
    "noise": bytes(range(256)) * 50,
    "png": b"\x89PNG\r\n\x1a\n" + bytes(range(256)),
    "nested tags": b"<html><body>" + b"<div>" * 100_000 + b"x" + b"</div>" * 100_000 + b"</body></html>",
    "nested inline tags": b"<html><body><p>" + b"<b>" * 20_000 + b"x</p></body></html>",
    "one long word": b"<html><body><p>" + b"a" * 3_000_000 + b"</p></body></html>",
    "many links": b"<html><body>" + b"<a href='/news/a-900001/'>x</a>" * 20_000 + b"</body></html>",
    "many attributes": b"<html><body><p " + b" ".join(b"a%d=1" % n for n in range(5000)) + b">x</p></body></html>",
    "broken links": b"<html><body><a href='http://[x/'>x</a><a href='//'>y</a><a href='?p=' rel=next>z</a></html>",
    "comments only": b"<html><body><!-- " + "26 Апреля 2023".encode() + b" --></body></html>",
    "headline only": "<html><head><title>Слово - Караван</title></head><body>Слово</body></html>".encode(),
    "json-ld bomb": b"<html><script type='application/ld+json'>" + b"[" * 100_000 + b"</script></html>",
}


@pytest.mark.parametrize("name", STRANGE)
def test_a_strange_page_is_no_article(name: str) -> None:
    assert read(STRANGE[name]).kind is not PageKind.ARTICLE


@given(st.binary(max_size=400))
def test_any_bytes_are_no_article(body: bytes) -> None:
    assert read(body).kind is not PageKind.ARTICLE


@given(st.data())
@settings(max_examples=60)
def test_a_page_cut_before_its_last_element_ends_is_no_article(data: st.DataObject) -> None:
    sample = SampleSite(articles=40)
    record = next(record for record in sample.gold(SITE.base) if record["section"] == "news" and record["article_id"])
    body = sample.respond(record["url"][len(SITE.base) - 1 :], SITE.base).body
    cut = data.draw(st.integers(min_value=0, max_value=body.rfind(b"</div") + 5))
    document = parse_document(body[:cut], record["url"], SITE)
    assert read_page(document).kind is not PageKind.ARTICLE


CHARSETS = [
    ("utf-8", "utf-8"),
    ("utf-8", "windows-1251"),  # a wrong HTTP header
    ("utf-8", "no-such-charset"),
    ("windows-1251", "windows-1251"),
    ("windows-1251", None),
    ("koi8-r", "koi8-r"),
    ("windows-1251", "hex"),  # a codec of Python, but not of text
    ("windows-1251", "idna"),
    ("windows-1251", "undefined"),
]


@pytest.mark.parametrize(("written", "declared"), CHARSETS)
def test_charsets(written: str, declared: str | None) -> None:
    html = "<html><head><title>Ёлку поставили - Караван</title></head><body><h1>Ёлку поставили</h1></body></html>"
    document = parse_document(html.encode(written), URL, SITE, declared)
    assert [block.text for block in document.blocks] == ["Ёлку поставили"]


PLACES = (
    b"<html lang='ru'><head><title>a</title><meta name='b' content='c'><script>d</script>"
    b"<style>e</style></head><body><!-- f --><p class='g'>h &amp; i<br/></p><textarea>j</textarea></body></html> k"
)


@given(st.integers(min_value=0, max_value=len(PLACES)), st.sampled_from([0, 1, 4090, 60_000]))
def test_a_word_in_windows_1251_decides_wherever_it_stands(place: int, ballast: int) -> None:
    body = b"<!DOCTYPE html>" + PLACES[:place] + b" " * ballast + "ёлка".encode("windows-1251") + PLACES[place:]
    assert "ёлка" in parse_document(body, URL, SITE).source.decode()


@pytest.mark.parametrize("clutter", ["", "<script>var x = 'ballast';</script>" * 2000])
@pytest.mark.parametrize(("written", "declared"), [("utf-8", None), ("utf-8", "windows-1251"), ("windows-1251", None)])
def test_a_broken_byte_damages_one_letter_only(written: str, declared: str | None, clutter: str) -> None:
    html = f"<html><body>{clutter}<p>Столицу засыпало снегом, и это только начало зимы</p><p>Конец</p></body></html>"
    broken = html.encode(written).replace("снегом".encode(written), "снег".encode(written) + b"\x98")
    document = parse_document(broken, URL, SITE, declared)
    assert [block.text for block in document.blocks] == [
        "Столицу засыпало снег\ufffd, и это только начало зимы",
        "Конец",
    ]


@pytest.mark.parametrize("address", ["http://[x/", "http://[", "//[::1/a.jpg", "http://a:b/", "data:,"])
def test_addresses_that_are_none(address: str) -> None:
    """In each attribute of a picture in an article's text, and in the links there."""
    attributes = " ".join(f'{name}="{address}"' for name in ("src", "srcset", "data-src", "data-x", "data-lazy-srcset"))
    text = f"<p>{'Первая фраза текста стоит здесь полностью. ' * 3}</p>"
    picture = f'<a href="{address}"><img {attributes}></a><a href="{address}">{address}</a>'
    body = (
        f"<html><title>Слово о картинках</title><article><h1>Слово о картинках</h1><p>26 Апреля 2023</p>{text}{picture}"
    )
    reading = read(f"{body}{text}</article></html>".encode())
    assert reading.article is not None
    assert reading.article.images == []


def test_an_article_nested_too_deeply_is_cut() -> None:
    sample = SampleSite(articles=40)
    record = next(record for record in sample.gold(SITE.base) if record["section"] == "news" and record["article_id"])
    body = sample.respond(record["url"][len(SITE.base) - 1 :], SITE.base).body
    place = body.index(record["body"].split("\n\n")[1][:12].encode())
    nested = body[:place] + b"<div>" * 1000 + b"</div>" * 1000 + body[place:]
    assert read(nested).kind is PageKind.CUT


#: An address as written, and as it is stored.
ADDRESSES = [
    ("/wp-content/a\x1b[31m.jpg", "/wp-content/a%1B[31m.jpg"),
    ("/wp-content/a\u202egpj.jpg", "/wp-content/a%E2%80%AEgpj.jpg"),
    ('/wp-content/"><b>.jpg', "/wp-content/%22%3E%3Cb%3E.jpg"),
    ("/wp-content/a b\u2028\x9b.jpg?x=\x7f", "/wp-content/a%20b%E2%80%A8%C2%9B.jpg?x=%7F"),
    ("/wp-content/Фото.jpg", "/wp-content/Фото.jpg"),
]


@pytest.mark.parametrize(("written", "stored"), ADDRESSES)
def test_addresses_of_pictures_and_links_control_nothing(written: str, stored: str) -> None:
    document = parse_document(b"<html></html>", URL, SITE)
    assert document.absolute(written) == SITE.base + stored[1:]
    assert document.absolute(f"{SITE.base}{written[1:]}") == SITE.base + stored[1:]
