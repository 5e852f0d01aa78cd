"""Addresses on a page: the short way for whole ones gives what joining and parsing give."""

from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caravan_crawler.pages.document import Document, parse_document
from caravan_crawler.site import Site

URL = "https://www.caravan.kz/news/a-900001/"
PARTS = ["https:", "http:", "//", "/", "caravan.kz", "a", "Ж", "%D0", ".", "..", ":80", ":x", ";", "?", "#", "[", "]"]
HREFS = st.lists(st.sampled_from([*PARTS, "@", "\\", " ", "\t", "\u00a0", "\u2028", "é", "HTTP"]), max_size=8)


@pytest.fixture(scope="module")
def document() -> Document:
    return parse_document(b"<p>", URL, Site("https://www.caravan.kz/"))


@given(HREFS.map("".join))
def test_an_own_address(document: Document, href: str) -> None:
    site, other = document.site, Site("https://caravan.kz/")  # the same site, so that its addresses are joined
    whole = f"https://www.caravan.kz/{href}"
    joined = other.resolve(whole, URL)
    assert site.resolve(whole, URL) == (joined and joined.replace("https://caravan.kz/", site.base))


@given(HREFS.map("".join))
def test_as_joined(document: Document, href: str) -> None:
    for each in (href, f"/{href}", f"https://caravan.kz{href}"):
        stripped = each.strip()
        try:
            url = urljoin(URL, stripped)
            is_page = urlsplit(url).scheme in ("http", "https")
        except ValueError:
            is_page = False
        expected = url if is_page and stripped and not stripped.startswith("#") else None
        assert document.absolute(each) == expected


@pytest.mark.parametrize(
    "base", ["ftp://caravan.kz/", "https://[broken/", "//other.kz", "data:,x", "/amp/", "https://kz"]
)
@pytest.mark.parametrize("href", ["/a/", "a/", "https://caravan.kz/a/", ""])
def test_under_another_base(base: str, href: str) -> None:
    page = parse_document(f"<base href='{base}'><p>".encode(), URL, Site("https://www.caravan.kz/"))
    expected = {"//other.kz": "https://other.kz/a/", "https://kz": "https://kz/a/"}.get(
        base, "https://www.caravan.kz/a/"
    )
    if base.startswith(("ftp", "data")):
        expected = None
    if href == "a/" and base in ("/amp/", "https://[broken/"):
        expected = {"/amp/": "https://www.caravan.kz/amp/a/"}.get(base, f"{URL}a/")
    assert page.absolute(href) == ({"": None, "https://caravan.kz/a/": href}.get(href, expected))
