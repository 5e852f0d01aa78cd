"""Time in steps, so coarse that a chart of many years has no more marks than one of a month."""

from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

#: The site's days begin and end in Almaty.
ALMATY = ZoneInfo("Asia/Almaty")
#: The steps and how many days each is long at least, the finest first.
_STEPS = {"day": 1, "week": 7, "month": 28, "quarter": 90, "year": 365}
#: Of more steps than these a phone could not show each; of the coarsest there may be any number.
_MOST = 160


class Step(NamedTuple):
    """The length of a step: ``day``, ``week``, ``month``, ``quarter`` or ``year``."""

    name: str

    @property
    def is_of_months(self) -> bool:
        """Whether it is a number of whole months."""
        return self.name not in ("day", "week")

    def start(self, day: date) -> date:
        """Return the first day of the step that ``day`` belongs to; a week begins on Monday."""
        if self.is_of_months:
            months = {"month": 1, "quarter": 3, "year": 12}[self.name]
            return date(day.year, (day.month - 1) // months * months + 1, 1)
        return day - timedelta(days=day.weekday()) if self.name == "week" else day

    def next(self, start: date) -> date:
        """Return the first day of the step after the one that begins with ``start``."""
        # Three days more are beyond the end of the longest month, quarter or year, and within the next.
        return self.start(start + timedelta(days=_STEPS[self.name] + (3 if self.is_of_months else 0)))


def step_for(first: date, last: date) -> Step:
    """Return the step in which the days from ``first`` to ``last`` are few enough to be told apart."""
    days = (last - first).days + 1
    return Step(next((name for name, length in _STEPS.items() if days <= length * _MOST), "year"))


def day_of(time: str) -> date:
    """Return Almaty's day of a time or day as the store has it."""
    if len(time) == len("2026-01-01"):
        return date.fromisoformat(time)
    return datetime.fromisoformat(time).astimezone(ALMATY).date()
