import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caravan_crawler.normalise.text import clean, encodable, fold_homoglyphs, without_unseen

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
    ("сердце ❤\ufe0f и цифра 1\ufe0f\u20e3", "сердце ❤\ufe0f и цифра 1\ufe0f\u20e3"),
    ("слово\ufe0f и\ufe0e слово", "слово и слово"),
    ("\ufe0f\u200d\u034f", ""),
    ("\u2800\u3164\u115f\uffa0", ""),
    ("\u202a\u2066\u2069\u206a\u2062", ""),
    ("\ue900 60 \uf06e", "60"),
    ("флаг 🏴\U000e0067\U000e0062\U000e007f, метка\U000e0067", "флаг 🏴\U000e0067\U000e0062\U000e007f, метка"),
    ("и\u200b\u0306", "й"),
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


def test_raw_text_loses_only_unencodable_characters() -> None:
    assert encodable("26\u00a0Апреля\ud800  2023\x00") == "26\u00a0Апреля  2023"


def test_without_unseen_leaves_white_space() -> None:
    assert without_unseen(" \n пере\u00adнос\u200b \t") == " \n перенос \t"


@pytest.mark.parametrize("name", ["Сaravan.kz", "CARAVAN.KZ", "саrаvаn.kz"])
def test_homoglyphs_of_the_sites_name_fold_alike(name: str) -> None:
    assert fold_homoglyphs(name) == fold_homoglyphs("caravan.kz")
