"""The lines under a headline: date of publication, views, photo credit, author. Recognised by their form.

A form counts only in its place (see ``layout.py``): a price, a score or a year in the text is no view
count, and the header's date of the visit is no date of publication.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import Literal

from caravan_crawler.normalise.dates import Form, date_form, day_named, is_suffix
from caravan_crawler.normalise.numbers import VIEWS_BEFORE, VIEWS_BEHIND
from caravan_crawler.pages.blocks import Block
from caravan_crawler.pages.boilerplate import is_label

Kind = Literal["date", "zone", "updated", "views", "credit", "author", "other"]

_LABEL_OF_DATE = re.compile(
    r"(?:опубликован[оа]?|дата(?:\s+публикации)?|размещено|жарияланды|жарияланған(?:\s+күні)?)\s*[:\-–—]?\s*",
    re.IGNORECASE,
)
_VIEWS = re.compile(
    rf"(?:{VIEWS_BEFORE})?\s*[:\-–]?\s*(?P<count>\d[\d\s.,]*(?:\s?(?:тыс|млн|мың|[kкmм])\b\.?)?)\s*(?:{VIEWS_BEHIND})?",
    re.IGNORECASE,
)
_GENERATION_2_VIEWS = re.compile(r"(?:опубликовано|жарияланды)\s*:?\s*(?P<count>\d[\d\s]{0,11})", re.IGNORECASE)
_CREDIT = re.compile(r"(?:фото|сурет|photo|иллюстрация|скриншот)\s*[-–—:]\s*(?P<name>.*)", re.IGNORECASE)
_AUTHOR = re.compile(
    r"(?:авторы?|текст|автор\s+текста|мәтін|журналист)\s*[:\-–—]\s*(?P<name>\S.{0,120})", re.IGNORECASE
)
_SEPARATORS = re.compile(r"[/|•·⋅👁🕒🕑📅🗓📷⏱💬](?:(?<!/)\ufe0f?|(?<=\s/)(?=\s))")
# Additions to a date that themes print; they are ignored.
_OTHER = re.compile(
    r"нет\s+комментариев|комментари\w*\s*:?\s*\(?\d*\)?|\d+\s+комментари\w+|остав(?:ьте|ить)\s+комментарий"
    r"|(?:время\s+(?:на\s+)?чтени[ея]\s*:?\s*)?~?\d+\s*мин(?:ут\w*)?\.?(?:\s+(?:чтени\w|на\s+чтение))?"
    r"|обновлен[оа]?\s*:?\s.{4,40}|(?:коллаж|видео|инфографика)\s*[-–—:]\s*.{2,40}"
    r"|(?:от|by|автор|опубликовал)(?:\s+[^\s.]+){0,2}|admin|администратор|редактор|редакция"
    r"|опубликован[оа]?\s*:?|дата\s+публикации\s*:?|жарияланды\s*:?"
    # A count that a script is to bring.
    rf"|(?:{VIEWS_BEFORE})\s*[:\-–]?"
    # A date that a script or a template was to fill in, and a database's zero as PHP prints it.
    r"|undefined|null|nan|none|invalid\s+date|%[\w:]+%|\{\{?[^{}]{0,40}\}\}?|\[\w{2,12}\]|-000\d-\d\d-\d\d.{0,15}"
    r"|\d{1,2}(?:\.|\s)[^\s.]{2,9}(?:\.|\s)-000\d.{0,15}",
    re.IGNORECASE,
)
_BY_SOMEBODY = re.compile(r"\s+(?:от|by)\s+\S+(?=\s|$)", re.IGNORECASE)
_ARCHIVE_CREDIT = re.compile(
    r"(?:фото|сурет)\s+(?P<name>(?:из|с\s+сайта|автора|пресс-службы|предоставлен\w*|читател\w*)(?:\s.{2,60})?)",
    re.IGNORECASE,
)
_UPDATED = re.compile(r"(?:обновлен[оа]?|изменен[оа]?|жаңартылды|жаңартылған)\s*:?", re.IGNORECASE)
_CREDITS_BEGIN = ("фото", "сурет", "photo", "иллюстрация", "скриншот")
#: Words of the longest date: ``Опубликовано: понедельник, 12 мая 2025 года в 14:05``.
_LONGEST_DATE = 12
#: Letters of one.
_LONGEST_DATE_TEXT = 80
_LONGEST_ZONE = 40
#: Letters of a line that credits a photo, and words of one without a dash.
_LONGEST_CREDIT, _LONGEST_ARCHIVE_CREDIT = 100, 5
_YEAR = re.compile(r"\d{4}|\d\.\d\d\.\d\d")
_ORNAMENT = " \t•·|,;—–👁🕒📅📷\ufe0f⏱"


@dataclass(frozen=True, slots=True)
class Line:
    """One recognised line: its ``kind`` and the ``value`` without label; a number ``is_bare`` that had none."""

    kind: Kind
    value: str
    is_bare: bool = False


def is_dated(text: str) -> bool:
    """Whether all of ``text`` is one date with its year."""
    form = _date_form(text)
    return form is not None and form.has_year


def is_date(text: str) -> bool:
    """Whether all of ``text`` is a date in any of the printed forms, with a year or without."""
    return _date_form(text) is not None


def _date_form(text: str) -> Form | None:
    return date_form(text.strip(_ORNAMENT)) if len(text) <= _LONGEST_DATE_TEXT else None


def _is_clock(text: str) -> bool:
    """Whether all of ``text`` is a time of day."""
    parts = form.parts if (form := _date_form(text)) else None
    return parts is not None and parts.get("day") is None and parts.get("relative") is None


def printed_date(front: list[Line]) -> str | None:
    """Return the date of publication among the lines, as printed: one with its year before others, a real one first.

    The time of day and the zone after it are included. A date after ``Обновлено`` does not count.
    """
    dates = [
        index
        for index, line in enumerate(front)
        if line.kind == "date" and line.value and not (index and front[index - 1].kind == "updated")
    ]
    if not dates:
        return None
    if len(dates) > 1:
        dates = [index for index in dates if day_named(front[index].value)] or dates
    best = next((index for index in dates if is_dated(front[index].value)), dates[0])
    date = front[best].value
    if not is_dated(date) or ":" in date:
        return _with_zone(date, front, best)
    if best + 1 in dates and _is_clock(front[best + 1].value):
        return _with_zone(f"{date} {front[best + 1].value}", front, best + 1)
    if best - 1 in dates and _is_clock(front[best - 1].value):
        return f"{front[best - 1].value} {date}"
    return date


def _with_zone(date: str, front: list[Line], index: int) -> str:
    """Return ``date`` with the zone printed behind the line at ``index``."""
    following = front[index + 1] if index + 1 < len(front) else None
    return f"{date} {following.value}" if following and following.kind == "zone" and ":" in date else date


def views_before_headline(text: str) -> str | None:
    """Return the count of ``Опубликовано: 2600``, the second generation's line above the headline."""
    match = _GENERATION_2_VIEWS.fullmatch(text)
    return match["count"].strip() if match else None


def credit_name(text: str) -> str | None:
    """Return whom a photo's line credits, maybe nobody (``Фото -``).

    None where the text is no such line (``Фото – это искусство.``).
    """
    if not _may_be_credit(text):
        return None
    match = _CREDIT.fullmatch(text.strip())
    if match is None:
        return None
    name = match["name"].strip()
    is_sentence = len(name.split()) > 6 or (name[:1].islower() and name.endswith((".", "!", "?")))
    return None if is_sentence else name


def _may_be_credit(text: str) -> bool:
    return len(text) <= _LONGEST_CREDIT and text[:12].lower().startswith(_CREDITS_BEGIN)


def credit_in_text(text: str) -> str | None:
    """Return whom a line in the text credits; ``Фото из архива автора`` only where it is no sentence."""
    if not _may_be_credit(text):
        return None
    match = _ARCHIVE_CREDIT.fullmatch(text) if len(text.split()) <= _LONGEST_ARCHIVE_CREDIT else None
    return match["name"] if match and text[-1] not in ".!?:" else credit_name(text)


@lru_cache(maxsize=1024)  # labels, buttons and days stand on many pages
def _line(text: str) -> Line | None:
    text = text.strip(_ORNAMENT)
    if not text or len(text) > 140:
        return None
    if text[0].isdigit() or text[0].isalpha():
        if (count := views_before_headline(text)) is not None:
            return Line("views", count)
        if not text.isdecimal() and is_date(text):
            return Line("date", _LABEL_OF_DATE.sub("", text, count=1))
        if _UPDATED.fullmatch(text):
            return Line("updated", text)
        if match := _VIEWS.fullmatch(text):
            count = match["count"].strip()
            return Line("views", count, is_bare=count == text)
        if (name := credit_name(text)) is not None:
            return Line("credit", name)
        if match := _ARCHIVE_CREDIT.fullmatch(text.rstrip(".")):
            return Line("credit", match["name"])
        if match := _AUTHOR.fullmatch(text):
            return Line("author", match["name"].strip())
    if len(text) <= _LONGEST_ZONE and is_suffix(text):
        return Line("zone", text)
    return Line("other", text) if _OTHER.fullmatch(text) else None


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
    whole = [[block.text]]
    # Pieces first: the line of an author or a credit would include its neighbours.
    for parts in chain(_splits(block), whole) if len(block.pieces) > 1 else chain(whole, _splits(block)):
        found = [_line(part) for part in parts]
        known = [line for line in found if line is not None]
        if found and len(known) == len(found):
            return known
        # After a whole date a theme may print the section or the author.
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
    by_mark = [part.strip() for part in _SEPARATORS.split(block.text) if part.strip(_ORNAMENT)]
    if len(by_mark) > 1:
        yield by_mark
    by_line = block.text.split("\n")
    if len(by_line) > 1:
        yield by_line
    if not _YEAR.search(block.text):
        return
    words = _BY_SOMEBODY.sub("", block.text).split()
    for end in range(min(len(words) - 1, _LONGEST_DATE), 0, -1):
        if is_dated(" ".join(words[:end])):
            yield [" ".join(words[:end]), " ".join(words[end:])]
            return


def is_passed_over(block: Block) -> bool:
    """Whether a block between headline and text is neither a line nor text: a caption, a button, breadcrumbs."""
    return (
        not any(character.isalnum() for character in block.text)
        or block.zone in ("nav", "form", "figcaption")
        or is_label(block.text)
        or (block.is_all_links and len(block.text) < 60)
    )
