"""Blocks: no visible word is lost or repeated, however elements are nested."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from caravan_crawler.pages.blocks import Block
from caravan_crawler.pages.tree_walk import visible_parts

BLOCKS = ["div", "ul", "blockquote", "section", "article"]
INLINE = ["span", "b", "a", "i", "em"]
UNSEEN = ["noscript", "template"]
TREES: Any = st.recursive(
    st.sampled_from(["", " ", "слово", "два слова", "\n"]),
    lambda inside: st.tuples(st.sampled_from([*BLOCKS, *INLINE, "br", *UNSEEN]), st.lists(inside, max_size=5)),
    max_leaves=25,
)


def build(parts: Any) -> tuple[str, str]:
    """Return the source of a page in which no word occurs twice, and its visible text."""
    words = iter(range(10_000))

    def fill(inside: Any) -> tuple[str, str]:
        source = seen = ""
        for part in inside:
            if isinstance(part, str):
                text = " ".join(f"{word}{next(words)}" for word in part.split()) or part
                its_source = its_text = text
            else:
                its_source, its_text = fill([] if part[0] == "br" else part[1])
                its_source = f"<{part[0]}>{its_source}" + (f"</{part[0]}>" if part[0] != "br" else "")
                its_text = "" if part[0] in UNSEEN else its_text
                its_text = f" {its_text} " if part[0] in (*BLOCKS, "br") else its_text
            source, seen = source + its_source, seen + its_text
        return source, seen

    return fill(parts)


def blocks_of(html: str) -> list[Block]:
    root = LexborHTMLParser(html).root
    assert root is not None
    return visible_parts(root).blocks


@settings(max_examples=200)
@given(st.lists(TREES, max_size=6))
def test_every_word_once_and_in_order(parts: Any) -> None:
    source, seen = build(parts)
    found = blocks_of(f"<body>{source}")
    assert " ".join(block.text for block in found).split() == seen.split()
    for block in found:
        assert "".join(text for text, _, _ in block.pieces).split() == block.text.split()
        assert all(link is None or link.tag == "a" for _, link, _ in block.pieces)


def texts(html: str) -> list[str]:
    return [block.text for block in blocks_of(html)]


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
    first, second = blocks_of(html)
    assert (first.text, second.text) == ("Смотрите отчёт\nза год\nи", "всё")
    assert first.linked_texts() == [("отчёт за год", "/x")]
