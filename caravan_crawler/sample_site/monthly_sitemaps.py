"""The sitemaps of generation 4: ``/sitemap.xml`` names one for each of the newest months and numbered ones before.

Their names are known. Invented is what else is in them: which months have one, how many addresses a numbered one
has, and their dates. Some sitemaps and some addresses have a lastmod and some have none. None lies before the
publication, and a sitemap's own is that of its newest entry.
"""

import re
from bisect import bisect_left
from collections.abc import Sequence
from datetime import date, datetime
from functools import cached_property
from itertools import groupby

from caravan_crawler.sample_site.feeds import sitemap_index_of, urls_of
from caravan_crawler.sample_site.newsroom import Newsroom
from caravan_crawler.sample_site.timeline import TODAY

INDEX = "sitemap.xml"
_NAME = re.compile(r"sitemap(\d{6}|[1-9]\d{0,4})\.xml")
_MOST_IN_ONE = 1000


class MonthlySitemaps:
    """Writes the index and its children. No article moves from one child to another."""

    def __init__(self, newsroom: Newsroom, *, months: int, numbered: int) -> None:
        """The newest ``months`` have sitemaps of their own, what is older has ``numbered`` ones, or more if it must."""
        self._newsroom = newsroom
        self._layout = newsroom.layout
        month = TODAY.year * 12 + TODAY.month - months
        self._first_monthly = self._layout.timeline.first_number_on(date(month // 12, month % 12 + 1, 1))
        self._numbered = numbered
        self._moments: dict[int, datetime] = {}

    def answer(self, name: str, base_url: str) -> str | None:
        """The sitemap of this name; None where there is none."""
        if name == INDEX:
            return self._index(base_url)
        match = _NAME.fullmatch(name)
        numbers = self._children().get(match[1]) if match else None
        return None if numbers is None else urls_of(self._entry(number, base_url) for number in numbers)

    def _index(self, base_url: str) -> str:
        """Months before numbers, and the newest first; one of three has no lastmod, but the newest has."""
        children = list(self._children().items())
        children.sort(key=lambda child: (len(child[0]) == 6, child[1][-1]), reverse=True)
        return sitemap_index_of(
            (f"{base_url}sitemap{name}.xml", None if place % 3 == 1 else self._lastmod(numbers).isoformat())
            for place, (name, numbers) in enumerate(children)
        )

    def _children(self) -> dict[str, Sequence[int]]:
        """The numbers of the articles in each sitemap."""
        archive = self._archive
        older = archive[: bisect_left(archive, self._first_monthly)]
        in_one = min(max(-(-len(older) // self._numbered), 1), _MOST_IN_ONE)
        children: dict[str, Sequence[int]] = {
            str(place): older[start : start + in_one]
            for place, start in enumerate(range(0, len(older), in_one), start=1)
        }
        published = [n for n in range(self._layout.articles, self._newsroom.end) if self._layout.generation(n) == 4]
        for month, numbers in groupby([*archive[len(older) :], *published], self._month):
            children[month] = list(numbers)
        return children

    @cached_property
    def _archive(self) -> list[int]:
        monthly = self._layout.monthly()
        return list(monthly.span(0, len(monthly)))

    def _month(self, number: int) -> str:
        return f"{self._layout.timeline.day(number):%Y%m}"

    def _lastmod(self, numbers: Sequence[int]) -> datetime:
        return max(self._modified(number) for number in numbers)

    def _modified(self, number: int) -> datetime:
        if number not in self._moments:
            self._moments[number] = self._newsroom.front(number).modified
        return self._moments[number]

    def _entry(self, number: int, base_url: str) -> tuple[str, str | None]:
        moment = self._modified(number)
        written = (None, moment.date().isoformat(), moment.isoformat(), moment.isoformat(timespec="minutes"))
        return base_url + self._newsroom.path(number)[1:], written[number % 4]
