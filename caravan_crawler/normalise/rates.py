"""Values of the masthead's ticker: exchange rates and the temperature."""

import re
from decimal import Decimal

#: Tenge for one dollar or euro were 140 to 605 from 2001 to 2026; what lies outside is a misprint.
SANE_BAND = (Decimal(100), Decimal(2000))

_MARKS = re.compile(r"[$€₸]|\b(?:usd|eur|kzt|тг|тенге|теңге)\b\.?", re.IGNORECASE)
_NUMBER = re.compile(r"[+-]?(?:\d{1,3}(?:([ .,])\d{3})+|\d+)(?:[.,]\d+)?")
_TEMPERATURE = re.compile(r"([+\-−–]?)\s*(\d{1,2})\s*°?\s*[CСcс]?")


def parse_decimal(raw: str) -> Decimal | None:
    """Return the number in ``raw`` without its currency sign, or None where there is no single one.

    A comma or a point is the decimal mark; where both occur, the last one is. A minus sign counts.
    """
    text = _MARKS.sub(" ", raw).replace("−", "-")
    text = re.sub(r"\s+", " ", text).strip()
    text = re.sub(r"^([+-]) ", r"\1", text)
    if not _NUMBER.fullmatch(text):
        return None
    text = text.replace(" ", "")
    decimal_mark = max(text.rfind("."), text.rfind(","))
    if decimal_mark >= 0 and not (text.count(text[decimal_mark]) > 1):
        whole, fraction = text[:decimal_mark], text[decimal_mark + 1 :]
        return Decimal(re.sub(r"[.,]", "", whole) + "." + fraction)
    return Decimal(re.sub(r"[.,]", "", text))


def parse_rate(raw: str) -> Decimal | None:
    """Return the rate (KZT for one unit) ``raw`` prints, or None where it is none or not a sane one."""
    value = parse_decimal(raw)
    return value if value is not None and SANE_BAND[0] <= value <= SANE_BAND[1] else None


def parse_temperature(raw: str) -> int | None:
    """Return the degrees Celsius in ``raw`` (``+3 °C``, ``-3 °C``), or None."""
    match = _TEMPERATURE.fullmatch(raw.strip())
    if match is None:
        return None
    degrees = int(match[2])
    return -degrees if match[1] and match[1] != "+" else degrees
