"""View counts, exchange rates and temperatures as printed on the site's pages."""

import re
from decimal import Decimal

_UNITS = {
    **dict.fromkeys(("k", "к", "тыс", "тысяч", "тысяча", "тысячи", "мың"), 1000),
    **dict.fromkeys(("m", "м", "млн", "миллион", "миллиона", "миллионов"), 1_000_000),
}
#: Maximum view count: more than a page of the site can have, and the limit of an integer column.
_MOST = 2_000_000_000
#: Labels of a view count, before and after it.
VIEWS_BEFORE = (
    r"(?:кол(?:ичеств|-в)о\s+|всего\s+|число\s+|(?:эт\w+\s+)?(?:новость|стать[юя]|запись|материал)\s+)?(?:просмотр\w*|просм\.?|показ(?:ов|ы))(?:\s+(?:записи|статьи|страницы|материала|новости|публикации))?"
    r"|(?:(?:эт\w+\s+)?(?:новость|стать[юя]|запись|материал)\s+)?(?:(?:по|про)?смотрел\w*|(?:про)?читал\w*|прочли)|посетил\w*"
    r"|прочитано(?:\s+раз)?|прочтен(?:о|ий)|посещений|посетителей|заходов|читател(?:ей|и)|охват|(?:(?:post|total)\s+)?views|hits|хит(?:ы|ов)"
    r"|(?:қаралым|көрілім|көрсетілім|оқылым)\w*(?:\s+саны)?|(?:қаралу|көрілу|оқылу|көру)\s+саны|(?:қарал|көріл|көрсетіл|оқыл)(?:ды|ді|ған|ген)|көрген(?:дер)?|оқыған(?:дар)?|қараған(?:дар)?"
)
VIEWS_BEHIND = (
    r"(?:просмотр\w*|просм\.?|раз\(а\)|раза?|чел(?:овек\w*|\.)?|прочтени\w+|читател(?:ей|я|ь)|посещени\w+|рет(?:\s+(?:қарал|көріл|көрсетіл|оқыл)(?:ды|ді|ған|ген))?|қаралым\w*|көрілім\w*|оқылым\w*"
    r"|(?:total\s+)?views?)"
)
_COUNT = re.compile(
    rf"""(?:(?:опубликовано|жарияланды|{VIEWS_BEFORE})\s*[:(]?\s*)?
        (?P<number>\d{{1,3}}(?:(?P<group>[\s.,'’])\d{{3}}(?:(?P=group)\d{{3}})*)|\d+(?:[.,]\d+)?)
        (?:\s?(?P<unit>"""
    + "|".join(sorted(_UNITS, key=len, reverse=True))
    + rf""")\b\.?)?
        \)?(?:\s*{VIEWS_BEHIND})?\.?""",
    re.IGNORECASE | re.VERBOSE,
)


def parse_count(raw: str) -> int | None:
    """Return the view count in ``raw``, or None if it is not a count.

    Three digits after a space, a point or a comma are a group of thousands; a fraction needs a unit
    (``1,2 тыс.`` is 1200, ``1,2`` is not a count). Rounded figures are used as they are.
    """
    match = _COUNT.fullmatch(" ".join(raw.split()))
    if match is None:
        return None
    number, unit = match["number"], match["unit"]
    factor = _UNITS[unit.lower()] if unit else 1
    if match["group"] and not (unit and match["group"] in ".,"):
        number = re.sub(r"\D", "", number)
    value = Decimal(number.replace(",", ".")) * factor
    return int(value) if value <= _MOST and value == value.to_integral_value() else None


#: Valid rates: one dollar or euro was 140 to 605 tenge from 2001 to 2026; a value outside this band is a misprint.
SANE_BAND = (Decimal(100), Decimal(2000))

_MARKS = re.compile(r"[$€₸]|\b(?:usd|eur|kzt|тг|тенге|теңге)\b\.?", re.IGNORECASE)
_NUMBER = re.compile(r"[+-]?(?:\d{1,3}(?:([ .,])\d{3})+|\d+)(?:[.,]\d+)?")
_TEMPERATURE = re.compile(r"([+\-−–]?)\s*(\d{1,2})\s*°?\s*[CСcс]?\s*°?")


def parse_decimal(raw: str) -> Decimal | None:
    """Return the number in ``raw`` without its currency sign, or None unless there is exactly one number.

    The decimal mark is a comma or a point; if both occur, the last one. A minus sign is respected.
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
    """Return the rate in ``raw`` (KZT for one unit), or None if it is not a number or outside :data:`SANE_BAND`."""
    value = parse_decimal(raw)
    return value if value is not None and SANE_BAND[0] <= value <= SANE_BAND[1] else None


def parse_temperature(raw: str) -> int | None:
    """Return the degrees Celsius in ``raw`` (``+3 °C``, ``-3 °C``), or None."""
    match = _TEMPERATURE.fullmatch(raw.strip())
    if match is None:
        return None
    degrees = int(match[2])
    return -degrees if match[1] and match[1] != "+" else degrees
