"""Which article is what: id, date, section, generation, and how a crawler can find it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from enum import Enum
from typing import Protocol

_LOWEST_ID = 2100
_MODULUS = 1_998_000
_FACTOR = 764_653
_OFFSET = 1_241_653
_INVERSE = pow(_FACTOR, -1, _MODULUS)

MOST_ARTICLES = _MODULUS
"""There are no more ids than these."""


def article_id(number: int) -> int:
    """The id of an article: 4 to 7 digits, different for every number."""
    return _LOWEST_ID + (number * _FACTOR + _OFFSET) % _MODULUS


def number_of(article_id: int) -> int | None:
    """The number behind an id, or None where no article can have that id."""
    position = article_id - _LOWEST_ID
    if not 0 <= position < _MODULUS:
        return None
    return (position - _OFFSET) * _INVERSE % _MODULUS


def short_link_redirects(article_id: int) -> bool:
    """Whether ``/?p=<id>`` redirects (even ids) or answers with the page itself (odd ids)."""
    return article_id % 2 == 0


PERIOD = 50
"""Numbers are dealt to sections and ways of being found by their remainder to this."""

Stretch = tuple[int, int, frozenset[int]]
"""(first number, end, remainders that belong)."""


class PeriodicNumbers:
    """Rising numbers whose remainder belongs, stretch by stretch, less a few taken out by hand.

    ``roster[k]`` costs a binary search, so that page 50,000 of a listing is as cheap as page 1.
    """

    def __init__(self, stretches: Iterable[Stretch], without: Iterable[int] = ()) -> None:
        self._stretches = [s for s in stretches if s[0] < s[1]]
        self._counts = [
            [sum(r in remainders for r in range(upto)) for upto in range(PERIOD + 1)]
            for _, _, remainders in self._stretches
        ]
        self._end = max((end for _, end, _ in self._stretches), default=0)
        self._without: list[int] = []
        self._without = sorted(n for n in set(without) if n in self)
        self._length = self._below(self._end)

    def __len__(self) -> int:
        return self._length

    def __contains__(self, number: int) -> bool:
        if number in self._without:
            return False
        return any(
            first <= number < end and number % PERIOD in remainders for first, end, remainders in self._stretches
        )

    def __getitem__(self, position: int) -> int:
        if not 0 <= position < self._length:
            raise IndexError(position)
        low, high = 0, self._end
        while low < high:
            middle = (low + high) // 2
            if self._below(middle + 1) > position:
                high = middle
            else:
                low = middle + 1
        return low

    def span(self, first: int, end: int) -> Iterator[int]:
        """The members at the positions ``first`` … ``end - 1``, as far as there are any."""
        for position in range(max(first, 0), min(end, self._length)):
            yield self[position]

    def _below(self, number: int) -> int:
        """How many members are smaller than ``number``."""
        total = -sum(n < number for n in self._without)
        for (first, end, _), counts in zip(self._stretches, self._counts, strict=True):
            if number > first:
                total += _up_to(min(number, end), counts) - _up_to(first, counts)
        return total


def _up_to(number: int, counts: list[int]) -> int:
    periods, rest = divmod(number, PERIOD)
    return periods * counts[PERIOD] + counts[rest]


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


KAZAKH = "zhangalyqtar"
SECTIONS = ("news", "gazeta", "sport", "art", "crime", KAZAKH)

KAZAKH_REMAINDER = 13
KAZAKH_STEP = 25
"""Numbers 13, 38, 63, … are of the Kazakh edition, whatever their date."""

_SPECIAL_SECTIONS = {"gazeta": (2, 8, 14, 22, 29, 34, 43, 48), "art": (5, 18, 30, 36, 44)}
_SPORT = (4, 12, 19, 25, 32, 40, 46)
_IN_SITEMAP = frozenset(r for r in range(PERIOD) if r % 10 not in (1, 5, 8))


class Reach(Enum):
    """The one place from which an article can be found."""

    LISTED = "the listing of its section, and perhaps more places"
    SITEMAP = "the sitemap only"
    MONTHLY_SITEMAP = "a sitemap of generation 4 only"
    RSS = "the RSS feed only"
    TRENDING = "the trending block only"
    BODY_LINK = "a link to its own path in the next article only"
    REDIRECTING_LINK = "a /?p= link that redirects, in the next article only"
    SHORT_LINK = "a /?p= link that answers 200 and names no own path, in the next article only"
    AMP_LINK = "an /amp/ link in the next article only"


_REACH = {
    3: Reach.SITEMAP,
    6: Reach.BODY_LINK,
    9: Reach.REDIRECTING_LINK,
    16: Reach.SHORT_LINK,
    20: Reach.AMP_LINK,
}
_LISTED_IN_GENERATION_4 = frozenset({3})
"""Last digits of their numbers; the others are in the monthly sitemaps alone."""
_LINKED_FROM_NEXT = frozenset({6, 9, 16, 20})
_KEPT_PLAIN = frozenset(_REACH) | {r + 1 for r in _LINKED_FROM_NEXT}
"""Remainders whose articles are not taken for the RSS feed or the trending block alone."""

TRENDING_LENGTH = 16
_TRENDING_ONLY_RANKS = (5, 11)
_RSS_LENGTH = 20
_ENOUGH_FOR_ALL_KINDS = 40


class Numbers(Protocol):
    """Rising numbers of articles."""

    def __len__(self) -> int: ...

    def __contains__(self, number: int, /) -> bool: ...

    def __getitem__(self, position: int, /) -> int: ...

    def span(self, first: int, end: int) -> Iterator[int]:
        """The members at the positions ``first`` … ``end - 1``, as far as there are any."""


class Plan(Protocol):
    """What the rest of the sample site asks a layout; ``Layout`` and ``SingleLayout`` are two."""

    articles: int
    timeline: Timeline
    trending: Sequence[int]
    """Numbers in the trending block, in rank order."""

    @property
    def listings(self) -> Mapping[str, Numbers]:
        """The articles in the list of each section, in the order of the menu."""

    @property
    def sitemap(self) -> Numbers:
        """The articles in the sitemaps."""

    def generation(self, number: int) -> int:
        """The generation of an article's page."""

    def section(self, number: int) -> str:
        """First part of the article's path."""

    def desk(self, number: int) -> str:
        """The section by whose themes the article is written."""

    def reach(self, number: int) -> Reach:
        """The only place that leads to the article, or LISTED."""

    def is_kazakh(self, number: int) -> bool:
        """Whether the article belongs to the Kazakh edition."""

    def rss_only(self) -> list[int]:
        """Numbers that only the RSS feed leads to."""

    def monthly(self) -> Numbers:
        """The articles in the sitemaps of generation 4, without the published ones."""

    def newest_listed(self) -> Iterator[int]:
        """Numbers found in listings, newest first, without the published ones."""


class MixedPlan:
    """Deals numbers to sections, generations and ways of being found."""

    def __init__(self, articles: int) -> None:
        self.articles = articles
        self.timeline = Timeline(articles)
        self._eras = self.timeline.eras()
        self._by_hand: dict[int, Reach] = {}
        if articles - 1 >= 0 and (articles - 1) % PERIOD in _LINKED_FROM_NEXT:
            self._by_hand[articles - 1] = Reach.LISTED  # there is no next article to link to it
        self._by_hand |= dict.fromkeys(self._pick_rss_only(), Reach.RSS)
        self.trending: Sequence[int] = self._pick_trending()
        self.listings: Mapping[str, Numbers] = {section: self._listing(section) for section in SECTIONS}
        self.sitemap: Numbers = self._sitemap()

    def generation(self, number: int) -> int:
        """1 to 4; the Kazakh edition counts as 3."""
        if number >= self.articles:
            return 3
        for first, end, generation in self._eras:
            if first <= number < end:
                return self._generation(generation, number % PERIOD)
        raise IndexError(number)

    def section(self, number: int) -> str:
        """First part of the article's path."""
        if number >= self.articles:
            return "news"
        return _section(self.generation(number), number % PERIOD)

    def desk(self, number: int) -> str:
        """The section by whose themes the article is written: its own."""
        return self.section(number)

    def reach(self, number: int) -> Reach:
        """The only place that leads to the article, or LISTED."""
        if number >= self.articles:
            return Reach.LISTED
        if number in self._by_hand:
            return self._by_hand[number]
        return self._usual_reach(self.generation(number), number % PERIOD)

    def is_kazakh(self, number: int) -> bool:
        """Whether the article belongs to the Kazakh edition."""
        return number < self.articles and _is_kazakh(number % PERIOD)

    def rss_only(self) -> list[int]:
        """Numbers that only the RSS feed leads to."""
        return [n for n, reach in self._by_hand.items() if reach is Reach.RSS]

    def newest_listed(self) -> Iterator[int]:
        """Numbers found in listings, newest first, without the published ones."""
        for number in range(self.articles - 1, -1, -1):
            if self.reach(number) is Reach.LISTED:
                yield number

    @staticmethod
    def _generation(era: int, remainder: int) -> int:
        if era == 4:
            late = remainder % 2 == 1 and remainder not in _REACH
            return 4 if late and not _is_kazakh(remainder) else 3
        return 3 if _is_kazakh(remainder) else era

    @staticmethod
    def _usual_reach(generation: int, remainder: int) -> Reach:
        reach = _REACH.get(remainder, Reach.LISTED)
        if generation == 4 and remainder % 10 not in _LISTED_IN_GENERATION_4:
            return Reach.MONTHLY_SITEMAP
        if reach is Reach.AMP_LINK and generation != 3:
            return Reach.LISTED  # only generation 3 has AMP copies
        return reach

    def _pick_rss_only(self) -> list[int]:
        if self.articles < _ENOUGH_FOR_ALL_KINDS:
            return []
        newest = range(self.articles - 3, self.articles - _RSS_LENGTH // 2 - 2, -1)
        plain = [n for n in newest if self._is_plain(n)]
        return plain[:1] if self.articles < 150 else plain[:5:2]

    def _pick_trending(self) -> list[int]:
        """Targets in rank order, newest first; two of them can be found nowhere else."""
        step = max(min(self.articles, 400) // 22, 1)
        targets: list[int] = []
        number = self.articles - 2
        while number >= 0 and len(targets) < TRENDING_LENGTH:
            if self._is_plain(number):
                targets.append(number)
                number -= step
            else:
                number -= 1
        if self.articles >= _ENOUGH_FOR_ALL_KINDS:
            for rank in _TRENDING_ONLY_RANKS:
                if rank < len(targets):
                    self._by_hand[targets[rank]] = Reach.TRENDING
        return targets

    def _is_plain(self, number: int) -> bool:
        remainder = number % PERIOD
        taken = number in self._by_hand or remainder in _KEPT_PLAIN or _is_kazakh(remainder)
        return not taken

    def _listing(self, section: str) -> PeriodicNumbers:
        stretches: list[Stretch] = []
        for first, end, era in self._eras:
            members = [r for r in range(PERIOD) if self._is_listed_in(section, era, r)]
            stretches.append((first, end, frozenset(members)))
        last = self.articles - 1
        if self._by_hand.get(last) is Reach.LISTED and self.section(last) == section:
            stretches.append((last, last + 1, frozenset({last % PERIOD})))
        return PeriodicNumbers(stretches, without=self._unlisted_by_hand())

    def _is_listed_in(self, section: str, era: int, remainder: int) -> bool:
        generation = self._generation(era, remainder)
        listed = self._usual_reach(generation, remainder) is Reach.LISTED
        return listed and _section(generation, remainder) == section

    def _sitemap(self) -> PeriodicNumbers:
        members = _IN_SITEMAP - _LINKED_FROM_NEXT
        stretches: list[Stretch] = []
        for first, end, era in self._eras:
            monthly = {r for r in members if self._usual_reach(self._generation(era, r), r) is Reach.MONTHLY_SITEMAP}
            stretches.append((first, end, members - monthly))
        return PeriodicNumbers(stretches, without=self._unlisted_by_hand())

    def monthly(self) -> Numbers:
        """The articles of generation 4, which are in sitemaps of their own."""
        members = frozenset(r for r in range(PERIOD) if self._generation(4, r) == 4)
        stretches = [(first, end, members) for first, end, era in self._eras if era == 4]
        return PeriodicNumbers(stretches, without=self._unlisted_by_hand())

    def _unlisted_by_hand(self) -> list[int]:
        return [n for n, reach in self._by_hand.items() if reach is not Reach.LISTED]


def _is_kazakh(remainder: int) -> bool:
    return remainder % KAZAKH_STEP == KAZAKH_REMAINDER


def _section(generation: int, remainder: int) -> str:
    if _is_kazakh(remainder):
        return KAZAKH
    if generation == 4:
        return "crime"
    if remainder in _SPORT:
        return "sport"
    for section, remainders in _SPECIAL_SECTIONS.items():
        if remainder in remainders:
            return section
    return "news"
