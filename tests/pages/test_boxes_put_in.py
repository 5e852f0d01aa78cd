"""Boxes that programs put amid a text, behind it or over the page: none changes a field of the article.

Each box is put into a sample of the page cases, another one for each box.
"""

import json
import re
from html import unescape
from itertools import pairwise
from typing import Any
from zlib import crc32

import pytest

from tests.pages.test_page_cases import CASES, NAMES, fields_of_case, read

#: Place and name of a box in a comment, and its markup under it.
BOXES = re.findall(r"<!-- (\w+): (.+) -->\n(.+)", (CASES.parent / "boxes_put_in.html").read_text(encoding="utf-8"))
#: Pages where what stands behind a paragraph decides what the text is.
FRAGILE = (
    *("body/headings_in_blocks_of_their_own", "body/holders_with_added_class", "body/section_label_en_3"),
    *("bylines/newsmag_c12", "dates/date_of_event_first", "headline/feed_repeats_title"),
    *("headline/feed_repeats_title_h3", "headline/sections_with_lists", "layouts/reading_time_en_4"),
)
#: Each box is put into one of this number of cases.
_EVERY = 29


def page_of(name: str) -> tuple[str, dict[str, Any]]:
    """Return a case's page and what is expected of it."""
    (page,) = (CASES / name).glob("page.*")
    return page.read_bytes().decode(errors="replace"), json.loads((page.parent / "expected.json").read_text("utf-8"))


def letters(html: str) -> str:
    return re.sub(r"\W+", "", unescape(re.sub("<[^>]+>", "", html))).lower()


def put_in(html: str, box: str, body: str, place: str) -> str | None:
    """Return the page with a box in it; None where the text has no such place."""
    paragraphs = [found for found in re.finditer(r"<p(?=[\s>]).*?</p>", html, re.DOTALL) if len(letters(found[0])) > 15]
    own = [found for found in paragraphs if letters(found[0]) in letters(body)]
    if place == "over":
        start = re.search(r"<body[^>]*>", html)
        return html[: start.end()] + box + html[start.end() :] if start else None
    if place == "behind":
        last = [found for found in own if letters(found[0]) == letters(body.split("\n\n")[-1])]
        return html[: last[-1].end()] + box + html[last[-1].end() :] if last else None
    pairs = [one for one, two in pairwise(own) if not html[one.end() : two.start()].strip()]
    return html[: pairs[0].end()] + box + html[pairs[0].end() :] if pairs else None


@pytest.mark.parametrize(
    ("number", "place", "box"),
    [pytest.param(number, place, box, id=f"{name} {place}") for number, (place, name, box) in enumerate(BOXES)],
)
def test_box_changes_nothing(number: int, place: str, box: str) -> None:
    tried = 0
    for case in NAMES:
        if crc32(case.encode()) % _EVERY != number % _EVERY:
            continue
        html, expected = page_of(case)
        body = expected["expect"].get("body") or ""
        changed = put_in(html, box, body, place) if expected["kind"] == "article" and body else None
        if changed is None or "\ufffd" in html or case in FRAGILE:
            continue
        tried += 1
        before, after = fields_of_case(case), read(changed.encode(), expected)
        for field in before:
            if field not in ("rates", "temperature", "city", "page_date", "trending", "links"):
                assert after[field] == before[field], f"{case}: {field}"
    assert tried > 5
