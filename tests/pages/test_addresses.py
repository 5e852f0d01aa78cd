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
def test_as_joined(document: Document, href: str) -> None:
    whole = f"https://caravan.kz{href}"
    for each in (href, whole):
        stripped = each.strip()
        try:
            url = urljoin(URL, stripped)
            is_page = urlsplit(url).scheme in ("http", "https")
        except ValueError:
            is_page = False
        expected = url if is_page and stripped and not stripped.startswith("#") else None
        assert document.absolute(each) == expected
