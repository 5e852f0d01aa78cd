"""Numbers and times as words."""

from datetime import date


def number(value: float) -> str:
    """Write a number with its thousands apart; of a large one without a fraction."""
    return f"{value:,.0f}" if isinstance(value, int) or value == int(value) else f"{value:,.2f}"


def count(value: int, one: str, many: str | None = None) -> str:
    """Write how many there are of something: ``1 article``, ``2 articles``."""
    return f"{value:,} {one if value == 1 else many or f'{one}s'}"


def percent(share: float) -> str:
    """Write a share of 0 to 1; only what is all or nothing is 100 % or 0 %."""
    if 0 < share < 0.001:
        return "under 0.1 %"
    if 0.999 < share < 1:
        return "over 99.9 %"
    return f"{100 * share:.1f} %" if share not in (0, 1) else f"{100 * share:.0f} %"


def moment(time: str | None) -> str | None:
    """Write a time of the store, which is in UTC, to the minute."""
    return time and time[:16].replace("T", " ")


def days(first: date, last: date) -> str:
    """Write a stretch of days."""
    return f"{first}" if first == last else f"{first} to {last}"


def duration(seconds: int | None) -> str | None:
    """Write how long something took."""
    if seconds is None:
        return None
    hours, rest = divmod(seconds, 3600)
    minutes, rest = divmod(rest, 60)
    if hours:
        return f"{hours:,} h {minutes:02} min"
    return f"{minutes} min {rest:02} s" if minutes else f"{rest} s"


def short(text: str, most: int) -> str:
    """Cut a text to ``most`` characters for a chart's legend."""
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"
