import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caravan_crawler.normalise.text import printable

TEXTS = [
    ("\x1b]0;pwned\x07\x1b[31mRED\x1b[2J", "\\u001b]0;pwned\\u0007\\u001b[31mRED\\u001b[2J"),
    ("a\rb\x08\x7f", "a\\u000db\\u0008\\u007f"),
    ("\x9b31m\x85", "\\u009b31m\\u0085"),
    ("\u202egnp.exe\u2066", "\\u202egnp.exe\\u2066"),
    ("\u2028\ufeff\ud800", "\\u2028\\ufeff\\ud800"),
    ("Новость “дня” – 👨‍👩‍👧\n\tда", "Новость “дня” – 👨‍👩‍👧\n\tда"),
]


@pytest.mark.parametrize(("text", "expected"), TEXTS)
def test_printable(text: str, expected: str) -> None:
    assert printable(text) == expected


@given(st.text())
def test_no_control_character_is_left(text: str) -> None:
    shown = printable(text)
    assert not [letter for letter in shown if unicodedata.category(letter) in ("Cc", "Cs") and letter not in "\n\t"]
    shown.encode()
