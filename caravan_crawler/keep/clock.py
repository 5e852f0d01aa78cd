"""The store's times: ISO 8601 in UTC to the second, which sort as they read."""

from datetime import UTC, datetime, timedelta

#: The clocks of two machines that share a store may differ by so much.
_SKEW = timedelta(minutes=10)


def stamp(moment: datetime) -> str:
    """Return ``moment`` as the store keeps it."""
    return moment.astimezone(UTC).isoformat(timespec="seconds")


def now() -> str:
    """Return the present as the store keeps it."""
    return stamp(datetime.now(UTC))


def latest() -> str:
    """Return the latest time that can have been written by now: a later one is of a clock that was ahead."""
    return stamp(datetime.now(UTC) + _SKEW)


def after(time: str, delay: timedelta) -> str:
    """Return the time ``delay`` after ``time``."""
    return stamp(datetime.fromisoformat(time) + delay)
