"""The element around a text may have any name: ``popup-gallery``, ``comments-open``, ``with-toc``."""

from zlib import crc32

import pytest
from selectolax.lexbor import LexborHTMLParser, LexborNode

from tests.pages.fields import FETCHED, fields_of
from tests.pages.test_boxes_put_in import letters, page_of
from tests.pages.test_page_cases import NAMES

#: Words that themes give to boxes, and to elements around a text with such boxes in it.
WORDS = (
    *("popup-gallery", "comments-open", "with-toc", "social", "related", "ads", "promo", "newsletter", "rating"),
    *("poll", "modal", "player", "read-more", "partners", "subscribe", "share", "widget", "sidebar-right", "banner"),
)
#: Pages where only the name of the element shows which lines are the text.
FRAGILE = ("credits/copyright_over_list",)
_EVERY = 4


def around(tree: LexborHTMLParser, first: str, last: str) -> LexborNode | None:
    """Return the innermost element around the first and the last paragraph."""
    nodes = [
        node for node in tree.css("p, div, li, td") if (found := letters(node.html or "")) in (first, last) and found
    ]
    if len(nodes) < 2:
        return None
    outside = set()
    node = nodes[0].parent
    while node is not None:
        outside.add(node.mem_id)
        node = node.parent
    node = nodes[-1].parent
    while node is not None and node.mem_id not in outside:
        node = node.parent
    return node


@pytest.mark.parametrize("word", WORDS)
def test_name_of_the_element_around_a_text_changes_nothing(word: str) -> None:
    tried = 0
    for case in NAMES:
        number = crc32(case.encode())
        if number % _EVERY or WORDS[number // _EVERY % len(WORDS)] != word or case in FRAGILE:
            continue
        html, expected = page_of(case)
        paragraphs = (expected["expect"].get("body") or "").split("\n\n")
        if expected["kind"] != "article" or len(paragraphs) < 3 or "\ufffd" in html:
            continue
        tree = LexborHTMLParser(html)
        whole = tree.html or ""
        node = around(tree, letters(paragraphs[0]), letters(paragraphs[-1]))
        if node is None or node.tag in ("body", "html"):
            continue
        tried += 1
        node.attrs["class"] = f"{node.attributes.get('class') or ''} {word}".strip()
        before = fields_of(whole.encode(), expected["url"], None, FETCHED)
        after = fields_of((tree.html or "").encode(), expected["url"], None, FETCHED)
        changed = [name for name in before if name not in ("page_date", "trending") and after.get(name) != before[name]]
        assert not changed, f"{case}: {changed}"
    assert tried
