"""Parse Russian and Kazakh dates and time zones, and choose the publication date of a page."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Any, Literal, NamedTuple
from zoneinfo import ZoneInfo

from caravan_crawler.normalise.text import clean

_MONTH_FORMS = {
    1: "январь января янв қаңтар қаңт қаң january jan qańtar qañtar qantar",
    2: "февраль февраля фев февр ақпан ақп february feb aqpan",
    3: "март марта мар мрт наурыз нау march mar naýryz nauryz",
    4: "апрель апреля апр сәуір сәу april apr sáýir säuir sauir",
    5: "май мая мамыр мам may mamyr",
    6: "июнь июня июн маусым мау june jun maýsym mausym",
    7: "июль июля июл шілде шіл july jul shilde şılde",
    8: "август августа авг тамыз там august aug tamyz",
    9: "сентябрь сентября сен сент қыркүйек қыр september sep sept qyrkúıek qyrküiek qyrkuiek",
    10: "октябрь октября окт қазан қаз october oct qazan",
    11: "ноябрь ноября ноя нояб қараша қар november nov qarasha qaraşa",
    12: "декабрь декабря дек желтоқсан жел december dec jeltoqsan",
}

#: Form of a month's name in lower case (nominative, genitive, abbreviations without a point) to its number.
MONTHS: dict[str, int] = {form: number for number, forms in _MONTH_FORMS.items() for form in forms.split()}

#: Alternatives for a regular expression of all the forms, the longest first; ``\w*`` matches Kazakh endings.
MONTH_PATTERN = "|".join(sorted(MONTHS, key=len, reverse=True))

WEEKDAY_PATTERN = (
    "понедельник|вторник|среда|среду|четверг|пятница|пятницу|суббота|субботу|воскресенье|пнд?|втр?|срд?|чтв?|птн?|сбт?|вск?|"
    "дүйсенбі|сейсенбі|сәрсенбі|бейсенбі|жұма|сенбі|жексенбі|"
    "(?:mon|tues|wednes|thurs|fri|satur|sun)day|mon|tue|wed|thu|fri|sat|sun"
)

#: Names of days relative to the fetch, and the number of days before it.
RELATIVE_DAYS = {"сегодня": 0, "бүгін": 0, "вчера": 1, "кеше": 1, "позавчера": 2, "алдыңгүні": 2}


#: The newsroom's zone: UTC+6 until 1 March 2024, UTC+5 since.
ALMATY = ZoneInfo("Asia/Almaty")
_MOSCOW = ZoneInfo("Europe/Moscow")

_ALMATY = (
    r"(?:по\s+)?(?:врем(?:ени|я)\s+)?(?:г\.?\s*)?(?:алматы|алма-ат[аеы]|астан[аеы]|нур-султан[ае]?|казахстан[ае]?)"
    r"|(?:по\s+)?(?:алматинск|астанинск|казахстанск|местн)(?:ому|ое)\s+врем(?:ени|я)|время\s+(?:местное|алматинское|астанинское)"
    r"|(?:алматы|астана|қазақстан)\s+уақыты\w*(?:\s+бойынша)?|(?:almaty|astana|alma-ata)(?:\s+time)?|almt"
)
_MOSCOW_TIME = (
    r"мск|msk|(?:по\s+)?московск(?:ому|ое)\s+врем(?:ени|я)|время\s+московское|(?:по\s+)?(?:врем(?:ени|я)\s+)?(?:г\.?\s*)?москв[аеы]"
    r"|по\s+мск|мәскеу\s+уақыты\w*(?:\s+бойынша)?|moscow(?:\s+time)?"
)
_UNIVERSAL = r"utc|gmt|по\s+гринвичу|по\s+utc|по\s+gmt|всемирное\s+время"
#: Abbreviations of other zones, in hours from UTC.
_ELSEWHERE = {"pst": -8, "pdt": -7, "mst": -7, "mdt": -6, "cdt": -5, "est": -5, "edt": -4, "cet": 1, "cest": 2}
_ELSEWHERE |= {"eet": 2, "eest": 3}
_OFFSET = r"(?:0?\d|1[0-4])(?::?[0-5]\d)?(?!\d)"
# A bare offset needs two digits and minutes; otherwise it may be another number: "14:05 -60".
_BARE_OFFSET = r"[+\-−](?:0\d|1[0-4]):[0-5]\d(?!\d)|\+(?:0\d|1[0-4])(?:[0-5]\d)?(?!\d)"
_BASES = {"almaty": _ALMATY, "moscow": _MOSCOW_TIME, "universal": _UNIVERSAL, "elsewhere": "|".join(_ELSEWHERE)}
_ZONE = re.compile("|".join(f"(?P<{name}>(?:{words}))" for name, words in _BASES.items()) + r"|")
_SHIFT = re.compile(r"(?P<sign>[+\-−])\s?(?P<hours>\d{1,2}):?(?P<minutes>\d{2})?")

_NAMED = f"(?:{_MOSCOW_TIME}|{_UNIVERSAL})\\s?[+\\-−]\\s?{_OFFSET}|(?:{'|'.join(_BASES.values())})(?![^\\W\\d_])"
#: WordPress prints ``дп`` and ``пп`` in Russian.
_HALF = r"(?:[ap]\.?\s?m\b\.?|[дп]п\b|(?:утра|дня|вечера|ночи)\b)"


#: All that may follow a time in lower case.
_SUFFIX = (
    rf"(?:\s*(?P<half>{_HALF}))?"
    rf"(?:\s*,?\s*[(\[]?\s*(?:алматы,\s*|астана,\s*)?(?P<zone>{_NAMED}|{_BARE_OFFSET})\s*[)\]]?)?"
)
_ALONE = re.compile(rf"[(\[]?(?:{_HALF}|{_NAMED}|{_BARE_OFFSET})[)\]]?")


def is_suffix(text: str) -> bool:
    """Whether all of ``text`` is the suffix of a time printed before it; the name of a city alone is not."""
    folded = " ".join(text.casefold().split())
    return folded not in ("алматы", "астана", "москва", "казахстан") and _ALONE.fullmatch(folded) is not None


def hour_of(hour: int, half: str | None) -> int:
    """Return the hour of the day; ``half`` is ``am`` or ``pm`` in any spelling or language, or None."""
    if not half or hour > 12:
        return hour
    return hour % 12 + (12 if half[0] == "p" or half in ("пп", "дня", "вечера") else 0)


def zone_of(text: str | None) -> tzinfo:
    """Return the zone that ``text``, in lower case, names; the newsroom's if it names none."""
    if not text:
        return ALMATY
    match = _ZONE.match(text)
    assert match is not None
    name, base = match.lastgroup, match[0]
    shift = _SHIFT.search(text, match.end())
    if shift is not None:
        offset = timedelta(hours=int(shift["hours"]), minutes=int(shift["minutes"] or 0))
        # Russian media print zones as an offset from Moscow.
        return timezone((offset if shift["sign"] == "+" else -offset) + timedelta(hours=3 if name == "moscow" else 0))
    if name == "elsewhere":
        return timezone(timedelta(hours=_ELSEWHERE[base]))
    return {"moscow": _MOSCOW, "universal": UTC}.get(name or "", ALMATY)


#: Earliest valid date: the newspaper was founded in 1991; the oldest known article is of 2001. An earlier date is a
#: database's zero (year 0 or 1, 30 November of year -1), the epoch of a clock (1970, 1980), or a misprint.
EARLIEST = date(1991, 1, 1)

#: Time before midnight from which tomorrow is no day in the future: a server's clock may be ahead of ours.
CLOCK_SKEW = timedelta(minutes=15)

Problem = Literal["unreadable", "impossible", "too_early", "future"]


@dataclass(frozen=True, slots=True)
class ParsedDate:
    """Result of parsing a printed date: its ``value``, or the ``problem`` with it.

    With ``inferred``, the year or the day was not printed and is derived from the time of the fetch; with
    ``relative``, the day was.
    """

    value: date | datetime | None = None
    problem: Problem | None = None
    inferred: bool = False
    relative: bool = False

    @property
    def iso(self) -> str | None:
        """The value in ISO 8601, with an offset if it has a time; None if there is no value."""
        return None if self.value is None else self.value.isoformat()

    @property
    def day(self) -> date | None:
        """The calendar day in Almaty."""
        return self.value.date() if isinstance(self.value, datetime) else self.value

    @property
    def moment(self) -> str | None:
        """The date and time in Almaty in ISO 8601, to the second; None if there is no time."""
        return self.value.isoformat(timespec="seconds") if isinstance(self.value, datetime) else None


_MINUTES = r"(?P<minute>\d{2})(?::(?P<second>\d{2}))?"
_CLOCK = rf"(?P<hour>\d{{1,2}}):{_MINUTES}{_SUFFIX}"
#: Behind a day, a stop may part hours and minutes, or words: ``10 ч. 05 мин.``
_CLOCK_BEHIND = rf"(?P<hour>\d{{1,2}})(?:[:.-]|\s?ч(?:ас(?:ов|а)?)?\.?\s?){_MINUTES}(?:\s?мин(?:ут[аы]?)?\.?)?{_SUFFIX}"
_TIME = rf"(?:\s*[,|/\-–—•·@:]?\s*[(\[]?(?:в|at|сағ(?:ат)?\.?)?\s*{_CLOCK_BEHIND}[)\]]?)?"
_YEAR_WORD = r"(?:-?го)?\s*(?:года|год|г|жылдың|жылғы|жылы|жыл|ж)?\.?"
#: Labels before a date of publication.
DATE_LABEL = (
    r"(?:опубликован[оа]?|по\s+состоянию\s+на(?=\s*:)|(?:время\s+)?публикаци[яи]|дата(?:\s+(?:публикации|создания|добавления|выпуска|начала\s+активности))?|размещено|добавлено|создано|(?:published|posted)(?:\s+(?:on|at))?|от(?=\s+\d)|on(?=\s+[a-z]{3,9}\s+\d)"
    r"|№\s*\d+\s*(?:\(\d+\))?,?\s*(?:от\s)?(?=\d)|жарияланды|жарияланған(?:\s+(?:күні|уақыты))?|күні|уақыты)\s*[:\-–—]?\s*"
)
_LABEL = re.compile(f"^{DATE_LABEL}")
_WEEKDAY = re.compile(
    rf"(?:^|,?\s+)(?:^во?\s)?\(?(?:{WEEKDAY_PATTERN})(?![^\W\d_])\.?\)?,?\s*(?=\d|$|(?:{MONTH_PATTERN})\b)"
)
#: The date of the last change, printed behind that of publication.
CHANGED_BEHIND = re.compile(
    r"(?<=\w)[.\s(\[,;|/•·–—-]+(?:последн\w+\s+)?(?:обновлен|изменен|исправлен|изм\.|ред\.\s+от|жаңарт|түзет|updated|modified)(?:(?<!\.)[^\W\d_]*\b)?.*$",
    re.IGNORECASE,
)
# Latin letters in a Cyrillic month, as some editors type them: "Maя" with a Latin "Ma".
_MIXED = re.compile(r"[a-z]+(?=[а-я])|(?<=[а-я])[a-z]+")
_LATIN = str.maketrans("abcehkmoptxy", "авсенкмортху")
_TIME_FIRST = re.compile(
    rf"(?:(?:алматы|астана|қазақстан)\s+уақыты\w*\s+)?(?P<clock>\d{{1,2}}:\d{{2}}(?::\d{{2}})?{_SUFFIX})\s*[,|/\-–—•·]?\s+(?P<day>\d.*?)"
    rf"(?P<behind>\s+(?:{_NAMED}|{_BARE_OFFSET}))?$"
)
# Also as PHP prints the zero of a database: "30.11.-0001".
_ZERO_YEAR = re.compile(r"^-\d{1,6}-\d|(?<!\d)-000[1-9](?!\d)|(?<![\d+\-])0000(?!\d)")
_DAY = r"(?P<day>\d{1,2})(?:-?(?:ого|го|ое|е)|th|st|nd|rd)?"
_MONTH = rf"(?P<month>{MONTH_PATTERN})(?:(?<=[әіңғүұқөһйрнзмелт])(?:[ыі]|с[ыі]))?(?:н?[дт][ае])?\.?(?:\s+күні)?"
_FORMS = tuple(
    re.compile(pattern)
    for pattern in (
        rf"{_DAY}[\s\-.]*{_MONTH}(?:,?\s+|[\-.])(?P<year>\d{{4}}){_YEAR_WORD}{_TIME}",
        rf"(?P<year>\d{{4}}){_YEAR_WORD},?\s*{_DAY}[\s\-]+{_MONTH}{_TIME}",
        rf"(?P<year>\d{{4}}),?\s+{_MONTH}\s+{_DAY}{_TIME}",
        rf"{_MONTH},?\s+{_DAY}\s*,?\s+(?P<year>\d{{4}}){_YEAR_WORD}{_TIME}",
        rf"(?P<day>\d{{1,2}})\s*\.\s*(?P<number>\d{{1,2}})\s*\.\s*(?P<year>\d{{4}}|\d{{2}}){_YEAR_WORD}{_TIME}",
        # The month comes first where the second number can be none.
        rf"(?P<number>0?\d|1[0-2])/(?P<day>1[3-9]|2\d|3[01])/(?P<year>\d{{4}}){_TIME}",
        rf"(?P<day>\d{{1,2}})[/\-](?P<number>\d{{1,2}})[/\-](?P<year>\d{{4}}|(?<=/)\d{{2}}){_YEAR_WORD}{_TIME}",
        rf"(?P<day>\d{{1,2}}) [/|] (?P<number>\d{{1,2}}) [/|] (?P<year>\d{{4}}){_TIME}",
        rf"{_DAY}\s+{_MONTH}{_TIME}",
        rf"(?P<relative>{'|'.join(RELATIVE_DAYS)}){_TIME}",
        rf"(?P<year>\d{{4}})[.\-/](?P<number>\d{{1,2}})[.\-/](?P<day>\d{{1,2}}){_TIME}",
        _CLOCK,
    )
)
_ISO = re.compile(
    r"\d{4}-\d{2}-\d{2}(?:[Tt ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d{1,6})?)?\s*(?:[Zz]|[+-]\d{2}:?\d{2}|[+-]\d{2})?)?"
)
_RFC_822 = re.compile(r"(?:[a-z]{3},? )?\d{1,2} [a-z]{3} \d{4} \d{2}:\d{2}(?::\d{2})? (?:[+-]\d{4}|gmt|utc|z)")
_WORTH_ASKING = re.compile(r"[^\W\d_]|\d\D+\d")
#: A word without a number must be one of time: ``Вернуться назад`` is a button.
_AGO = re.compile(
    r"(?:\d+\s*[^\W\d_]+|секунду|минуту|полчаса|час|сутки|день|неделю|месяц|полгода|год|сағат|күн|апта|ай|жыл"
    r"|(?:second|minute|hour|day|week|month|year)s?)\s+(?:назад|бұрын|ago)"
)
_DIGIT = re.compile(r"\d")
_DATE_WORD = re.compile(rf"{'|'.join(RELATIVE_DAYS)}|назад|бұрын|ago", re.IGNORECASE)
#: Maximum length of a text that is parsed as a date.
_LONGEST = 80


class Form(NamedTuple):
    """Form of a printed date: the ``text`` to parse, the ``parts`` of a known form, and whether it has a year."""

    text: str
    parts: dict[str, str | None] | None
    has_year: bool


@lru_cache(maxsize=4096)  # the header's day and the trending topics are on every page
def date_form(raw: str) -> Form | None:
    """Return the form of a date that matches all of ``raw``, or None if there is none."""
    if len(raw) > _LONGEST or not (_DIGIT.search(raw) or _DATE_WORD.search(raw)):
        return None
    text = _folded(raw)
    if _ISO.fullmatch(text) or _RFC_822.fullmatch(text):
        return Form(text, None, has_year=True)
    if match := next((found for form in _FORMS if (found := form.fullmatch(text))), None):
        return Form(text, match.groupdict(), has_year=match.groupdict().get("year") is not None)
    return Form(text, None, has_year=False) if _AGO.fullmatch(text) else None


def _folded(raw: str) -> str:
    """Return a printed date in lower case without labels and weekdays, the time last."""
    text = " ".join(clean(raw).casefold().replace("ё", "е").split()).strip(" ,;|•·")
    text = CHANGED_BEHIND.sub("", _MIXED.sub(_in_cyrillic, text))
    text = _WEEKDAY.sub(" ", _LABEL.sub("", text, count=1)).strip()
    return _TIME_FIRST.sub(r"\g<day> \g<clock>\g<behind>", text, count=1)


def _in_cyrillic(match: re.Match[str]) -> str:
    return match[0].translate(_LATIN)


def parse_date(raw: str, observed_at: datetime) -> ParsedDate:
    """Parse the date ``raw`` of a page fetched at ``observed_at`` (an aware datetime).

    The year of ``5 августа`` and the day of ``14:05`` or ``Вчера`` are derived from the fetch, in Almaty.
    Days after that of the fetch, before :data:`EARLIEST`, or not in the calendar (31 февраля) are refused. A moment
    later on the day of the fetch is not, if the day is printed: a clock may be wrong, or an article be out early.
    A time with a zone is converted.
    """
    return _refuse_future(_read(raw, observed_at), observed_at)


def _read(raw: str, observed_at: datetime) -> ParsedDate:
    form = date_form(raw)
    text = form.text if form else _folded(raw)
    try:
        parsed = _parsed(text, form.parts if form else None, observed_at)
    except (ValueError, OverflowError):  # the calendar has no such day, or the clock no such time
        parsed = ParsedDate(problem="impossible")
    is_early = parsed.day is not None and parsed.day < EARLIEST
    return ParsedDate(problem="too_early") if is_early else parsed


def _parsed(text: str, parts: dict[str, str | None] | None, observed_at: datetime) -> ParsedDate:
    if _ZERO_YEAR.search(text):
        return ParsedDate(problem="impossible")
    if parts:
        return _from_parts(parts, observed_at)
    if _ISO.fullmatch(text):
        return _from_iso(text)
    if _RFC_822.fullmatch(text):
        return ParsedDate(parsedate_to_datetime(text).astimezone(ALMATY))
    return _from_dateparser(text, observed_at)


def _from_iso(text: str) -> ParsedDate:
    if len(text) == len("YYYY-MM-DD"):
        return ParsedDate(date.fromisoformat(text))
    stamp = datetime.fromisoformat(re.sub(r"\s+(?=[+\-z])", "", text.replace(",", ".")).upper())
    return ParsedDate(stamp.replace(tzinfo=ALMATY) if stamp.tzinfo is None else stamp.astimezone(ALMATY))


def _from_parts(parts: dict[str, str | None], observed_at: datetime) -> ParsedDate:
    day, inferred = _calendar_day(parts, observed_at.astimezone(ALMATY).date())
    relative = parts.get("day") is None
    if parts.get("hour") is None:
        return ParsedDate(day, inferred=inferred, relative=relative)
    hour = hour_of(int(parts["hour"] or 0), parts.get("half"))
    clock = time(hour, int(parts["minute"] or 0), int(parts.get("second") or 0))
    moment = datetime.combine(day, clock, zone_of(parts.get("zone"))).astimezone(ALMATY)
    return ParsedDate(moment, inferred=inferred, relative=relative)


def _calendar_day(parts: dict[str, str | None], today: date) -> tuple[date, bool]:
    """Return the day and whether a part of it was inferred; ValueError if the calendar has no such day."""
    if relative := parts.get("relative"):
        return today - timedelta(days=RELATIVE_DAYS[relative]), True
    if (day := parts.get("day")) is None:
        return today, True
    number = parts.get("number")
    month = int(number) if number else MONTHS[parts.get("month") or ""]
    if year := parts.get("year"):
        full_year = int(year) if len(year) == 4 else 2000 + int(year)
        return date(full_year, month, int(day)), False
    return _last_such_day(int(day), month, today), True


def _last_such_day(day: int, month: int, today: date) -> date:
    """Return the last ``day`` of ``month`` not after ``today``; 29 February may be years ago."""
    for year in range(today.year, today.year - 9, -1):
        try:
            candidate = date(year, month, day)
        except ValueError:
            continue
        if candidate <= today:
            return candidate
    raise ValueError("no such day in any year")


def _from_dateparser(text: str, observed_at: datetime) -> ParsedDate:
    if len(text) > _LONGEST or not _WORTH_ASKING.search(text):
        return ParsedDate(problem="unreadable")
    # Imported on use: it takes a third of a second, and the site's own forms never need it.
    from dateparser.date import DateDataParser

    settings = {
        "DATE_ORDER": "DMY",
        "TIMEZONE": "Asia/Almaty",
        "RETURN_AS_TIMEZONE_AWARE": True,
        "RELATIVE_BASE": observed_at.astimezone(ALMATY).replace(tzinfo=None),
        "PREFER_DATES_FROM": "past",
        "STRICT_PARSING": True,
    }
    found: Any = DateDataParser(languages=["ru", "kk", "en"], settings=settings).get_date_data(text)
    # "Three weeks ago" and "April 2023" are not a day.
    if found.date_obj is None or found.period != "day":
        return ParsedDate(problem="unreadable")
    moment = found.date_obj.astimezone(ALMATY)
    is_ago = _AGO.search(text) is not None
    if "time" in found.parts and not is_ago:
        return ParsedDate(moment)
    return ParsedDate(moment.date(), inferred=is_ago, relative=is_ago)


def _refuse_future(parsed: ParsedDate, observed_at: datetime) -> ParsedDate:
    latest = (observed_at + CLOCK_SKEW).astimezone(ALMATY)
    is_late = parsed.day is not None and parsed.day > latest.date()
    if parsed.inferred or parsed.relative:  # the day is that of the fetch, so the time must have passed
        is_late = is_late or (isinstance(parsed.value, datetime) and parsed.value > latest)
    return ParsedDate(problem="future") if is_late else parsed


#: A fetch time after any printed date, early enough before the last ``datetime`` for any zone.
_LATE = datetime(9999, 12, 1, tzinfo=UTC)


@lru_cache(maxsize=512)
def day_named(raw: str) -> date | None:
    """Return the day printed in ``raw``, independent of the fetch; None if it is invalid or not a date."""
    return _read(raw, _LATE).day


def future_day(raw: str | None) -> str | None:
    """Return the day that a refused date names, if it is one to come, in ISO 8601; else None."""
    day = day_named(raw) if raw else None
    return day.isoformat() if day and day > datetime.now(ALMATY).date() else None


@dataclass(frozen=True, slots=True)
class Publication:
    """The chosen date, and ``verdict``: its source, and whether the sources agree."""

    date: ParsedDate
    verdict: Literal["printed", "structured", "refined", "disagree", "missing"]


def decide_publication(printed: str | None, structured: str | None, observed_at: datetime) -> Publication:
    """Choose between the printed date and the date of the page's structured data (each may be None).

    The printed one wins. The structured one adds its time of day if it is the same day in Almaty, its seconds if
    it is the same minute, and its year if none is printed; it decides whether ``06/12/2024`` is in June. It is used
    alone if no readable day is printed: "yesterday" is relative to the fetch, but the page may have been cached for
    days. It wins with an earlier day if the printed day is that of the fetch, which some templates print on each page.
    """
    witness = parse_date(structured, observed_at) if structured else ParsedDate(problem="unreadable")
    spoken = parse_date(printed, observed_at) if printed else ParsedDate(problem="unreadable")
    if spoken.day is None:
        if witness.day is None:
            return Publication(spoken if printed else witness, "missing")
        return Publication(witness, "structured")
    if witness.day is None:
        return Publication(spoken, "printed")
    if witness.day == spoken.day:
        refines = _refines(witness.value, spoken.value)
        return Publication(witness, "refined") if refines else Publication(spoken, "printed")
    if spoken.inferred and (witness.day.month, witness.day.day) == (spoken.day.month, spoken.day.day):
        return Publication(witness, "structured")
    if "/" in (printed or "") and witness.day == _month_first(spoken.day):
        return Publication(witness, "structured")
    if spoken.relative or witness.day < spoken.day == observed_at.astimezone(ALMATY).date():
        return Publication(witness, "structured")
    if _same_day_elsewhere(structured or "", spoken.day):
        return Publication(spoken, "printed")
    return Publication(spoken, "disagree")


def _month_first(day: date) -> date | None:
    """Return the day of ``06/12/2024`` read as in America, ``day`` being the 6th of December; None if there is none."""
    return day.replace(month=day.day, day=day.month) if day.day <= 12 else None


def _refines(witness: date | datetime | None, spoken: date | datetime | None) -> bool:
    """Whether the first adds a time of day to the second, or seconds to the same minute."""
    if not isinstance(witness, datetime) or not isinstance(spoken, datetime):
        return isinstance(witness, datetime)
    return spoken.second == 0 and witness.replace(second=0, microsecond=0) == spoken


def _same_day_elsewhere(stamp: str, printed_day: date) -> bool:
    """Whether the stamp is on the printed day in its own offset or in UTC."""
    try:
        moment = datetime.fromisoformat(stamp.strip().upper())
    except ValueError:
        return False
    days = {moment.date()} | ({moment.astimezone(UTC).date()} if moment.tzinfo else set())
    return printed_day in days
