"""Forms of the facts around a text: dates, view counts, photo credits, authors, by what they look like.

A form counts only in its place (see ``layout.py``): a price, a score or a year in the text is no view count, and the
header's date of the visit is no date of publication.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import zip_longest
from typing import Literal

from caravan_crawler.normalise.dates import (
    CHANGED_BEHIND,
    DATE_LABEL,
    MONTH_PATTERN,
    WEEKDAY_PATTERN,
    Form,
    date_form,
    is_suffix,
)
from caravan_crawler.normalise.numbers import VIEWS_BEFORE, VIEWS_BEHIND
from caravan_crawler.pages.blocks import Block
from caravan_crawler.pages.bylines import AUTHOR, FULL_NAME, PHOTO_LABEL, ROLE, Byline, is_person
from caravan_crawler.pages.selectors import is_credit, is_photographer

Kind = Literal["date", "zone", "updated", "views", "credit", "author", "other"]
_LABEL_OF_DATE = re.compile(f"^{DATE_LABEL}", re.IGNORECASE)
_DAY_INSIDE = re.compile(
    r"\d{4}(?:\D|\s(?:ж\.|жылғы|жылдың)\s)\d\d?(?:\D\d\d?(?!\d)|\s[^\W\d_]{3})|[^\W\d_]{3,12}\.?\s\d\d?,?\s\d{4}(?!\d)|(?<!\d)\d\d?\W[^\W_]{2,12}\W{1,2}\d{4}(?!\d)"
)
LABEL_OF_PUBLICATION = re.compile(r"опубликован|дата\s+публикации|размещено|published|posted|жариялан", re.IGNORECASE)
#: A label whose count stands in the next cell, or is brought by a script.
_VIEWS = rf"(?:{VIEWS_BEFORE})\s*[:\-–]?"
_COUNTED_BEHIND = re.compile(rf"(?:{VIEWS_BEHIND})\.?", re.IGNORECASE)
_LABEL_OF_VIEWS = re.compile(_VIEWS, re.IGNORECASE)
_NUMBER = r"(?:\d{1,3}(?:[\s.,'’]\d{3})+(?!\d)|\d+)"
_COUNT = rf"({_NUMBER}(?:(?:[.,]\d+)?\s?(?:тыс|млн|мың|[kкmм])\b\.?)?)"
_A_COUNT = re.compile(_COUNT, re.IGNORECASE)
_LABELLED = rf"(?:{VIEWS_BEFORE})(?:\s+(?:за\s+вс[её]\s+время|всего))?\s*[:\-–]?\s*{_COUNT}"
#: A label that begins another fact of the same line.
_LABEL_INSIDE = (
    r"(?:автор|просмотр|прочтени|комментари|опубликован|дата|рубрик|раздел|категори|источник|фото|тег)\w*\s*:"
)
_TODAY = (
    rf"(?:(?:(?:{VIEWS_BEFORE})\s)?(?:из\sних\s|за\s)?(?:сегодня|бүгін|сутки|день|неделю|месяц)\W*\d+"
    rf"|\+?[\d\s]+(?:{VIEWS_BEHIND}\s)?(?:за\s)?(?:сегодня|today))"
)
#: Forms of a line, in the order in which they are tried.
_FORMS: tuple[tuple[Kind, str], ...] = (
    # A database's zero as PHP prints it.
    (
        "date",
        rf"(?:{DATE_LABEL})?(?P<zero>-000\d-\d\d-\d\d.{{0,15}}|\d{{1,2}}(?:\.|\s)[^\s.,]{{2,9}}(?:\.|,?\s)-000\d.{{0,15}})",
    ),
    (
        "updated",
        r"(?:обновлен[оа]?|изменен[оа]?|исправлен[оа]?|жаңартылды|жаңартылған|түзетілді|(?:last\s+)?(?:updated|modified)(?:\s+on)?)\s*:?",
    ),
    ("updated", r"(?:новость|статью|материал|запись)?\s*отредактировал[аи]?\s*:?(?:\s+\S{1,30}){0,2}"),
    # The second generation prints it above the headline.
    ("views", r"(?:опубликовано|жарияланды)\s*:?\s*(?P<count>\d[\d\s]{0,11})"),
    ("views", rf"(?:[^\W\d]+\s+){{0,2}}прочита\w+\s*:?\s*{_COUNT}\s*(?:чел(?:овек\w*)?|раза?)\.?"),
    ("views", rf"(?:бұл\s+)?(?:жазба|мақала|материал|жаңалық)\w*\s+{_COUNT}\s*(?:рет|адам)\s+(?:қара|көр|оқы)\w+\.?"),
    ("views", rf"\(?(?:{_LABELLED}(?:\s*{VIEWS_BEHIND})?|{_COUNT}\s*{VIEWS_BEHIND})\s*[,/(]?\s*{_TODAY}\)?"),
    ("views", rf"(?:{VIEWS_BEFORE})\s*[:\-–—]?\s*сегодня\s*:?\s*\d+,?\s+(?:всего|за\s+вс[её]\s+время)\s*:?\s*{_COUNT}"),
    ("views", r"(?:visited|read)\s+(?P<count>\d[\d\s.,]*)\s+times?(?:,\s+[\d\s.,]+visits?\s+today)?"),
    ("views", rf"(?:(?:{VIEWS_BEFORE})(?:\s+всего)?)?\s*[:\-–—(\[]?\s*{_COUNT}[)\]]?\s*(?:{VIEWS_BEHIND})?"),
    (
        "author",
        rf"(?:{AUTHOR}|текст|мәтін|журналист|дайындаған|жазған|(?:добавил|разместил|опубликовал)[аи]?)\s*[:\-–—](?!.*\s{_LABEL_INSIDE})\s*(?P<value>\S[^/|]{{0,120}})",
    ),
    (
        "author",
        rf"(?:(?-i:от)|авторы?(?:\s+(?:текста|статьи|материала))?|корреспондент|журналист|обозреватель)\s+(?P<value>{FULL_NAME})",
    ),
    ("author", r"(?:автором|опубликовал[аи]?|(?:written\s+|posted\s+)?by)\s*(?::\s*|\s)(?P<value>[^\W\d].{2,60})"),
)
_VIEWS_INSIDE = re.compile(
    rf"(?:{VIEWS_BEFORE}|просмотрел\w*|прочли|прочл\w+)\W{{0,3}}({_NUMBER})|({_NUMBER})\s*{VIEWS_BEHIND}(?!\s*:)",
    re.IGNORECASE,
)
#: A date with its year anywhere in a line, digits first.
DATE_INSIDE = re.compile(
    rf"(?<![\w.])(?:\d{{1,2}}\s+(?:{MONTH_PATTERN})\.?,?\s+\d{{4}}|(?:{MONTH_PATTERN})\.?\s+\d{{1,2}}(?:st|nd|rd|th)?,?\s+\d{{4}}|\d{{1,2}}[./-]\d{{2}}[./-]\d{{4}}|\d{{4}}-\d{{2}}-\d{{2}})"
    r"(?:\s*(?:года|год|г)\b\.?)?(?:,?\s*(?:(?:в|at)\s+|@\s*|[-–—]\s+)?\d{1,2}:\d{2}(?::\d{2})?(?:\s*[ap]m\b)?)?(?!\d)",
    re.IGNORECASE,
)
#: A date with its year or a count with its words: what stands in it parts nothing.
_WHOLE = re.compile(
    rf"((?:(?=[^\W\d_]{{5}})(?:{WEEKDAY_PATTERN}),?\s+)?{DATE_INSIDE.pattern}|(?<!\d){_NUMBER}\s+(?:просмотр|прочтени|комментари|views?|comments?)\w*(?!\w|\s*:))",
    re.IGNORECASE,
)
#: Between facts in a line without marks, and around one.
_GAP = re.compile(rf"\xa0|(?<!автор)(?<!фото)(?<!текст)\s[—–-]\s|,\s+|\s+(?={_LABEL_INSIDE})", re.IGNORECASE)
_MARKS = " ·•|,;/—–"
FORMS = tuple((kind, re.compile(form, re.IGNORECASE)) for kind, form in _FORMS)
# Additions that themes print; they are ignored.
_OTHER = re.compile(
    r"(?:нет|без)\s+комментари\w+|комментари\w+\s+нет|комментари\w*\s*:?\s*\(?\d*\)?|\d+\s+коммент\w*(?:\s+к\s.{0,160}|\s*:)?"
    r"|остав(?:ьте|ить)\s+комментарий|добавить\s+комментарий|\d+\s+пікір\w*|пікір\w*\s+жоқ|пікір\w*\s*:?\s*\d*"
    r"|(?:(?:время\s+(?:на\s+)?чтени[ея]|чтение|читать|оқу\s+уақыты)\s*:?\s*)?[~≈]?\s*\d+\s*(?:мин(?:ут(?:\w*|\(ы\)))?\.?|min)(?:\s+(?:чтени\w|на\s+чтение|оқу))?"
    r"|(?:аудиоверсия|(?:про)?слушать(?:\s+\w+)?|тыңдау|длительность|хронометраж|listen)\s*[:·–—-]?\s*\d{1,2}:\d{2}(?::\d{2})?"
    r"|\d+\s+(?:слов[ао]?|words?|фото\w*)|на\s+чтение\s*:?\s+\d+\s+мин\w*\.?|(?:reading\s+time\s*:?\s*~?\s*)?\d+\s*min(?:ute)?s?\.?(?:\s+read)?(?:\s+\(\d+\s+words?\))?|\d+\s+(?:лет|год|года|месяц\w*|недел\w+|дн\w+)"
    r"|(?:no|one|add|\d+)\s+comments?\.?|comments?\s+(?:off|closed)|leave\s+a\s+(?:comment|reply)|\d{1,4}\s+(?:years?|months?|days?)(?:\s+ago)?"
    r"|(?:менее|меньше)\s+(?:одной\s+)?минуты|(?:одна\s+)?минут[ау]\s+(?:на\s+)?(?:читать|чтени[ея])(?:\s+\(около\s+\d+\s+слов\w*\))?|(?:рейтинг|оценка|голосов)\s*:?\s*[\d.,/\s]*(?:\(\d+\s\w+\))?|\d+\s+голос\w*"
    rf"|\(?{ROLE}\)?|\(?соб\.?\s*(?:инф|корр)\.?\)?|наш\s+корр\.?"
    r"|опубликовано\s+в\b(?!.*\d{4})\s*:?(?:\s+[^\s.]+){0,3}|постоянная\s+ссылка|подробности|толығырақ|details"
    r"|(?:обновл|измен)ен[оа]?\s*:?\s(?!.*опубликован).{4,40}|(?:коллаж|рисунок|рисунки|видео|инфографика|карикатура|перевод)(?:\s*[-–—:]\s*.{2,40}|\s+(?-i:[А-ЯЁӘІҢҒҮҰҚӨҺ]\S*)\s+(?-i:[А-ЯЁӘІҢҒҮҰҚӨҺ]\S*))"
    r"|(?:от|by|автор|автором|опубликовал[аи]?)(?:\s+[^\s.]+){0,2}|написал[аи]?|admin|администратор|редактор|редакция"
    r"|(?:опубликован|создан|добавлен)[оа]?\s*:?|дата(?:\s+публикации)?\s*:?|жарияланды\s*:?|размещено\s*:?|posted\s+(?:on|by|in)"
    r"|(?:в\s+рубрик[еа]х?|рубрик[аи]|раздел|категори[яи]|опубликовано\s+в\b|categor(?:y|ies|i[sz]ed\s+in)|(?:posted|filed)\s+(?:in|under)|(?:айдар|санат)\w*(?=\s*:|$))(?!.*\d{4})"
    r"\s*:?(?:\s*[^\s.,]+(?:\s+[^\s.,]+){0,3},?){0,5}"
    r"|(?-i:in\s+[A-Z][\w ]{1,30}(?:,\s+[A-Z][\w ]{1,30}){0,4})"
    r"|(?-i:в|in|In)(?:\s+(?-i:[А-ЯЁӘІҢҒҮҰҚӨҺ])[\w ]{2,30}(?:,\s+(?-i:[А-ЯЁӘІҢҒҮҰҚӨҺ])[\w ]{2,30}){0,4})?"
    r"|(?:сюжет|спецпроект|рубрик[аи]|метки|теги|тэги|тегтер)\s*:(?!.*\d{4}).{2,100}|(?:фото|видео)\s*:\s*\d+(?:\s+из\s+\d+)?|источник\s*:?|поделиться\s*:?|(?:\d+\s+)?(?:лайк\w*|репост\w*|shares?|likes?)|\d+\s+(?:нравится|поделил\w*)|\+\d+"
    r"|(?:[\U0001f300-\U0001faff\u2600-\u27bf♥↗⭐]\ufe0f?\s*\d+\s*)+|(?:репост\w*|лайк\w*|поделились|нравится)\s*:?\s*\d+|\d+\s+рет\s+бөлісілді"
    # A label whose value stands in the next cell.
    r"|(?:күні|уақыты|дата|время|автор(?:ы|лары)?|дереккөз|көзі|хит(?:ы|ов))\s*:?|\d{1,3}\s*/\s*\d{1,3}"
    rf"|{_VIEWS}"
    r"|(?:просмотров|прочтений)\s+за\s+(?:сутки|день|неделю)\s*:?\s*\d[\d\s]*|(?:в\s+)?избранн\w+\s*:?\s*\d+|отзыв(?:ов|ы)\s*:?\s*\d*|\d+\s+отзыв\w*|[★☆\s]+"
    r"|#\w[\w-]*(?:,?\s*#\w[\w-]*)*|\[\w{2,12}\]|(?:[^\W\d]+\s*:\s*)?с\s+\d\d?[\s.]\S{2,9}(?:\s\S{1,5}){0,2}\s+(?:по|до)\s+\d\d?[\s.]\S{2,9}(?:\s\S{1,5}){0,2}"
    r"|дата\s+(?:окончания|(?:посл\S+\s+)?(?:изменения|обновления))\s*:?\s.{4,40}|написать\s+(?:автору|письмо)|[\w.+-]+@[\w-]+\.[\w.]+|(?:последнее\s+(?:изменение|обновление)|(?:last\s+)?(?:modified|updated)(?:\s+on)?)\s*:?\s.{4,60}|код\s*:\s*[\w-]{3,100}",
    re.IGNORECASE,
)
#: A date that a script or a template was to fill in.
_UNFILLED = re.compile(
    r"undefined|null|nan(?:\W+nan)*|none|invalid\s+date|%[\w:]+%|\[object\s\w+\]|\{\{?[^{}]{0,40}\}\}?", re.IGNORECASE
)
#: Letters of the longest date, ``Опубликовано: понедельник, 12 мая 2025 года в 14:05``.
LONGEST_DATE = 80
_LONGEST_LINE = 140
#: The dash between a date and the author before it.
_DASH = re.compile(r"^- (?=\d)")
#: Marks and signs around a fact.
ORNAMENT = " \t•·|,;—–👁🕒📅📷\ufe0f⏱"
#: Marks between the facts of one line.
SEPARATORS = re.compile(r"(?=[💬👍❤♥👁])|[/|•·⋅🕒🕑📅🗓📷⏱](?:(?<!/)\ufe0f?|(?<=\s/)(?=\s))")


_CREDIT = re.compile(
    r"(?:(?:автор\s+)?(?:иллюстративное\s+)?фото(?:граф(?:и[яи])?)?(?:\s*(?:,|/|и)\s*видео)?|(?:сурет|фото)(?:(?:ті|терді|ны)\s+түсірген)?|снимк[иа]|photo|иллюстрация|скриншот|правообладатель\s+\w+|источник\s+(?:изображени[яй]|фото|иллюстрации))"
    rf"\s*(?:[-–—:]\s*©?|©)\s*(?P<name>.*?)(?:\.\s+(?:перейти|смотреть|купить)\s.{{3,40}})?|сурет(?:ті|терді)\s+түсірген\s+(?P<taken_by>{FULL_NAME}|(?-i:[А-ЯӘІҢҒҮҰҚӨҺ][а-яәіңғүұқөһ]+\s+[А-ЯӘІҢҒҮҰҚӨҺ]+))",
    re.IGNORECASE,
)
_COUNT_OF_PHOTOS = re.compile(r"\d+(?:\s+из\s+\d+)?")
_ARCHIVE_CREDIT = re.compile(
    r"(?:фото|сурет|снимк[иа])\s+(?P<name>(?:из|ашық\s+дереккөз\w*|с\s+сайта|автора|пресс-службы|предоставлен\w*|читател\w*)(?:\s.{2,60})?|[\w-]+\.(?:kz|ru|com|org|net))",
    re.IGNORECASE,
)
#: A credit behind the caption's own words; in brackets it may be a name and an agency.
_CREDIT_BEHIND = re.compile(
    r"(?:[.!?…»)|/]\s+|\s[–—-]\s+)(?:©\s*)?(?:(?:иллюстративн|архивн)\w+\s+)?((?:фото|сурет)\s*[:–—-]?(?:(?!\b(?:фото|сурет)\b)[^()])+)$|\s[(\[](?P<bracketed>[^()\[\]]{3,60})[)\]]$",
    re.IGNORECASE,
)
_LABEL_IN_BRACKETS = re.compile(r"(?:фото|сурет|photo)\s*[:–—-]?\s*(?=[^\W\d])", re.IGNORECASE)
_WITH_AGENCY = re.compile(r"[A-ZА-ЯЁ][^/]{1,40}/\s?[A-ZА-ЯЁ][^/]{1,40}")
#: Letters of a line that credits a photo, of a name in an element of its own, and words of a credit without a dash.
_LONGEST_CREDIT, _LONGEST_NAME, _LONGEST_ARCHIVE_CREDIT = 100, 60, 7


@dataclass(frozen=True, slots=True)
class Fact:
    """One recognised line: its kind, and its value without the label.

    ``is_bare``: a number printed without a label; ``is_published``: a date whose label says that it is of publication,
    or that label.
    """

    kind: Kind
    value: str
    is_bare: bool = False
    is_published: bool = False


def facts_in(byline: Byline) -> list[Fact]:
    """Return the people of a line as facts: the authors, then whose photo it is."""
    return [Fact("author", name) for name in byline.authors] + [Fact("credit", name) for name in byline.photographers]


def is_dated(text: str) -> bool:
    """Whether all of ``text`` is one date with its year."""
    form = _date_form(text)
    return form is not None and form.has_year


def has_dated(facts: Iterable[Fact]) -> bool:
    """Whether one of the facts is a date with its year."""
    return any(fact.kind == "date" and is_dated(fact.value) for fact in facts)


def is_date(text: str) -> bool:
    """Whether all of ``text`` is a date in any of the printed forms, with a year or without."""
    return _date_form(text) is not None


def _date_form(text: str) -> Form | None:
    return date_form(text.strip(ORNAMENT)) if len(text) <= LONGEST_DATE else None


def is_clock(text: str) -> bool:
    """Whether all of ``text`` is a time of day."""
    parts = form.parts if (form := _date_form(text)) else None
    return parts is not None and parts.get("day") is None and parts.get("relative") is None


def takes_clock(text: str) -> bool:
    """Whether a text is a day without a time, which may stand next to it: ``8 марта``, ``вчера``."""
    form = _date_form(text)
    return form is not None and ":" not in text and (form.has_year or form.parts is not None)


@lru_cache(maxsize=2048)  # labels, buttons and days stand on many pages
def fact_in(text: str) -> Fact | None:
    """Return the fact that all of a line is, or None."""
    has_eye = "👁" in text
    text = _DASH.sub("", text.strip(ORNAMENT))
    if text[:1] == text[-1:] == "/":
        text = text.strip("/ ")
    if not text or len(text) > _LONGEST_LINE:
        return None
    if text[0] == "(" and text[-1] == ")" and not text[1:-1].isdecimal():  # a number alone is of comments
        text = text[1:-1].strip()
    if text[:1] == "©" and (name := credit_name(text[1:])) is not None:
        return Fact("credit", name)
    if text[:1].isalnum() or text[:1] == "-":
        if not text.isdecimal() and is_date(text):
            value, is_published = _LABEL_OF_DATE.sub("", text, count=1), bool(LABEL_OF_PUBLICATION.match(text))
            return Fact("date", CHANGED_BEHIND.sub("", value), is_published=is_published)
        for kind, form in FORMS:
            if (match := form.fullmatch(text)) and not (kind == "author" and _DAY_INSIDE.search(text)):
                value = next((value for value in match.groups() if value), text).strip(" ,")
                return Fact(kind, value, is_bare=kind == "views" and value == text and not has_eye)
        if (name := credit_name(text)) is not None or (name := archive_credit(text.rstrip("."))) is not None:
            return Fact("credit", name)
    if is_suffix(text):
        return Fact("zone", text)
    is_other = _OTHER.fullmatch(text.removesuffix(".")) or is_unfilled(text)
    return Fact("other", text, is_published=bool(LABEL_OF_PUBLICATION.match(text))) if is_other else None


def is_certain_date(fact: Fact) -> bool:
    """Whether a fact is a date with its year, or one such as ``сегодня, 14:05``."""
    form = _date_form(fact.value) if fact.kind == "date" else None
    return form is not None and (form.has_year or form.parts is None or form.parts.get("relative") is not None)


def next_to_labels_of_views(facts: list[Fact]) -> Iterator[Fact]:
    """Yield what stands behind each ``Просмотры``; before it, where another label stands behind the next number."""
    for place, fact in enumerate(facts):
        if _LABEL_OF_VIEWS.fullmatch(fact.value):
            before, behind = facts[max(0, place - 2) : place], facts[place + 1 : place + 3]
            is_over = before and before[0].kind != "other" and behind[1:] and behind[1].kind == "other"
            yield from before[-1:] if is_over else behind[:1]


def parts_of(line: str) -> list[str]:
    """Return the parts of a line between no-break spaces, dashes and commas, before labels, around dates and counts."""
    parts: list[str] = []
    for place, part in enumerate(_WHOLE.split(line)):
        parts += [part] if place % 2 else _GAP.split(part)
    return [part for each in parts if (part := " ".join(each.split()).strip(_MARKS))]


def views_inside(text: str) -> str | None:
    """Return the count of views anywhere in a line, or None."""
    match = _VIEWS_INSIDE.search(text)
    return (match[1] or match[2]).strip() if match else None


def is_counted_behind(text: str) -> bool:
    """Whether a text is the label of a count of views that stands before it: ``просмотров``."""
    return _COUNTED_BEHIND.fullmatch(text) is not None


def joined_labels(pieces: list[str]) -> list[str]:
    """Join each label that ends in a colon with its value behind it, ``/ Автор:`` too; ``415`` with ``просмотров``."""
    joined: list[str] = []
    for piece, following in zip_longest(pieces, pieces[1:], fillvalue=""):
        piece = piece.strip("/ ")
        is_behind = is_counted_behind(piece) and not following.isdecimal()
        if joined and (joined[-1].endswith(":") or (is_behind and _A_COUNT.fullmatch(joined[-1]))):
            joined[-1] = f"{joined[-1]} {piece}"
        elif piece:
            joined.append(piece)
    return joined


def is_unfilled(text: str) -> bool:
    """Whether a script or a template was to fill in a date here."""
    return _UNFILLED.fullmatch(text) is not None


def credit_name(text: str) -> str | None:
    """Return whom a photo's line credits, maybe nobody (``Фото -``).

    None where the text is no such line (``Фото – это искусство.``).
    """
    match = _CREDIT.fullmatch(text.strip())
    if match is None:
        return None
    name = (match["name"] or match["taken_by"] or "").strip()
    if _COUNT_OF_PHOTOS.fullmatch(name):
        return None
    is_sentence = len(name.split()) > 6 or (name[:1].islower() and name.endswith((".", "!", "?")))
    return None if is_sentence else name


def is_certain_fact(text: str) -> bool:
    """Whether a line is a fact wherever it stands: a date with its year, a count with its label, a credit."""
    if (fact := fact_in(text)) is not None:
        is_fact = fact.kind in ("date", "views", "credit") and not fact.is_bare
        return is_fact and (fact.kind != "date" or is_dated(fact.value))
    parts = [part for part in SEPARATORS.split(text) if part.strip(ORNAMENT)]
    parts = parts if len(parts) > 1 else parts_of(text)
    return len(parts) > 1 and all(map(fact_in, parts)) and any(map(is_certain_fact, parts))


def archive_credit(text: str) -> str | None:
    """Return the value of ``Фото из архива автора``, a credit without a dash."""
    match = _ARCHIVE_CREDIT.fullmatch(text)
    return match["name"] if match else None


def credit_in_text(text: str) -> str | None:
    """Return whom a line in the text credits; ``Фото из архива автора`` only where it is no sentence."""
    is_short = len(text.split()) <= _LONGEST_ARCHIVE_CREDIT and text[-1] not in "!?:"
    name = PHOTO_LABEL.sub("", text, count=1)
    if name != text and is_person(name):
        return name
    return (archive_credit(text.rstrip(".")) if is_short else None) or credit_name(text)


def caption_credit(block: Block) -> str | None:
    """Return whom a caption credits: all of it, its last piece or its end, by a label or in brackets."""
    last_piece = " ".join(block.pieces[-1][0].split())
    behind = _CREDIT_BEHIND.search(block.text[-_LONGEST_CREDIT:])
    texts = (block.text, last_piece, (behind[1] or "") if behind else "")
    credit = next((credit for text in texts if text and (credit := credit_in_text(text)) is not None), None)
    if credit is None and behind and behind["bracketed"]:
        credit = _bracketed_credit(behind["bracketed"])
    last_piece = (behind[1] if behind else None) or last_piece
    name = PHOTO_LABEL.sub("", last_piece.lstrip("© "), count=1)
    if credit is None and ((name != last_piece and is_person(name)) or _is_named_credit(block, name)):
        credit = name
    return credit


def signed_credit(block: Block) -> str | None:
    """Return whom a line with ``©`` credits in an element that is named for a credit, or None."""
    name = block.text.partition("©")[2].strip()
    is_line = block.text[0] == "©" and len(name) <= _LONGEST_NAME and name[:1].isupper()
    return name if is_line and is_credit((block.pieces[-1][2] or block.element).names) else None


def _is_named_credit(block: Block, name: str) -> bool:
    """Whether a caption's last piece is a name without a label, in an element of its own or named for a credit."""
    element = block.pieces[-1][2] or block.element
    is_marked = block.zone == "figcaption" or is_photographer(element.names)
    if not is_marked or len(name) > _LONGEST_NAME or not name[:1].isupper():
        return False
    return is_credit(element.names) or (len(block.pieces) > 1 and element is not block.element and is_person(name))


def _bracketed_credit(text: str) -> str | None:
    """Return the credit in brackets: ``(фото Ильяс Тажин)``, ``(AP Photo/Иван Ким)``, ``[Пётр Гаас/AFP]``."""
    if (credit := credit_in_text(text)) is not None:
        return credit
    name = _LABEL_IN_BRACKETS.sub("", text, count=1) if _LABEL_IN_BRACKETS.match(text) else text
    return name if (name != text and name[:1].isupper()) or _WITH_AGENCY.fullmatch(text) else None
