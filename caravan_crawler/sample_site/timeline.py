"""When article ``number`` was published, and which markup was in use then."""

from datetime import date, timedelta

FIRST_DAY = date(2001, 9, 4)
LAST_DAY = date(2026, 2, 5)
TODAY = date(2026, 2, 6)
"""The fixed day of the visit, shown in the masthead; published() articles bear it too."""

ERAS = (
    (FIRST_DAY, 3),
    (date(2016, 1, 1), 1),
    (date(2019, 1, 1), 3),
    (date(2021, 1, 1), 2),
    (date(2023, 1, 1), 3),
    (date(2023, 6, 1), 4),
)
"""First day and generation. From the last day on, generation 4 stands beside generation 3."""


class Timeline:
    """Spreads ``articles`` numbers evenly over the days from ``first_day`` on, oldest first."""

    def __init__(self, articles: int, first_day: date = FIRST_DAY) -> None:
        self.articles = articles
        self._first_day = first_day
        self._span = (LAST_DAY - first_day).days
        self._gaps = max(articles - 1, 1)

    def day(self, number: int) -> date:
        """The day of publication; it never falls as the number rises."""
        if number >= self.articles:
            return TODAY
        return self._first_day + timedelta(days=number * self._span // self._gaps)

    def first_number_on(self, day: date) -> int:
        """The smallest number published on ``day`` or later, at most ``articles``."""
        days = (day - self._first_day).days
        return min(max(-(-days * self._gaps // self._span), 0), self.articles)

    def eras(self) -> list[tuple[int, int, int]]:
        """Stretches of numbers as (first, end, generation); together they cover 0 … articles - 1."""
        starts = [self.first_number_on(day) for day, _ in ERAS] + [self.articles]
        return [(starts[i], starts[i + 1], generation) for i, (_, generation) in enumerate(ERAS)]
