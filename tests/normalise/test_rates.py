from decimal import Decimal

import pytest

from caravan_crawler.normalise.numbers import parse_decimal, parse_rate, parse_temperature

DECIMALS = [
    ("$ 495.1", "495.1"),
    ("$\u00a0495.1", "495.1"),
    ("583.72", "583.72"),
    ("495,10", "495.10"),
    ("€583,72", "583.72"),
    ("511", "511"),
    ("$511", "511"),
    ("495.1 ₸", "495.1"),
    ("USD 495.1", "495.1"),
    ("1 234,56 тг", "1234.56"),
    ("1\u202f234.56", "1234.56"),
    ("1,234.56", "1234.56"),
    ("1.234,56", "1234.56"),
    ("12.345", "12.345"),
    ("+495.1", "495.1"),
    ("-0.25", "-0.25"),
    ("− 0,25", "-0.25"),
    ("495.1.2", None),
    ("$", None),
    ("", None),
    ("495.1 583.72", None),
]


@pytest.mark.parametrize(("raw", "expected"), DECIMALS)
def test_parse_decimal(raw: str, expected: str | None) -> None:
    assert parse_decimal(raw) == (None if expected is None else Decimal(expected))


RATES = [("$ 495.1", "495.1"), ("100", "100"), ("2000", "2000"), ("49510", None), ("4.951", None), ("-495.1", None)]


@pytest.mark.parametrize(("raw", "expected"), RATES)
def test_a_rate_outside_the_sane_band_is_refused(raw: str, expected: str | None) -> None:
    assert parse_rate(raw) == (None if expected is None else Decimal(expected))


TEMPERATURES = [
    ("+3 °C", 3),
    ("-3 °C", -3),
    ("−14°C", -14),
    ("0 °C", 0),
    ("+25 °С", 25),
    ("+ 7\u00a0°C", 7),
    ("°C", None),
    ("+3.5 °C", None),
    ("тепло", None),
]


@pytest.mark.parametrize(("raw", "expected"), TEMPERATURES)
def test_parse_temperature(raw: str, expected: int | None) -> None:
    assert parse_temperature(raw) == expected
