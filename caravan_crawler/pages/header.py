"""The page's header: currency ticker, weather and the date of the visit."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache

from caravan_crawler.normalise.dates import MONTH_PATTERN, WEEKDAY_PATTERN
from caravan_crawler.normalise.numbers import parse_decimal, parse_rate
from caravan_crawler.pages.blocks import Block

#: Markers before the parts of a block with dollar or euro. They say where it is: in the page's header, in a column or
#: foot, or elsewhere.
IN_HEADER, APART, ELSEWHERE = "\1header", "\1apart", "\1elsewhere"
_PLACES = (IN_HEADER, APART, ELSEWHERE)
_COLUMNS = frozenset(["aside", "footer"])
#: Blocks before a column that is the page's top bar, as widgets are in some themes.
_TOP = 3

_NUMBER = r"[+\-−]?\d[\d\s]{0,6}(?:[.,]\d{1,4})?"
_TENGE = r"₸|тг\.?|тенге|теңге|KZT"
_DOLLAR = re.compile(
    rf"(?:\$|USD|(?:АҚШ\s+)?доллар(?:ы|\s+США)?)\s*:?\s*(?P<rate>{_NUMBER})?\s*(?:{_TENGE})?\.?"
    rf"|(?P<before>{_NUMBER})\s*(?:\$|USD)",
    re.IGNORECASE,
)
_HAS_DOLLAR = re.compile("[$]|USD|доллар", re.IGNORECASE).search
_EURO = re.compile(
    rf"(?:€|EUR|евро|еуро)\s*:?\s*(?P<rate>{_NUMBER})?\s*(?:{_TENGE})?\.?|(?P<before>{_NUMBER})\s*(?:€|EUR)",
    re.IGNORECASE,
)
_OTHER = re.compile(rf"(?:RUB|RUR|CNY|GBP|KGS|UZS|TRY|CHF|JPY|₽|£|¥)\s*:?\s*(?:{_NUMBER})?.{{0,4}}", re.IGNORECASE)
_BARE = re.compile(rf"{_NUMBER}\s*(?:{_TENGE})?", re.IGNORECASE)
_TABLE_HEADING = re.compile(
    r"(?:покупка|продажа|покуп|прод|сатып\s+алу|сату|buy|sell|валюта|(?:курсы?|обмен)(?:\s+валют\w*.{0,20}|\s+нбрк.{0,20})?)\.?",
    re.IGNORECASE,
)
#: Range of the euro's rate in dollars since 1999, with a margin.
_FEWEST_DOLLARS, _MOST_DOLLARS = Decimal("0.8"), Decimal("1.7")
#: The price to sell a currency is so near to the one to buy it; the day's change is far smaller.
_FARTHEST_APART = Decimal("0.1")
#: Most parts between dollar and euro: the rate, a second rate, the day's change.
_BETWEEN = 3


#: Signs and words that may name the dollar.
_NAMES_CURRENCY = re.compile("[$€]|USD|EUR|[Дд]оллар").search
#: A currency's name, which is no part of its rate.
_WORD = re.compile("[а-яқ]{3}").search
#: The day's change behind a rate.
_CHANGE = re.compile(r"\s*\([+\-−]\s?\d[\d.,]*\s?%?\)")


def place_of(block: Block, blocks: list[Block]) -> str:
    """Return the place of a block that names a currency; a column with the weather at the page's top is its header."""
    place = ELSEWHERE
    for element in block.element.around:
        if element.tag == "header":
            return IN_HEADER
        if element.tag in _COLUMNS:
            inside = blocks[element.first : element.last]
            is_top_bar = element.first <= _TOP and any("°" in other.text for other in inside)
            place = ELSEWHERE if is_top_bar else APART
    return place


def read_rates(marked: Sequence[str]) -> dict[str, str]:
    """Return the rates of the ticker among a header's parts, as printed, by ISO 4217 code."""
    parts: list[str] = []
    places: dict[int, str] = {}
    place = ELSEWHERE
    for part in marked:
        if part in _PLACES:
            place = part
            continue
        places[len(parts)] = place
        parts.append(part)
    for index, part in enumerate(parts):
        match = _DOLLAR.fullmatch(part) if _HAS_DOLLAR(part) else None
        dollar, used = _rate_at(match, parts, index) if match else (None, 0)
        if dollar is None or (places[index] != IN_HEADER and _is_in_table(parts, index, dollar, places[index])):
            continue
        beside = [text if places[at] == places[index] else "" for at, text in enumerate(parts)]
        euro = _euro(beside, index, used, dollar)
        return {"USD": dollar} if euro is None else {"USD": dollar, "EUR": euro}
    return {}


def _is_in_table(parts: Sequence[str], index: int, dollar: str, place: str) -> bool:
    """Whether the dollar at ``index`` is a row of a table of currencies."""
    if place == APART or parse_rate(dollar) is None:
        return True
    start, end = index, index + 1
    while start > 0 and _is_of_currency(parts[start - 1]):
        start -= 1
    while end < len(parts) and _is_of_currency(parts[end]):
        end += 1
    if any(_TABLE_HEADING.fullmatch(part) for part in parts[max(0, start - 2) : start]):
        return True
    has_others = any(_OTHER.fullmatch(part) for part in parts[start:end])
    has_two_prices = _has_two_prices(parts, index, dollar)
    # Behind a sign the second number may be the euro's; a ticker of three currencies has signs, or a code and its rate
    # in one text.
    is_ticker = "$" in parts[index] or _HAS_DIGIT(parts[index]) is not None
    return (has_others and has_two_prices) if is_ticker else (has_others or has_two_prices)


def _is_of_currency(part: str) -> bool:
    return any(form.fullmatch(part) for form in (_BARE, _DOLLAR, _EURO, _OTHER))


def _has_two_prices(parts: Sequence[str], index: int, dollar: str) -> bool:
    """Whether behind the dollar's price to buy it is one to sell it."""
    behind = index + 1 if dollar == parts[index] else index + 2
    other = parts[behind] if behind < len(parts) else ""
    first, second = parse_rate(dollar), parse_rate(other) if _BARE.fullmatch(other) else None
    return first is not None and second is not None and abs(first - second) < first * _FARTHEST_APART


def _euro(parts: Sequence[str], dollar_at: int, used: int, dollar: str) -> str | None:
    """Return the euro's rate: marked as such, or the bare number after the dollar's."""
    after = [*range(used, min(used + _BETWEEN, len(parts)))]
    before = [*range(dollar_at - 1, max(-1, dollar_at - 1 - _BETWEEN), -1)]
    # The day's change may stand between.
    bare = next((parts[at] for at in after if not (parts[at][:1] in ("+", "-") and _BARE.fullmatch(parts[at]))), "")
    is_euro = _BARE.fullmatch(bare) and _is_in_proportion(bare, dollar)
    return _marked_euro(parts, after, dollar) or (bare if is_euro else _marked_euro(parts, before, dollar))


def _marked_euro(parts: Sequence[str], places: Sequence[int], dollar: str) -> str | None:
    for place in places:
        if label := _EURO.fullmatch(parts[place]):
            euro, _ = _rate_at(label, parts, place)
            following = parts[place + 1] if place + 1 < len(parts) else ""
            if euro and label["before"] and not _is_in_proportion(euro, dollar) and _BARE.fullmatch(following):
                euro = following  # before the sign was the day's change of the dollar
            return euro if euro is not None and _is_in_proportion(euro, dollar) else None
        if not _BARE.fullmatch(parts[place]):
            break
    return None


def _is_in_proportion(euro: str, dollar: str) -> bool:
    """Whether a number can be the euro's rate, given the dollar's, if that is readable."""
    known, rate = parse_rate(dollar), parse_decimal(euro)
    if known is None or rate is None:
        return parse_rate(euro) is not None
    return _FEWEST_DOLLARS < rate / known < _MOST_DOLLARS


def _rate_at(match: re.Match[str], parts: Sequence[str], index: int) -> tuple[str | None, int]:
    """Return the rate as printed, with its sign where they are one text, and the index behind it."""
    if match["rate"] or match["before"]:
        is_as_printed = ":" not in parts[index] and not _WORD(parts[index])
        return parts[index] if is_as_printed else match["rate"] or match["before"], index + 1
    if index + 1 < len(parts) and _BARE.fullmatch(parts[index + 1]):
        return parts[index + 1], index + 2
    return None, index + 1


# A city is given as it is named, and not as after a preposition: ``Погода в Астане``.
_TEMPERATURE = re.compile(
    r"(?:погода(?:\s+во?(?:\s+[\w\-]+е\b)?)?\s*:?\s*)?(?:(?P<before>[^\W\d_](?:[^\d$€]{0,40}?[^\W\d_])?)[:,]?\s)?"
    r"(?P<degrees>[+\-−–]?\s?\d{1,2}\s*°\s*[CСcс]?)"
    r"(?:[\s,]+(?P<city>[^\W\d][^°\d]{1,40})|,\s[^\d°]+[+\-−–]?\d{1,2}°\s*[CСcс]?)?",  # or of a second city
    re.IGNORECASE,
)
#: A city's name; menus, which often stand next to the temperature, begin with other words.
_CITY = re.compile(
    r"(?!(?:главная|новости|меню|поиск|войти|вход|вы\s+здесь|рубрики|разделы|спорт|погода|курс\w*|басты|жаңалықтар|мәзір"
    r"|сейчас|переменн\w*|небольш\w+|слаб\w+|сильн\w+|морось|ливень|дымка|снег\w*|дожд\w*|ясно|солнечно|туман\w*|гроз\w*|метель|\w*облачн\w*|пасмурно|без\s+осадков|ветер|ощущается)\b)"
    r"[^\W\d_][^\d$€]{1,40}",
    re.IGNORECASE,
)
_YEAR = re.compile(r"(\d{4})\s*(?:год|г\.?|жыл)", re.IGNORECASE)
_WEEKDAY = re.compile(
    rf"^(?:(?:сегодня|бүгін)\s*[:,]?\s*)?(?:(?:{WEEKDAY_PATTERN})\.?,?\s+)?(?=\d)|,?\s+\(?(?:{WEEKDAY_PATTERN})\)?\.?$",
    re.IGNORECASE,
)
_CLOCK_BEHIND = re.compile(r"(?<=\d{4}),?\s+\d{1,2}:\d{2}$")
_ONLY_WEEKDAY = re.compile(rf"(?:{WEEKDAY_PATTERN})\.?", re.IGNORECASE)
_MONTH = re.compile(MONTH_PATTERN, re.IGNORECASE)
_DAY = re.compile(rf"\d{{1,2}}\s+(?:{MONTH_PATTERN})", re.IGNORECASE)
_DAY_AND_YEAR = re.compile(
    rf"(?P<day>\d{{1,2}}\s+(?:{MONTH_PATTERN}))\s*,?\s+(?P<year>\d{{4}})(?:\s*(?:год|года|г\.?|ж\.?|жыл))?",
    re.IGNORECASE,
)
_YEAR_AND_DAY = re.compile(
    rf"(?P<year>\d{{4}})\s*(?:год|г\.?|ж\.?|жыл\w*)?\s*,?\s+(?P<day>\d{{1,2}}\s+(?:{MONTH_PATTERN}))", re.IGNORECASE
)
# One text may hold several: "$495.1 €583.72", "+3 °C | Алматы".
_SIDE_BY_SIDE = re.compile(
    r"\s*[|•·]\s*|\s+(?=(?:[€$]|EUR|USD)\s?:?\s?\d)|(?<=[\d₸])\s+(?=[+\-−]\d{1,2}\s?°)"
    r"|(?:(?<=[.,]\d)|(?<=[.,]\d\d))\s+(?=\d{3}[.,]\d)|\s+(?=\d{4}\s+[Гг]од)"
)
_HAS_SEVERAL = re.compile(r"[|•·€]|EUR|\d\s+(?:[+\-−]\d{1,2}\s?°|\d{3}[.,]\d)").search
#: A day in digits, which cards have too: the header's has its weekday next to it.
_IN_DIGITS = re.compile(r"\d{1,2}\.\d{2}\.\d{4}")
_HAS_DIGIT = re.compile(r"\d").search
_EMOJI = re.compile("[\U0001f1e6-\U0001f1ff\U0001f300-\U0001faff\u2600-\u27bf\ufe0f]+")
_ONE_UNIT = re.compile(r"^(?:1\s+)?(?P<code>[A-Z]{3}|[$€])(?:(?<=[A-Z])\s*/\s*KZT|\s*=)?(?P<rest>$|\s.*)")
_BEFORE_OTHERS = re.compile(r"\s+(?=(?:RUB|RUR|CNY|GBP|KGS|UZS|TRY|CHF|JPY|₽|£|¥)\s?:?\s?\d)")
#: A unit of temperature in an element of its own behind the number, and what is neither temperature nor city.
_UNIT, _DEGREES_ALONE = re.compile(r"°\s*[CСcс]?|[CС]"), re.compile(r"[+\-−–]?\d{1,2}")
_NO_VALUE = re.compile(
    r"=$|сейчас$|(?:по\s+)?ощущ\w+|feels\s+like|влажность|ветер|давление|(?:макс|мин)\.?\s", re.IGNORECASE
)
#: In every part that is not in the usual form; in few others.
_MAY_BE_UNUSUAL = re.compile(
    "[=℃\u2600-\u27bf\ufe0f\U0001f1e6-\U0001faff₽£¥]|^(?:1\\s|[°CС]|[СсSs]ейчас|[Пп]о\\s|[Оо]щу|[Ff]eels|[Вв]лаж|[Вв]етер|[Дд]авл|[Мм]акс|[Мм]ин)"
    "|KZT|RU[BR]|CNY|GBP|KGS|UZS|TRY|CHF|JPY"
).search
_PART_MARKS = " \t•·|,▲▼△▽↑↓"
#: Texts of a row of a forecast, and rows that make one.
_LONGEST_ROW, _FEWEST_ROWS = 2, 3
#: Most blocks of the header, menus included.
_DEEPEST = 400


@dataclass
class Header:
    """Values of the header. ``rates`` maps an ISO 4217 code to the rate as printed."""

    rates: dict[str, str] = field(default_factory=dict)
    temperature: str | None = None
    city: str | None = None
    date: str | None = None
    """The date of the visit as one text, ``6 Февраля 2026``."""


def read_header(blocks: list[Block], end: int | None = None) -> Header:
    """Read the header among ``blocks[:end]``; what is not printed stays empty."""
    return _read(tuple(_short_parts(blocks[: _DEEPEST if end is None else end])))


@lru_cache(maxsize=16)  # the pages of a visit show the same
def _read(parts: tuple[str, ...]) -> Header:
    parts = _in_usual_form(parts)
    header = Header()
    header.rates = read_rates(parts)
    _read_weather(parts, header)
    header.date = _read_date(parts)
    return header


def _in_usual_form(printed: Sequence[str]) -> tuple[str, ...]:
    """Return the parts without emoji, labels of the weather and what else is no value; a number and its unit as one.

    ``1 USD = 516,3 ₸`` and ``USD/KZT`` become ``USD 516,3 ₸`` and ``USD``.
    """
    parts: list[str] = []
    for part in printed:
        if not _MAY_BE_UNUSUAL(part) or part in _PLACES:
            parts.append(part)
            continue
        part = _ONE_UNIT.sub(r"\g<code>\g<rest>", _EMOJI.sub(" ", part).replace("℃", "°C").strip())
        for text in _BEFORE_OTHERS.split(part):
            if parts and _UNIT.fullmatch(text) and _DEGREES_ALONE.fullmatch(parts[-1]):
                parts[-1] = f"{parts[-1]} °C"
            elif text and not _NO_VALUE.match(text):
                parts.append(text)
    return tuple(parts)


def _short_parts(blocks: list[Block]) -> list[str]:
    texts: list[str] = []
    for block in blocks:
        if len(block.text) <= 80:
            # One block may hold the whole ticker, in spans side by side.
            pieces = block.pieces
            if _NAMES_CURRENCY(block.text):
                texts.append(place_of(block, blocks))
            texts += [block.text] if len(pieces) == 1 else [" ".join(text.split()) for text, _, _ in pieces]
    if _HAS_SEVERAL("".join(texts)):  # few headers have one, and all texts are asked at once
        texts = [part for text in texts for part in (_SIDE_BY_SIDE.split(text) if _HAS_SEVERAL(text) else [text])]
    return [part for text in texts if (part := (_CHANGE.sub("", text) if "(" in text else text).strip(_PART_MARKS))]


def _read_weather(parts: Sequence[str], header: Header) -> None:
    for index, part in enumerate(parts):
        match = _TEMPERATURE.fullmatch(part) if "°" in part else None
        if match is None or _is_in_forecast(parts, index):
            continue
        header.temperature = match["degrees"]
        following = parts[index + 1] if index + 1 < len(parts) else ""
        before = parts[index - 1] if index else ""
        near = (match["city"], match["before"], following, before)
        header.city = next((part for part in near if part and _CITY.fullmatch(part)), None)
        return


def _is_in_forecast(parts: Sequence[str], index: int) -> bool:
    """Whether a temperature is one of several, each of a city or a day."""
    near = parts[max(0, index - _LONGEST_ROW * 2) : index + _LONGEST_ROW * 2 + 1]
    return sum("°" in part and _TEMPERATURE.fullmatch(part) is not None for part in near) >= _FEWEST_ROWS


def _read_date(parts: Sequence[str]) -> str | None:
    year = day = None
    for before, printed, following, behind in zip(
        ["", *parts], parts, [*parts[1:], ""], [*parts[2:], "", ""], strict=False
    ):
        part = _WEEKDAY.sub("", printed) if _HAS_DIGIT(printed) else ""
        part = _CLOCK_BEHIND.sub("", part) if part != printed else part  # without a weekday it may be an article's date
        if not part[:1].isdigit():
            continue
        if part.isdecimal() and _MONTH.fullmatch(following):  # a part of its own, each
            part = f"{part} {following}"
            part = f"{part} {behind}" if re.fullmatch(r"\d{4}", behind) else part
        if _IN_DIGITS.fullmatch(part) and (part != printed or any(map(_ONLY_WEEKDAY.fullmatch, (before, following)))):
            return part
        if match := _DAY_AND_YEAR.fullmatch(part) or _YEAR_AND_DAY.fullmatch(part):
            return f"{match['day']} {match['year']}"
        if match := _YEAR.fullmatch(part):
            year = year or match[1]
        elif _DAY.fullmatch(part):
            # Cards above the headline may print days too; the header's stands next to its year.
            day = part if day is None or year is None else day
        if year and day:
            return f"{day} {year}"
    return None
