"""Blocks: no visible word is lost or repeated, however elements are nested."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from caravan_crawler.pages.blocks import visible_parts

BLOCKS = ["div", "p", "ul", "li", "blockquote", "section", "h2", "td"]
INLINE = ["span", "b", "a", "i", "em"]
UNSEEN = ["script", "svg", "noscript"]
TREES: Any = st.recursive(
    st.sampled_from(["", " ", "слово", "два слова", "\n"]),
    lambda inside: st.tuples(st.sampled_from([*BLOCKS, *INLINE, "br", *UNSEEN]), st.lists(inside, max_size=5)),
    max_leaves=25,
)


def build(parts: Any) -> etree._Element:
    """Return the tree of a page in which no word occurs twice."""
    words = iter(range(10_000))

    def fill(element: etree._Element, inside: Any) -> None:
        last: etree._Element | None = None
        for part in inside:
            if isinstance(part, str):
                text = " ".join(f"{word}{next(words)}" for word in part.split()) or part
                if last is None:
                    element.text = (element.text or "") + text
                else:
                    last.tail = (last.tail or "") + text
            else:
                last = etree.SubElement(element, part[0])
                fill(last, [] if part[0] == "br" else part[1])

    body = etree.Element("body")
    fill(body, parts)
    return body


def seen(element: etree._Element) -> str:
    """Return the visible text of an element, with spaces for block elements and line breaks."""
    inner = "" if element.tag in UNSEEN else (element.text or "") + "".join(map(seen, element))
    edge = " " if element.tag in (*BLOCKS, "br") else ""
    return f"{edge}{inner}{edge}{element.tail or ''}"


@settings(deadline=None, max_examples=400)
@given(st.lists(TREES, max_size=6))
def test_every_word_once_and_in_order(parts: Any) -> None:
    body = build(parts)
    found = visible_parts(body)
    assert " ".join(block.text for block in found.blocks).split() == seen(body).split()
    for block in found.blocks:
        assert "".join(text for text, _ in block.pieces).split() == block.text.split()
        assert all(link is None or link.tag == "a" for _, link in block.pieces)


def texts(html: str) -> list[str]:
    return [block.text for block in visible_parts(etree.fromstring(html, etree.HTMLParser())).blocks]


def test_text_after_a_list() -> None:
    assert texts("<div>Сбор:<ul><li>паспорт</li></ul>и <b>две</b> фотографии</div>") == [
        "Сбор:",
        "паспорт",
        "и две фотографии",
    ]


def test_hidden_text_is_left_out() -> None:
    html = "<p>Видно<span hidden>скрыто</span><b style='display: none'>и это</b></p><div style='visibility:hidden'>x"
    assert texts(html) == ["Видно"]


def test_a_link_over_two_lines() -> None:
    html = "<p>Смотрите <a href='/x'>отчёт<br>за год</a><br>и<br><br>всё</p>"
    first, second = visible_parts(etree.fromstring(html, etree.HTMLParser())).blocks
    assert (first.text, second.text) == ("Смотрите отчёт\nза год\nи", "всё")
    assert first.linked_texts() == [("отчёт за год", "/x")]
