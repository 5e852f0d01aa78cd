"""Decide from earlier gains whether to render a page."""

import pytest

from caravan_crawler.browser.browser_middleware import RenderBenefit
from caravan_crawler.browser.completeness import ExpectedPage

# h: rendering added the view count; v: it did not. Second: whether the next page is rendered.
CASES = [
    ("", True),
    ("vv", True),
    ("vvv", False),
    ("vvh", True),
    ("vvhvvv", True),
    ("vvhvvvv", False),
    ("h" * 30 + "v" * 19, True),
    ("h" * 30 + "v" * 20, False),
]


@pytest.mark.parametrize(("pages", "is_shown"), CASES)
def test_it_stops_where_it_does_not_help(pages: str, is_shown: bool) -> None:
    benefit, views = RenderBenefit(), frozenset({"views"})
    for page in pages:
        benefit.record(ExpectedPage.ARTICLE, views, views if page == "h" else frozenset())
    assert benefit.wanted(ExpectedPage.ARTICLE, views) == (views if is_shown else frozenset())
    assert benefit.wanted(ExpectedPage.LIST, views) == views, "another kind of page"


def test_values_of_every_page_are_rendered_once() -> None:
    benefit, lacks = RenderBenefit(), frozenset({"rates", "views"})
    benefit.record(ExpectedPage.HOME, lacks, lacks)
    assert benefit.wanted(ExpectedPage.ARTICLE, lacks) == {"views"}
