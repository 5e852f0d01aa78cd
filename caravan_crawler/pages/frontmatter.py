"""The lines under a headline: date of publication, views, photo credit, author. Recognised by their form.

A form counts only in its place (see ``layout.py``): a price, a score or a year in the text is no view
count, and the header's date of the visit is no date of publication.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from caravan_crawler.normalise.months import MONTH_PATTERN, RELATIVE_DAYS
from caravan_crawler.pages.blocks import Block
from caravan_crawler.pages.furniture import is_label

Kind = Literal["date", "views", "credit", "author", "other"]

_TIME = r"(?:\s*[,|в]?\s*(?:в\s+)?\d{1,2}[:.]\d{2}(?::\d{2})?)?"
_YEAR_WORD = r"(?:\s*(?:года|год|г|жылғы|жыл|ж)\b\.?)?"
_DATE_LABEL = (
    r"(?:(?:опубликован[оа]?|дата(?:\s+публикации)?|размещено|жарияланды|жарияланған(?:\s+күні)?)\s*[:\-–—]?\s*)?"
)
_LABEL_OF_DATE = re.compile(_DATE_LABEL, re.IGNORECASE)
_WEEKDAY = r"(?:[а-яәіңғүұқөһ]{2,12},\s+)?"
_FULL_DATE = (
    rf"\d{{1,2}}\s*(?:{MONTH_PATTERN})(?:да|де|та|те)?\.?,?\s+\d{{4}}{_YEAR_WORD}"
    rf"|\d{{4}}{_YEAR_WORD},?\s*\d{{1,2}}\s+(?:{MONTH_PATTERN})\.?"
    rf"|\d{{1,2}}[./]\d{{1,2}}[./]\d{{4}}{_YEAR_WORD}"
    rf"|\d{{4}}-\d\d-\d\d(?:[t ]\d\d:\d\d(?::\d\d)?(?:z|[+-]\d\d:?\d\d)?)?"
)
_LOOSE_DATE = (
    rf"\d{{1,2}}\s+(?:{MONTH_PATTERN})\.?|(?:{'|'.join(RELATIVE_DAYS)})|\d{{1,2}}:\d{{2}}|\d+\s+[а-я]+\s+назад"
)
_DATE = re.compile(rf"{_DATE_LABEL}{_WEEKDAY}(?:{_FULL_DATE}|{_LOOSE_DATE}){_TIME}", re.IGNORECASE)
_DATE_WITH_YEAR = re.compile(rf"{_DATE_LABEL}{_WEEKDAY}(?:{_FULL_DATE}){_TIME}", re.IGNORECASE)
_DATE_FIRST = re.compile(
    rf"{_DATE_LABEL}{_WEEKDAY}(?:{_FULL_DATE})(?=\s)(?:,?\s+(?:в\s+)?\d{{1,2}}:\d{{2}}(?=\s))?", re.IGNORECASE
)
_VIEWS = re.compile(
    r"(?:просмотр\w*|прочитал\w*|қаралым\w*|көрілім\w*|views)?\s*[:\-–]?\s*"
    r"(?P<count>\d[\d\s.,]*(?:\s?(?:тыс|млн|мың|[kкmм])\b\.?)?)\s*(?:просмотр\w*|раз\w*|қаралым\w*|көрілім\w*|views)?",
    re.IGNORECASE,
)
_GENERATION_2_VIEWS = re.compile(r"(?:опубликовано|жарияланды)\s*:?\s*(?P<count>\d[\d\s]{0,11})", re.IGNORECASE)
_CREDIT = re.compile(r"(?:фото|сурет|photo|иллюстрация|скриншот)\s*[-–—:]\s*(?P<name>.*)", re.IGNORECASE)
_AUTHOR = re.compile(
    r"(?:авторы?|текст|автор\s+текста|мәтін|журналист)\s*[:\-–—]\s*(?P<name>\S.{0,120})", re.IGNORECASE
)
_SEPARATORS = re.compile(r"\s+/\s+|\s*[|•·⋅👁🕒🕑📅🗓📷⏱💬]\ufe0f?\s*|\s{2,}")
# What themes print beside a date and nobody asks for.
_OTHER = re.compile(
    r"нет\s+комментариев|комментари\w*\s*:?\s*\(?\d*\)?|\d+\s+комментари\w+|остав(?:ьте|ить)\s+комментарий"
    r"|(?:время\s+(?:на\s+)?чтени[ея]\s*:?\s*)?~?\d+\s*мин(?:ут\w*)?\.?(?:\s+(?:чтени\w|на\s+чтение))?"
    r"|обновлен[оа]?\s*:?\s.{4,40}|(?:коллаж|видео|инфографика)\s*[-–—:]\s*.{2,40}"
    r"|(?:от|by|автор|опубликовал)(?:\s+[^\s.]+){0,2}|admin|администратор|редактор|редакция"
    # A count that a script is to bring.
    r"|(?:просмотр\w*|прочитал\w*|қаралым\w*|көрілім\w*|views)\s*[:\-–]?",
    re.IGNORECASE,
)
_BY_SOMEBODY = re.compile(r"\s+(?:от|by)\s+\S+(?=\s|$)", re.IGNORECASE)
_ARCHIVE_CREDIT = re.compile(
    r"(?:фото|сурет)\s+(?P<name>(?:из|с\s+сайта|автора|пресс-службы|предоставлен\w*|читател\w*)(?:\s.{2,60})?)",
    re.IGNORECASE,
)
_ORNAMENT = " \t•·|,;—–👁🕒📅📷\ufe0f⏱"


@dataclass(frozen=True, slots=True)
class Line:
    """One recognised line: its ``kind`` and the ``value`` without label."""

    kind: Kind
    value: str


def is_dated(text: str) -> bool:
    """Whether all of ``text`` is one date with its year."""
    return len(text) < 60 and _DATE_WITH_YEAR.fullmatch(text.strip(_ORNAMENT)) is not None


def is_date(text: str) -> bool:
    """Whether all of ``text`` is a date in any of the printed forms, with a year or without."""
    return len(text) < 60 and _DATE.fullmatch(text.strip(_ORNAMENT)) is not None


def views_before_headline(text: str) -> str | None:
    """Return the count of ``Опубликовано: 2600``, the second generation's line above the headline."""
    match = _GENERATION_2_VIEWS.fullmatch(text)
    return match["count"].strip() if match else None


def credit_name(text: str) -> str | None:
    """Return whom a photo's line credits, maybe nobody (``Фото -``).

    None where the text is no such line (``Фото – это искусство.``).
    """
    match = _CREDIT.fullmatch(text.strip()) if len(text) <= 100 else None
    if match is None:
        return None
    name = match["name"].strip()
    is_sentence = len(name.split()) > 6 or (name[:1].islower() and name.endswith((".", "!", "?")))
    return None if is_sentence else name


def _line(text: str) -> Line | None:
    text = text.strip(_ORNAMENT)
    if not text or len(text) > 140:
        return None
    if text[0].isdigit() or text[0].isalpha():
        if (count := views_before_headline(text)) is not None:
            return Line("views", count)
        if _DATE.fullmatch(text):
            return Line("date", _LABEL_OF_DATE.sub("", text))
        if match := _VIEWS.fullmatch(text):
            return Line("views", match["count"].strip())
        if (name := credit_name(text)) is not None:
            return Line("credit", name)
        if match := _ARCHIVE_CREDIT.fullmatch(text.rstrip(".")):
            return Line("credit", match["name"])
        if match := _AUTHOR.fullmatch(text):
            return Line("author", match["name"].strip())
        if _OTHER.fullmatch(text):
            return Line("other", text)
    return None


def lines(block: Block) -> list[Line] | None:
    """Return the front-matter lines a block consists of, or None where any of its text is something else.

    A block may hold several: ``26 Апреля 2023 | 60``, or two spans side by side.
    """
    if len(block.text) > 200:
        return None
    if block.front is None:
        block.front = _front_lines(block) or ()
    return list(block.front) or None


def _front_lines(block: Block) -> list[Line] | None:
    whole = [block.text]
    # An author's or a credit's line would take in whatever stands beside it, so pieces go first.
    for parts in [*_splits(block), whole] if len(block.pieces) > 1 else [whole, *_splits(block)]:
        found = [_line(part) for part in parts]
        known = [line for line in found if line is not None]
        if found and len(known) == len(found):
            return known
        # Beside a whole date a theme may print the section or who posted it.
        has_date = any(line.kind == "date" and is_dated(line.value) for line in known)
        if has_date and all(_is_a_name(part) for part, line in zip(parts, found, strict=True) if line is None):
            return known
    return None


def _is_a_name(text: str) -> bool:
    return len(text) <= 30 and len(text.split()) <= 3 and text[:1].isupper() and text[-1] not in ".!?:;,"


def _splits(block: Block) -> Iterator[list[str]]:
    pieces = [" ".join(text.split()).strip(_ORNAMENT) for text, _ in block.pieces]
    pieces = [piece for piece in pieces if piece]
    if len(pieces) > 1:
        yield pieces
        # A label and its value may be two elements: "Просмотров:" and "60".
        if len(pieces) % 2 == 0:
            yield [f"{label} {value}" for label, value in zip(pieces[::2], pieces[1::2], strict=True)]
    by_mark = [part for part in _SEPARATORS.split(block.text) if part.strip(_ORNAMENT)]
    if len(by_mark) > 1:
        yield by_mark
    by_line = block.text.split("\n")
    if len(by_line) > 1:
        yield by_line
    if match := _DATE_FIRST.match(_BY_SOMEBODY.sub("", block.text)):
        yield [match[0], _BY_SOMEBODY.sub("", block.text)[match.end() :]]


def is_passed_over(block: Block) -> bool:
    """Whether a block between headline and text is neither a line nor text: a caption, a button, breadcrumbs."""
    return (
        not any(character.isalnum() for character in block.text)
        or block.zone in ("nav", "form", "figcaption")
        or is_label(block.text)
        or (block.is_all_links and len(block.text) < 60)
    )
