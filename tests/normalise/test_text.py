import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caravan_crawler.normalise.text import clean, encodable, fold_homoglyphs

CASES = [
    ("без изменений", "без изменений"),
    ("неразрывный\u00a0пробел", "неразрывный пробел"),
    ("узкий\u202fпробел и\u2003широкий", "узкий пробел и широкий"),
    ("пере\u00adнос", "перенос"),
    ("\ufeffноль\u200bширины\u2060", "нольширины"),
    ("направление\u200e\u202e текста", "направление текста"),
    ("  два  пробела ", "два пробела"),
    ("и\u0306 составная", "й составная"),
    ("одинокий\ud800суррогат", "одинокийсуррогат"),
    ("звонок\x07 и ноль\x00", "звонок и ноль"),
    ("первая\r\nвторая", "первая\nвторая"),
    ("абзац\n\n\n\nабзац", "абзац\n\nабзац"),
    ("строка \n строка", "строка\nстрока"),
    ("ячейка\tячейка", "ячейка\tячейка"),
    ("«кавычки» “лапки” – — - ёлка", "«кавычки» “лапки” – — - ёлка"),
    ("семья 👩\u200d👩\u200d👧 цела", "семья 👩\u200d👩\u200d👧 цела"),
    ("между\u200dбуквами", "междубуквами"),
    ("", ""),
]


@pytest.mark.parametrize(("text", "expected"), CASES)
def test_clean(text: str, expected: str) -> None:
    assert clean(text) == expected


@given(st.text(st.characters(codec=None, categories=None)))
def test_clean_text_stays_clean_and_can_be_written(text: str) -> None:
    cleaned = clean(text)
    assert clean(cleaned) == cleaned
    assert unicodedata.is_normalized("NFC", cleaned)
    cleaned.encode("utf-8")


def test_raw_text_loses_only_what_no_file_can_hold() -> None:
    assert encodable("26\u00a0Апреля\ud800  2023\x00") == "26\u00a0Апреля  2023"


@pytest.mark.parametrize("name", ["Сaravan.kz", "CARAVAN.KZ", "саrаvаn.kz"])
def test_homoglyphs_of_the_sites_name_fold_alike(name: str) -> None:
    assert fold_homoglyphs(name) == fold_homoglyphs("caravan.kz")
