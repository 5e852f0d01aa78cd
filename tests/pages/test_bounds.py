"""A page that would take a parser minutes is not parsed; a large one that would not is."""

import resource
import time
from collections.abc import Callable

import pytest

from caravan_crawler.items import PageKind
from caravan_crawler.pages.document import Bounds, parse_document
from caravan_crawler.pages.listing import article_links, read_listing, section_links
from caravan_crawler.pages.page import read_page
from caravan_crawler.urls import Site
from tests.pages.fields import SITE, fields_of
from tests.pages.one_article import EXPECTED, HEADLINE, URL, article

BOUNDS = Bounds()
MANY, LONG = "too_many_tags", "tag_too_long"


def attributes(number: int, form: str) -> bytes:
    return b"<p " + b" ".join(form.replace("N", str(n)).encode() for n in range(number)) + b">x</p>"


ONE_OVER = b"<p a=" + b"x" * (64 * 1024) + b">"
#: Pages are made when they are read: each test process has this table.
EXCESSIVE: dict[str, tuple[Callable[[], bytes], str]] = {
    "nested elements": (lambda: b"<div>" * 200_000, MANY),
    "elements side by side": (lambda: b"<b></b>" * 25_001, MANY),
    "closing tags": (lambda: b"</b>" * 50_001, MANY),
    "capitals": (lambda: b"<DIV>" * 50_001, MANY),
    "tags after a script": (lambda: b"<script>if (a<b) {}</script>" + b"<b>" * 50_000, MANY),
    "tags after an empty comment": (lambda: b"<!-->" + b"<b>" * 50_001, MANY),
    "formatting never closed": (
        lambda: b"<p>" + b"".join(b"<b a=%d>" % n for n in range(3_000)) + b"<p>x" * 3_000,
        MANY,
    ),
    "attributes": (lambda: attributes(1_000_000, "aN=1"), LONG),
    "attributes without values": (lambda: attributes(1_000_000, "aN"), LONG),
    "attributes in single quotes": (lambda: attributes(500_000, "aN='<a href=\"x\">'"), LONG),
    "attributes in double quotes": (lambda: attributes(500_000, 'aN="<a>"'), LONG),
    "attributes of a closing tag": (lambda: attributes(100_000, "aN=1").replace(b"<p", b"</p"), LONG),
    "a value without end": (lambda: b"<p>x</p>" * 100 + b"<p a='" + b"<b>" * 40_000, LONG),
    "a tag without end": (lambda: b"<p " + b"x " * 40_000, LONG),
    "one byte over": (lambda: ONE_OVER[:-2] + b">", LONG),
    "many tags, each nearly too long": (lambda: attributes(15_000, "N") * 20, LONG),
}
WHOLE = article().encode()
SCRIPT = b'if (a<b) { c = "<p>" } ' * 15_000
HARMLESS = {
    "a large script": b"<script>" + SCRIPT + b"</script>",
    "data in a script": b"<script type='application/json'>" + b'{"a": "<p class=\\"b\\">"}, ' * 60_000 + b"</script>",
    "a large style sheet": b"<style>" + b"p > a { color: red } " * 20_000 + b"</style>",
    "a large comment": b"<!-- " + b"<b class=c> " * 60_000 + b"-->",
    "a large text": b"<p hidden>" + b"1 < 2, " * 60_000 + b"</p>",
    "a large value": b"<i data-b='" + b'<a href="c"> ' * 5_000 + b"'></i>",
    "a picture in an attribute": b"<img src='data:image/png;base64," + b"QUJD" * 100_000 + b"'>",
    "many values": b'<i data-b=\'{"c": "<b>"}\'></i>' * 20_000,
}


@pytest.mark.parametrize("name", EXCESSIVE)
def test_an_excessive_page_is_not_parsed(name: str) -> None:
    make, excess = EXCESSIVE[name]
    page = make()
    started, before = time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    document = parse_document(b"<html><body>" + page, URL, SITE)
    assert read_page(document).kind is PageKind(excess)
    assert document.blocks == []
    assert time.process_time() - started < 10, "a parser takes minutes"
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000, "kilobytes"


@pytest.mark.parametrize("name", HARMLESS)
def test_a_large_page_is_read(name: str) -> None:
    page = WHOLE.replace(b"<main>", HARMLESS[name] + b"<main>")
    assert fields_of(page, URL) == EXPECTED


def test_bounds_are_inclusive() -> None:
    assert BOUNDS.excess_of(b"<b>" * 50_000) is None
    assert BOUNDS.excess_of(b"<p>" * 10 + ONE_OVER[: 64 * 1024 - 1] + b">") is None


def test_utf_16_is_counted_as_text() -> None:
    cyrillic = "\ufeff" + article().replace("<main>", "<p hidden>" + "мммм" * 20_000 + "</p><main>")
    assert fields_of(cyrillic.encode("utf-16-le"), URL) == EXPECTED
    assert read_page(parse_document(("\ufeff" + "<b>" * 50_001).encode("utf-16-le"), URL, SITE)).kind == MANY


def test_bounds_are_settings() -> None:
    bounds = Bounds.of({"PAGE_MAX_TAGS": "3", "PAGE_MAX_TAG_BYTES": 10, "PAGE_MAX_LINKS": 1})
    assert bounds == Bounds(3, 10, 1)
    assert bounds.excess_of(b"<b></b><i></i>") == MANY
    assert bounds.excess_of(b"<b></b><i a=1234567>") == LONG


def test_links_beyond_the_bound_are_not_followed() -> None:
    links = "".join(f"<p><a href='/news/a-{number}/'>{HEADLINE}</a></p>" for number in range(900_000, 902_100))
    sections = "".join(f"<a href='/s{number}/'>s</a>" for number in range(2_100))
    page = f"<html><body><div>{links}</div><div>{sections}</div></body></html>".encode()
    for read, most in ((article_links, 2_000), (section_links, 2_000), (lambda it: read_listing(it).cards, 2_000)):
        document = parse_document(page, SITE.base + "news/", Site(SITE.base))
        assert len(read(document)) == most
        assert document.has_more_links
    document = parse_document(page, SITE.base + "news/", Site(SITE.base), bounds=Bounds(links=2_100))
    assert len(article_links(document)) == 2_100
    assert not document.has_more_links
