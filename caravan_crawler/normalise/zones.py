"""What follows a time of day in print: ``PM``, ``МСК``, ``UTC+5``, ``по времени Астаны``, ``+05:00``."""

import re
from datetime import UTC, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

#: The newsroom's zone: UTC+6 until 1 March 2024, UTC+5 since.
ALMATY = ZoneInfo("Asia/Almaty")
_MOSCOW = ZoneInfo("Europe/Moscow")

_ALMATY = (
    r"(?:по\s+)?(?:врем(?:ени|я)\s+)?(?:г\.?\s*)?(?:алматы|алма-ат[аеы]|астан[аеы]|нур-султан[ае]?|казахстан[ае]?)"
    r"|(?:по\s+)?(?:алматинск|астанинск|казахстанск|местн)(?:ому|ое)\s+врем(?:ени|я)|время\s+(?:местное|алматинское)"
    r"|(?:алматы|астана|қазақстан)\s+уақыты\w*(?:\s+бойынша)?|(?:almaty|astana|alma-ata)(?:\s+time)?|almt"
)
_MOSCOW_TIME = (
    r"мск|msk|(?:по\s+)?московск(?:ому|ое)\s+врем(?:ени|я)|время\s+московское|(?:по\s+)?(?:врем(?:ени|я)\s+)?(?:г\.?\s*)?москв[аеы]"
    r"|по\s+мск|мәскеу\s+уақыты\w*(?:\s+бойынша)?|moscow(?:\s+time)?"
)
_UNIVERSAL = r"utc|gmt|по\s+гринвичу|по\s+utc|по\s+gmt|всемирное\s+время"
#: Abbreviations of zones elsewhere, in hours from UTC.
_ELSEWHERE = {"pst": -8, "pdt": -7, "mst": -7, "mdt": -6, "cdt": -5, "est": -5, "edt": -4, "cet": 1, "cest": 2}
_ELSEWHERE |= {"eet": 2, "eest": 3}
_OFFSET = r"(?:0?\d|1[0-4])(?::?[0-5]\d)?(?!\d)"
# A bare offset has two digits and minutes, or it may be another number: "14:05 -60".
_BARE_OFFSET = r"[+\-−](?:0\d|1[0-4]):[0-5]\d(?!\d)|\+(?:0\d|1[0-4])(?:[0-5]\d)?(?!\d)"
_BASES = {"almaty": _ALMATY, "moscow": _MOSCOW_TIME, "universal": _UNIVERSAL, "elsewhere": "|".join(_ELSEWHERE)}
_ZONE = re.compile("|".join(f"(?P<{name}>(?:{words}))" for name, words in _BASES.items()) + r"|")
_SHIFT = re.compile(r"(?P<sign>[+\-−])\s?(?P<hours>\d{1,2}):?(?P<minutes>\d{2})?")

_NAMED = f"(?:{_MOSCOW_TIME}|{_UNIVERSAL})\\s?[+\\-−]\\s?{_OFFSET}|(?:{'|'.join(_BASES.values())})(?![^\\W\\d_])"
_HALF = r"[ap]\.?\s?m\b\.?"


def suffix(*, named: bool) -> str:
    """Return a regular expression of all that may follow a time in lower case; ``named`` has groups half and zone."""
    half, zone = ("(?P<half>", "(?P<zone>") if named else ("(?:", "(?:")
    return rf"(?:\s*{half}{_HALF}))?(?:\s*,?\s*[(\[]?\s*{zone}{_NAMED}|{_BARE_OFFSET})\s*[)\]]?)?"


_ALONE = re.compile(rf"[(\[]?(?:{_HALF}|{_NAMED}|{_BARE_OFFSET})[)\]]?")


def is_suffix(text: str) -> bool:
    """Whether all of ``text`` belongs to a time printed before it; the name of a city alone does not."""
    folded = " ".join(text.casefold().split())
    return folded not in ("алматы", "астана", "москва", "казахстан") and _ALONE.fullmatch(folded) is not None


def hour_of(hour: int, half: str | None) -> int:
    """Return the hour of the day; ``half`` is ``am`` or ``pm`` in any spelling, or None."""
    if not half or hour > 12:
        return hour
    return hour % 12 + (12 if half[0] == "p" else 0)


def zone_of(text: str | None) -> tzinfo:
    """Return the zone that ``text``, in lower case, names; the newsroom's where there is none."""
    if not text:
        return ALMATY
    match = _ZONE.match(text)
    assert match is not None
    name, base = match.lastgroup, match[0]
    shift = _SHIFT.search(text, match.end())
    if shift is not None:
        hours = -int(shift["hours"]) if shift["sign"] != "+" else int(shift["hours"])
        minutes = int(shift["minutes"] or 0) * (-1 if hours < 0 else 1)
        # Russian media count their zones from Moscow's.
        return timezone(timedelta(hours=hours + (3 if name == "moscow" else 0), minutes=minutes))
    if name == "elsewhere":
        return timezone(timedelta(hours=_ELSEWHERE[base]))
    return {"moscow": _MOSCOW, "universal": UTC}.get(name or "", ALMATY)
