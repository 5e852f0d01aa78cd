"""The page's header: currency ticker, weather and the date of the visit."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import takewhile

from caravan_crawler.normalise.dates import MONTH_PATTERN, WEEKDAY_PATTERN
from caravan_crawler.pages.blocks import Block
from caravan_crawler.pages.ticker import (
    AROUND,
    PLACES,
    apart_from_ticker,
    names_currency,
    place_of,
    read_rates,
    tokens_of,
)

#: Most blocks of the header, menus included.
_DEEPEST = 400
#: Longest text of a block, and of one whose texts are all short, in spans side by side.
_LONGEST, _LONGEST_ROW, _LONGEST_IN_ROW = 80, 400, 40


@dataclass
class Header:
    """Values of the header. ``rates`` maps an ISO 4217 code to the rate as printed."""

    rates: dict[str, str] = field(default_factory=dict)
    temperature: str | None = None
    city: str | None = None
    date: str | None = None
    """The date of the visit as one text, ``6 Февраля 2026``."""


def read_header(blocks: list[Block], end: int | None = None) -> Header:
    """Read the header among ``blocks[:end]``; what is not printed, or ambiguous, stays empty."""
    return _read("\n".join(_short_texts(blocks[: _DEEPEST if end is None else end])))


def _short_texts(blocks: list[Block]) -> Iterator[str]:
    for block in blocks:
        text, pieces = block.text, block.pieces
        is_row = _LONGEST < len(text) <= _LONGEST_ROW and all(len(own) <= _LONGEST_IN_ROW for own, _, _ in pieces)
        if is_row or len(text) <= _LONGEST:
            if names_currency(text):
                yield place_of(block, blocks)
            if len(pieces) == 1:
                yield text
            else:
                yield from (" ".join(own.split()) for own, _, _ in pieces)


_EMOJI = re.compile("[\U0001f1e6-\U0001f1ff\U0001f300-\U0001faff\u2600-\u27bf\ufe0f]+")
#: One text may hold several values: ``+3 °C | Алматы``, ``583.72 +3 °C``.
_BETWEEN = re.compile(r"[|•·]| (?:(?=[+\-−]\d{1,2}\s?°)(?:(?<=[\d₸] )|(?<=[\d₸], ))|(?=\d{4}\s+[Гг]од))")
#: A unit of temperature in an element of its own behind the number.
_UNIT, _DEGREES_ALONE = re.compile(r"°\s*[CСcс]?|[CС]"), re.compile(r"[+\-−–]?\d{1,2}")


@lru_cache(maxsize=16)  # the pages of a visit show the same
def _read(text: str) -> Header:
    parts: list[str] = []
    for printed in _BETWEEN.sub("\n", _EMOJI.sub(" ", text.replace("℃", "°C"))).split("\n"):
        part = printed.strip(AROUND)
        if 0 < len(part) < 4 and _UNIT.fullmatch(part) and parts and _DEGREES_ALONE.fullmatch(parts[-1]):
            parts[-1] += " °C"
        elif part:
            parts += apart_from_ticker(part)
    header = Header(rates=read_rates(parts))
    parts = [part for part in parts if part not in PLACES]
    _read_weather(parts, header)
    header.date = _read_date("\n".join(parts))
    return header


_DEGREES = r"[+\-−–]?\s?\d{1,2}\s*(?:°\s*[CС](?![^\W\d_])|°(?!\s?F\b)|[CС]\s?°)"
_TEMPERATURE = re.compile(
    r"(?:(?P<before>[^\W\d_](?:[^\d$€]*?[^\W\d_.])?)[\s:.]*(?:\s[–—-](?=\s[+\-−–]\d))?\s+)?"
    rf"(?P<degrees>{_DEGREES})(?:\s+(?P<behind>[^\W\d_][^\d$€°]*))?",
    re.IGNORECASE,
)
#: What is neither temperature nor city: texts that begin with it, and words around a city.
_NO_VALUE = re.compile(
    r"(?:сейчас|қазір)$|(?:по\s+)?ощущ\w+|feels\s+like|влажность|ветер|давление|(?:макс|мин)\.?\s"
    r"|(?:дн[её]м|ночью|утром|вечером|завтра|күндіз|түнде|кешке|ертең)\s",
    re.IGNORECASE,
).match
_CLAUSES = re.compile(r"\s*[,;](?!\d)\s*")
_APART_SIGN = re.compile(r"[+\-−–]\s").match
_PREPOSITION = re.compile(r"во?\s", re.IGNORECASE).match
_AROUND_CITY = re.compile(
    r"^(?:погода|ауа\s+райы)(?:\s+(?:сегодня|сейчас|в\s+городе))?\s*:?\s*|^(?:г|қ)\.\s*|[\s–—:,-]+(?:сейчас|қазір)$",
    re.IGNORECASE,
)
#: A city's name; menus, which often stand next to the temperature, begin with other words. After a preposition it is
#: as it is named only if it cannot be declined: ``в Алматы``.
_CITY = re.compile(
    r"(?!(?:караван|главная|новости|газета|аналитика|общество|подкасты|криминал|спорт|культура|қаз|рус|рубрики"
    r"|разделы|меню|поиск|войти|вход|выб\w+|вы\s+здесь|погода|курс\w*|басты|жаңалықтар|мәзір|сегодня|сейчас|бүгін"
    r"|қазір|переменн\w*|небольш\w+|слаб\w+|сильн\w+|морось|ливень|дымка|снег\w*|дожд\w*|ясно|солнечно|туман\w*|гроз\w*"
    rf"|метель|\w*облачн\w*|пасмурно|без\s+осадков|ветер|ощущается|{WEEKDAY_PATTERN})\b)"
    r"(?:во?\s+(?=\S+[ыу]$))?(?!во?\s)(?P<name>[^\W\d_][^\d$€]{1,40})",
    re.IGNORECASE,
)
_DAY_AHEAD = re.compile(r"пн|вт|ср|чт|пт|сб|вс|дс|сс|бс|жм|сн|жс|\d{1,2}\.\d{2}", re.IGNORECASE).fullmatch
#: Cities that a list to choose from has.
_LARGE_CITIES = frozenset(
    "астана алматы шымкент актобе караганда тараз павлодар усть-каменогорск семей атырау костанай кызылорда уральск"
    " петропавловск актау талдыкорган туркестан кокшетау темиртау экибастуз жезказган рудный балхаш".split()
)
#: Texts before and behind a temperature that are near, and temperatures there that make a forecast.
_NEAR, _FEWEST = 4, 3


def _read_weather(printed: Sequence[str], header: Header) -> None:
    degrees = [index for index, part in enumerate(printed) if "°" in part]
    near = printed[max(0, degrees[0] - _NEAR * 3) : degrees[-1] + _NEAR * 3] if degrees else ()
    parts = [part for part in near if not _NO_VALUE(part)]
    for index, part in enumerate(parts):
        if "°" not in part or _is_in_forecast(parts, index):
            continue
        clauses = [clause for clause in _CLAUSES.split(part) if not _NO_VALUE(clause)]
        found = [(at, match) for at, clause in enumerate(clauses[:2]) if (match := _TEMPERATURE.fullmatch(clause))]
        # Between a city and a number, a stroke on its own may be no minus.
        if not found or (found[0][1]["before"] and _APART_SIGN(found[0][1]["degrees"])):
            continue
        at, match = found[0]
        header.temperature = match["degrees"]
        near = [match["behind"], *clauses[at + 1 : at + 2], match["before"], *clauses[:at]]
        beside = [*parts[index + 1 : index + 3], *reversed(parts[max(0, index - 2) : index])]
        if len(_LARGE_CITIES.intersection(map(str.lower, beside))) < 2:
            near += [*parts[index + 1 : index + 2], *parts[max(0, index - 1) : index]]
        header.city = _city(near)
        return


def _city(texts: Iterable[str | None]) -> str | None:
    """Return the first of ``texts`` that is a city's name, unless one before it is a declined name."""
    for text in texts:
        name = _AROUND_CITY.sub("", text or "")
        if _PREPOSITION(name) and not _CITY.fullmatch(name):
            break
        if (match := _CITY.fullmatch(name)) and tokens_of(name) is None:
            return match["name"]
    return None


def _is_in_forecast(parts: Sequence[str], index: int) -> bool:
    """Whether a temperature is one of several, each of a city or a day; the current one may be before those of days."""
    at = min(index, _NEAR * 2)
    near = parts[index - at : index + _NEAR * 2]
    days = [_DAY_AHEAD(part) is not None for part in [*near, ""]]
    of_days = [sum(days) > 1 and (days[place - 1] or days[place + 1]) for place in range(len(near))]
    if of_days[at]:
        row = list(takewhile(lambda part: "°" in part or _DAY_AHEAD(part), near[at:]))
        return days[at - 1] or sum("°" in part for part in row) * 2 != len(row) + 1
    around = range(max(0, at - _NEAR), min(len(near), at + _NEAR + 1))
    return sum(not of_days[place] and _TEMPERATURE.fullmatch(near[place]) is not None for place in around) >= _FEWEST


_DAY_OF_WEEK = rf"(?:{WEEKDAY_PATTERN})(?![^\W\d_])"
_FILL = rf"(?:[\s,.;()]|{_DAY_OF_WEEK})*"
_YEAR = r"(?:19|20)\d{2}(?!\d)(?:\s*(?:года?|г|жыл\w*|ж)(?![^\W\d_]))?"
_MONTH = rf"(?:{MONTH_PATTERN})(?![^\W\d_])"
_CLOCK = r"\d{1,2}:\d{2}(?::\d{2})?"
#: A date in texts of its own, perhaps one for each of its parts. One in digits, which cards have, too, needs its
#: weekday, or the weather before or behind it.
_DATE = re.compile(
    rf"^(?P<weather>[^\n]*°[^\n]*\n(?:{_CLOCK}\n)?)?(?P<today>(?:(?:сегодня|бүгін|{_DAY_OF_WEEK})[\s,.:]*)*)"
    rf"(?:(?P<digits>\d{{1,2}}[./]\d{{2}}[./]\d{{4}})"
    rf"|(?:(?P<year>{_YEAR}){_FILL})?"
    rf"(?:(?P<day>\d{{1,2}})\s+(?P<month>{_MONTH})(?P<short>\.)?"
    rf"|(?P<month_first>{_MONTH})\s+(?P<day_behind>\d{{1,2}})(?:st|nd|rd|th)?(?!\w))"
    rf"(?:{_FILL}(?P<year_behind>{_YEAR}))?)"
    rf"(?P<rest>{_FILL})(?P<clock>,?[ ]{_CLOCK})?$(?P<weather_behind>(?:\n{_CLOCK})?\n[^\n]*°)?",
    re.IGNORECASE | re.MULTILINE,
)
_HAS_DAY_OF_WEEK = re.compile(_DAY_OF_WEEK, re.IGNORECASE).search
_HAS_YEAR = re.compile(r"(?:19|20)\d\d").search


def _read_date(text: str) -> str | None:
    """Return the date of the visit among the lines of ``text``, without its weekday and clock."""
    for match in _DATE.finditer(text) if _HAS_YEAR(text) else ():
        is_today = bool(match["today"]) or _HAS_DAY_OF_WEEK(match["rest"]) is not None
        if (match["clock"] or match["short"] or match["month_first"]) and not is_today:
            continue  # it may be an article's
        if match["digits"] and (is_today or match["weather"] or match["weather_behind"]):
            return match["digits"]
        if year := match["year"] or match["year_behind"]:
            day, month = match["day"] or match["day_behind"], match["month"] or match["month_first"]
            return f"{day} {month} {year[:4]}"
    return None
