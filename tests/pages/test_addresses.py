"""Addresses on a page: the shortcut for absolute ones returns the same as joining and parsing."""

import re
from urllib.parse import quote, urljoin, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caravan_crawler.pages.document import Document, parse_document
from caravan_crawler.urls import Site

URL = "https://www.caravan.kz/news/a-900001/"
PARTS = ["https:", "http:", "//", "/", "caravan.kz", "a", "Ж", "%D0", ".", "..", ":80", ":x", ";", "?", "#", "[", "]"]
HREFS = st.lists(st.sampled_from([*PARTS, "@", "\\", " ", "\t", "\u00a0", "\u2028", "é", "HTTP"]), max_size=8)


@pytest.fixture(scope="module")
def document() -> Document:
    return parse_document(b"<p>", URL, Site("https://www.caravan.kz/"))


@given(HREFS.map("".join))
def test_absolute_address_of_the_site(document: Document, href: str) -> None:
    site, other = document.site, Site("https://caravan.kz/")  # same site, but without the shortcut
    whole = f"https://www.caravan.kz/{href}"
    joined = other.resolve(whole, URL)
    assert site.resolve(whole, URL) == (joined and joined.replace("https://caravan.kz/", site.base, 1))


def joined(base: str, href: str) -> str | None:
    """Return the absolute address according to urllib alone, with spaces escaped."""
    try:
        url = re.sub(r"\s", lambda found: quote(found[0]), urljoin(base, href.strip()))
        is_page = urlsplit(url).scheme in ("http", "https")
    except ValueError:
        return None
    return url if is_page and href.strip() and not href.strip().startswith("#") else None


@given(HREFS.map("".join))
def test_address_equals_that_of_urllib(document: Document, href: str) -> None:
    for each in (href, f"/{href}", f"https://caravan.kz{href}"):
        assert document.absolute(each) == joined(URL, each)


BASES = ["ftp://caravan.kz/", "https://[broken/", "//other.kz", "data:,x", "/amp/", "https://kz", ""]


@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize("href", ["/a/", "a/", "https://caravan.kz/a/", ""])
def test_base_element(base: str, href: str) -> None:
    page = parse_document(f"<base href='{base}'><p>".encode(), URL, Site("https://www.caravan.kz/"))
    around = URL if "[" in base else urljoin(URL, base)
    assert page.base_url == around
    assert page.absolute(href) == joined(around, href)
