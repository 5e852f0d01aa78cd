"""The Retry-After header of HTTP (RFC 9110, 10.2.3): seconds, or a date."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from scrapy.http import Response

#: Who names a longer time means never; a number of any length stays a number one can compute with.
_LONGEST = 366 * 86_400.0


def retry_after(response: Response) -> float | None:
    """Return the seconds a response asks to be left alone for, or None: it asks not, nonsense, or for a past time.

    A date is held against the response's own Date, so that a server whose clock is wrong is understood.
    """
    value = (response.headers.get("Retry-After") or b"").decode("latin-1").strip()
    if value.isascii() and value.isdigit():
        seconds = float(value)
    else:
        moment = _moment(value)
        sent = _moment((response.headers.get("Date") or b"").decode("latin-1")) or datetime.now(UTC)
        seconds = (moment - sent).total_seconds() if moment else 0.0
    return min(seconds, _LONGEST) if seconds > 0 else None


def _moment(value: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
