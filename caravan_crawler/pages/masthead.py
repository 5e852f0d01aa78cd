"""The header of a page: currency ticker, weather and the date of the visit.

Known order: ``$ 495.1``, ``583.72`` (without a sign; by the ratio to the dollar it is the euro),
``+3 °C``, ``Алматы``, ``2026 Год``, ``6 Февраля``. They are recognised by form, before the headline only.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from caravan_crawler.normalise.dates import MONTH_PATTERN, WEEKDAY_PATTERN
from caravan_crawler.pages.blocks import Block
from caravan_crawler.pages.ticker import names_currency, place_of, read_rates

_TEMPERATURE = re.compile(
    r"(?:(?P<before>[^\W\d_][^\d$€]{1,40})\s)?(?P<degrees>[+\-−–]?\s?\d{1,2}\s*°\s*[CСcс]?)(?:[\s,]+(?P<city>[^\W\d].{1,40}))?"
)
_CITY = re.compile(r"[^\W\d_][^\d$€]{1,40}")
_YEAR = re.compile(r"(\d{4})\s*(?:год|г\.?|жыл)", re.IGNORECASE)
_WEEKDAY = re.compile(rf"^(?:{WEEKDAY_PATTERN})\.?,?\s+(?=\d)", re.IGNORECASE)
_DAY = re.compile(rf"\d{{1,2}}\s+(?:{MONTH_PATTERN})", re.IGNORECASE)
_DAY_AND_YEAR = re.compile(
    rf"(?P<day>\d{{1,2}}\s+(?:{MONTH_PATTERN}))\s*,?\s+(?P<year>\d{{4}})(?:\s*(?:год|года|г\.?))?", re.IGNORECASE
)
_YEAR_AND_DAY = re.compile(
    rf"(?P<year>\d{{4}})\s*(?:год|г\.?)?\s*,?\s+(?P<day>\d{{1,2}}\s+(?:{MONTH_PATTERN}))", re.IGNORECASE
)
# One text may hold several: "$495.1 €583.72", "+3 °C | Алматы".
_SIDE_BY_SIDE = re.compile(r"\s*[|•·]\s*|\s+(?=(?:[€$]|EUR|USD)\s?:?\s?\d)")
_BETWEEN = ("|", "•", "·", "€", "EUR")
_PART_MARKS = " \t•·|,▲▼△▽↑↓"
#: The header is over after so many blocks; menus count too.
_DEEPEST = 400


@dataclass
class Masthead:
    """What the header prints, for many pages at once. ``rates`` maps an ISO 4217 code to the rate as printed."""

    rates: dict[str, str] = field(default_factory=dict)
    temperature: str | None = None
    city: str | None = None
    date: str | None = None
    """The date of the visit as one text, ``6 Февраля 2026``."""


def read_masthead(blocks: list[Block], end: int | None = None) -> Masthead:
    """Read the header among ``blocks[:end]``; what is not printed stays empty."""
    return _read(tuple(_short_parts(blocks[: _DEEPEST if end is None else end])))


@lru_cache(maxsize=16)  # the pages of a visit show the same
def _read(parts: tuple[str, ...]) -> Masthead:
    masthead = Masthead()
    masthead.rates = read_rates(parts)
    _read_weather(parts, masthead)
    masthead.date = _read_date(parts)
    return masthead


def _short_parts(blocks: list[Block]) -> list[str]:
    texts: list[str] = []
    for block in blocks:
        if len(block.text) <= 80:
            # One block may hold the whole ticker, in spans side by side.
            pieces = block.pieces
            if names_currency(block.text):
                texts.append(place_of(block))
            texts += [block.text] if len(pieces) == 1 else [" ".join(text.split()) for text, _ in pieces]
    if _holds_several("".join(texts)):  # few headers have one, and all texts are asked at once
        texts = [part for text in texts for part in (_SIDE_BY_SIDE.split(text) if _holds_several(text) else [text])]
    return [part for text in texts if (part := text.strip(_PART_MARKS))]


def _holds_several(text: str) -> bool:
    return any(mark in text for mark in _BETWEEN)


def _read_weather(parts: Sequence[str], masthead: Masthead) -> None:
    for index, part in enumerate(parts):
        match = _TEMPERATURE.fullmatch(part) if "°" in part else None
        if match is None:
            continue
        masthead.temperature = match["degrees"]
        following = parts[index + 1] if index + 1 < len(parts) else ""
        before = parts[index - 1] if index else ""
        beside = next((part for part in (following, before) if _CITY.fullmatch(part)), None)
        masthead.city = match["city"] or match["before"] or beside
        return


def _read_date(parts: Sequence[str]) -> str | None:
    year = day = None
    for part in parts:
        part = _WEEKDAY.sub("", part)
        if not part[:1].isdigit():
            continue
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
