"""View counts as printed: ``60``, ``1 234``, ``1,2 тыс.``, ``3 млн``, ``12K``."""

import re
from decimal import Decimal

_THOUSAND, _MILLION = Decimal(1000), Decimal(1_000_000)
_UNITS = {
    "k": _THOUSAND,
    "к": _THOUSAND,
    "тыс": _THOUSAND,
    "тысяч": _THOUSAND,
    "тысяча": _THOUSAND,
    "тысячи": _THOUSAND,
    "мың": _THOUSAND,
    "m": _MILLION,
    "м": _MILLION,
    "млн": _MILLION,
    "миллион": _MILLION,
    "миллиона": _MILLION,
    "миллионов": _MILLION,
}
#: No page of the site was seen more often than there are people; a column of a database takes no more either.
_MOST = 2_000_000_000
#: What labels a number of views, before it and behind.
VIEWS_BEFORE = (
    r"(?:количество\s+|всего\s+|число\s+)?просмотр\w*|прочитал\w*|прочитано|прочтений|views"
    r"|қаралды|қаралым\w*|көрілім\w*|оқылды"
)
VIEWS_BEHIND = r"(?:просмотр\w*|раза?|прочтени\w+|рет(?:\s+(?:оқылды|қаралды))?|қаралым\w*|көрілім\w*|views)"
_COUNT = re.compile(
    rf"""(?:(?:опубликовано|жарияланды|{VIEWS_BEFORE})\s*:?\s*)?
        (?P<number>\d{{1,3}}(?:(?P<group>[\s.,'’])\d{{3}}(?:(?P=group)\d{{3}})*)|\d+(?:[.,]\d+)?)
        (?:\s?(?P<unit>"""
    + "|".join(sorted(_UNITS, key=len, reverse=True))
    + rf""")\b\.?)?
        (?:\s*{VIEWS_BEHIND})?\.?""",
    re.IGNORECASE | re.VERBOSE,
)


def parse_count(raw: str) -> int | None:
    """Return the number of views ``raw`` prints, or None where it is not a count.

    A group of three digits behind a space, a point or a comma is thousands; a fraction needs a unit
    (``1,2 тыс.`` is 1200, ``1,2`` is no count). Rounded figures are taken at their face value.
    """
    match = _COUNT.fullmatch(" ".join(raw.split()))
    if match is None:
        return None
    number, unit = match["number"], match["unit"]
    factor = _UNITS[unit.lower()] if unit else Decimal(1)
    if match["group"] and not (unit and match["group"] in ".,"):
        number = re.sub(r"\D", "", number)
    value = Decimal(number.replace(",", ".")) * factor
    return int(value) if value <= _MOST and value == value.to_integral_value() else None
