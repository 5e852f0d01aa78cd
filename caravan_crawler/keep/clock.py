"""The store's times: ISO 8601 in UTC to the second, which sort as they read."""

from datetime import UTC, datetime, timedelta


def stamp(moment: datetime) -> str:
    """Return ``moment`` as the store keeps it."""
    return moment.astimezone(UTC).isoformat(timespec="seconds")


def now() -> str:
    """Return the present as the store keeps it."""
    return stamp(datetime.now(UTC))


def after(time: str, delay: timedelta) -> str:
    """Return the time ``delay`` after ``time``."""
    return stamp(datetime.fromisoformat(time) + delay)
