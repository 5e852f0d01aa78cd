"""Formats of numbers, times and periods, and lengths of texts."""

from datetime import date


def number(value: float) -> str:
    """Format a number with thousands separators, and two decimals if it has a fraction."""
    return f"{value:,.0f}" if isinstance(value, int) or value == int(value) else f"{value:,.2f}"


def count(value: int, one: str) -> str:
    """Format a number of things: ``1 article``, ``2 articles``."""
    return f"{value:,} {one if value == 1 else f'{one}s'}"


def percent(share: float) -> str:
    """Format a share of 0 to 1; only exactly 0 and 1 are ``0 %`` and ``100 %``, with a no-break space."""
    if 0 < share < 0.001:
        return "under 0.1\u00a0%"
    if 0.999 < share < 1:
        return "over 99.9\u00a0%"
    return f"{100 * share:.{0 if share in (0, 1) else 1}f}\u00a0%"


def moment(time: str | None) -> str | None:
    """Format a stored time, which is in UTC, to the minute."""
    return time and time[:16].replace("T", " ")


def days(first: date, last: date) -> str:
    """Format a period."""
    return f"{first}" if first == last else f"{first} to {last}"


def duration(seconds: int | None) -> str | None:
    """Format a duration: ``2 h 05 min``, ``3 min 07 s``, ``9 s``."""
    if seconds is None:
        return None
    hours, rest = divmod(seconds, 3600)
    minutes, rest = divmod(rest, 60)
    if hours:
        return f"{hours:,} h {minutes:02} min"
    return f"{minutes} min {rest:02} s" if minutes else f"{rest} s"


def short(text: str, most: int) -> str:
    """Cut a text to ``most`` characters."""
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"
