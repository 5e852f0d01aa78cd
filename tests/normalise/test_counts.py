import pytest

from caravan_crawler.normalise.numbers import parse_count

CASES = [
    ("60", 60),
    ("0", 0),
    ("6019", 6019),
    ("1 234", 1234),
    ("1\u00a0234", 1234),
    ("1\u202f234\u00a0567", 1234567),
    ("1,234", 1234),
    ("1.234.567", 1234567),
    ("1,2 тыс.", 1200),
    ("1,2\u00a0тыс", 1200),
    ("2 тысячи", 2000),
    ("15 мың", 15000),
    ("3 млн", 3_000_000),
    ("1.5 миллиона", 1_500_000),
    ("12K", 12_000),
    ("1.5к", 1500),
    ("Просмотров: 60", 60),
    ("60 просмотров", 60),
    ("Опубликовано: 2600", 2600),
    ("2000000000", 2_000_000_000),
    ("2000000001", None),
    ("1,2", None),
    ("1 23", None),
    ("-5", None),
    ("12:30", None),
    ("много", None),
    ("", None),
]


@pytest.mark.parametrize(("raw", "expected"), CASES)
def test_parse_count(raw: str, expected: int | None) -> None:
    assert parse_count(raw) == expected
