"""The pages of ``benchmarks/reading.py`` and their fields."""

import re

from benchmarks.random_pages import THEMES, RandomSite

BASE = "https://www.caravan.kz/"


def test_pages_follow_from_the_seed() -> None:
    first, same, other = (RandomSite(seed, THEMES, BASE).pages for seed in (7, 7, 8))
    assert [page.html for page in first] == [page.html for page in same]
    assert {page.html for page in first}.isdisjoint(page.html for page in other)


def test_pages_have_their_fields_and_much_else() -> None:
    for page in RandomSite(7, 2 * THEMES, BASE).pages:
        html = page.html.decode()
        assert len(page.html) >= 80_000
        assert len(re.findall("<[a-z]", html)) > 900
        text = re.sub("<[^>]+>", "", html)
        for name in ("headline", "lede", "photo_credit", "source"):
            assert (page.fields[name] or "") in text
        assert all(author in text for author in page.fields["authors"])
        assert all(paragraph in text for paragraph in page.fields["body"].split("\n\n"))
