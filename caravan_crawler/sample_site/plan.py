"""Id, date, section and generation of articles, and how they can be found."""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from enum import Enum
from typing import overload

from caravan_crawler.sample_site.texts import SECTION_THEMES, THEMES, Rng, Theme

# Ids run from 2100 to 2000099, so that none looks like a year, and are not in the order of dates, as on the real site
# before about 2015. Even modulus, odd factor and odd offset: the id of an even number is odd and vice versa.
_LOWEST_ID = 2100
MOST_ARTICLES = 1_998_000
_FACTOR = 764_653
_OFFSET = 1_241_653

FIRST_DAY = date(2001, 9, 4)
_FIRST_DAY_OF_ONE_GENERATION = date(2011, 2, 7)
LAST_DAY = date(2026, 2, 5)
TODAY = date(2026, 2, 6)
"""Fixed day of the visit, printed in the header; also the date of articles published later."""

_ERAS = (
    (FIRST_DAY, 3),
    (date(2016, 1, 1), 1),
    (date(2019, 1, 1), 3),
    (date(2021, 1, 1), 2),
    (date(2023, 1, 1), 3),
    (date(2023, 6, 1), 4),
)
"""First day and generation; the last era has articles of generations 3 and 4."""

KAZAKH = "zhangalyqtar"
SECTIONS = ("news", "gazeta", "sport", "art", "crime", KAZAKH)
TRENDING_LENGTH = 16

PERIOD = 50
"""An article's number modulo 50 decides its section and how it can be found."""
_SECTION_REMAINDERS = {
    "sport": (4, 12, 19, 25, 32, 40, 46),
    "gazeta": (2, 8, 14, 22, 29, 34, 43, 48),
    "art": (5, 18, 30, 36, 44),
}
_TRENDING_ONLY_RANKS = (5, 11)
_RSS_LENGTH = 20
_ENOUGH_FOR_ALL_KINDS = 40

MOST_ARTICLES_OF_ONE_GENERATION = 200_000
_MOST_SEEDS = 100
_DESKS = ("news",) * 12 + ("sport",) * 3 + ("gazeta",) * 3 + ("art",) * 2
_SECTIONS_OF_DESK = {
    "news": ("news", "news", "news", "world", "society"),
    "sport": ("sport",),
    "gazeta": ("analytics", "analytics", "society"),
    "art": ("culture", "culture", "podcasts"),
}
SECTIONS_OF_GENERATION = {
    3: ("news", "gazeta", "sport", "art"),
    4: ("news", "analytics", "world", "society", "podcasts", "crime", "sport", "culture"),
}
_LISTED_PERCENT = 15
_LISTED_AT_LEAST = 12


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
_LINKED_FROM_NEXT = frozenset({6, 9, 16, 20})
_IN_SITEMAP = frozenset(r for r in range(PERIOD) if r % 10 not in (1, 5, 8)) - _LINKED_FROM_NEXT
_RESERVED = frozenset(_REACH) | {r + 1 for r in _LINKED_FROM_NEXT}
"""Remainders whose articles are never in the RSS feed or the trending block alone."""


def article_id(number: int) -> int:
    """Return the id of an article: 4 to 7 digits, different for every number."""
    return _LOWEST_ID + (number * _FACTOR + _OFFSET) % MOST_ARTICLES


def number_of(article_id: int) -> int | None:
    """Return the number that has this id, if any can have it."""
    position = article_id - _LOWEST_ID
    if not 0 <= position < MOST_ARTICLES:
        return None
    return (position - _OFFSET) * pow(_FACTOR, -1, MOST_ARTICLES) % MOST_ARTICLES


class Timeline:
    """Dates of articles, evenly spread from ``first_day`` on, oldest first."""

    def __init__(self, articles: int, first_day: date = FIRST_DAY) -> None:
        self.articles = articles
        self._first_day = first_day
        self._span = (LAST_DAY - first_day).days
        self._gaps = max(articles - 1, 1)

    def day(self, number: int) -> date:
        """Day of publication; it never decreases with the number."""
        if number >= self.articles:
            return TODAY
        return self._first_day + timedelta(days=number * self._span // self._gaps)

    def first_number_on(self, day: date) -> int:
        """Return the smallest number published on ``day`` or later, at most ``articles``."""
        days = (day - self._first_day).days
        return min(max(-(-days * self._gaps // self._span), 0), self.articles)

    def eras(self) -> list[tuple[int, int, int]]:
        """Ranges of numbers as (first, end, generation), which cover 0 … articles - 1."""
        starts = [self.first_number_on(day) for day, _ in _ERAS] + [self.articles]
        return [(starts[i], starts[i + 1], generation) for i, (_, generation) in enumerate(_ERAS)]


Range = tuple[int, int, frozenset[int]]
"""(first number, end, remainders of the members)."""


class PeriodicNumbers(Sequence[int]):
    """Rising numbers with certain remainders, range by range, except a few.

    They are computed, not stored: an index costs a binary search, on page 50,000 of a listing as on page 1.
    """

    def __init__(self, ranges: Iterable[Range], without: Iterable[int] = ()) -> None:
        self._ranges = [
            (first, end, [sum(r in remainders for r in range(stop)) for stop in range(PERIOD + 1)], remainders)
            for first, end, remainders in ranges
            if first < end
        ]
        self._without: list[int] = []
        self._without = sorted(n for n in set(without) if n in self)
        self._end = max((end for _, end, *_ in self._ranges), default=0)
        self._length = self._below(self._end)

    def __len__(self) -> int:
        return self._length

    def __contains__(self, number: object) -> bool:
        return (
            isinstance(number, int)
            and number not in self._without
            and any(first <= number < end and number % PERIOD in members for first, end, _, members in self._ranges)
        )

    @overload
    def __getitem__(self, position: int) -> int: ...

    @overload
    def __getitem__(self, position: slice) -> list[int]: ...

    def __getitem__(self, position: int | slice) -> int | list[int]:
        if isinstance(position, slice):
            return [self[place] for place in range(*position.indices(self._length))]
        if not 0 <= position < self._length:
            raise IndexError(position)
        return bisect_right(range(self._end), position, key=lambda number: self._below(number + 1))

    def _below(self, number: int) -> int:
        """Count the members smaller than ``number``."""
        total = -sum(n < number for n in self._without)
        for first, end, counts, _ in self._ranges:
            if number > first:
                total += _count(min(number, end), counts) - _count(first, counts)
        return total


def _count(number: int, counts: list[int]) -> int:
    periods, rest = divmod(number, PERIOD)
    return periods * counts[PERIOD] + counts[rest]


class MixedPlan:
    """Section, generation and reach of each article on a site of all generations."""

    def __init__(self, articles: int) -> None:
        self.articles = articles
        self.timeline = Timeline(articles)
        self._eras = self.timeline.eras()
        self._exceptions: dict[int, Reach] = {}
        if (articles - 1) % PERIOD in _LINKED_FROM_NEXT:
            self._exceptions[articles - 1] = Reach.LISTED  # there is no next article to link to it
        self._exceptions |= dict.fromkeys(self._pick_rss_only(), Reach.RSS)
        self.trending: Sequence[int] = self._pick_trending()
        """Numbers in the trending block, in rank order."""
        self.listings: Mapping[str, Sequence[int]] = {section: self._listing(section) for section in SECTIONS}
        """Numbers in the listing of each section, in the order of the menu."""
        self.sitemap: Sequence[int] = self._numbers(
            lambda generation, r: r in _IN_SITEMAP and _usual_reach(generation, r) is not Reach.MONTHLY_SITEMAP
        )

    def generation(self, number: int) -> int:
        """Generation of an article's page, 1 to 4; the Kazakh edition is of generation 3."""
        if number >= self.articles:
            return 3
        era = next(era for first, end, era in self._eras if first <= number < end)
        return _generation(era, number % PERIOD)

    def section(self, number: int) -> str:
        """First part of the article's path."""
        if number >= self.articles:
            return "news"
        return _section(self.generation(number), number % PERIOD)

    desk = section
    """Section whose themes the article is about."""

    def reach(self, number: int) -> Reach:
        """The only place that leads to the article, or LISTED."""
        if number >= self.articles:
            return Reach.LISTED
        return self._exceptions.get(number) or _usual_reach(self.generation(number), number % PERIOD)

    def is_kazakh(self, number: int) -> bool:
        """Whether the article belongs to the Kazakh edition."""
        return number < self.articles and _is_kazakh(number)

    def rss_only(self) -> list[int]:
        """Numbers that only the RSS feed leads to."""
        return [n for n, reach in self._exceptions.items() if reach is Reach.RSS]

    def newest_listed(self) -> Iterator[int]:
        """Numbers found in listings, newest first, without those published later."""
        return (number for number in range(self.articles - 1, -1, -1) if self.reach(number) is Reach.LISTED)

    def monthly(self) -> Sequence[int]:
        """Numbers in the sitemaps of generation 4, without those published later."""
        return self._numbers(lambda generation, _: generation == 4)

    def _pick_rss_only(self) -> list[int]:
        if self.articles < _ENOUGH_FOR_ALL_KINDS:
            return []
        newest = range(self.articles - 3, self.articles - _RSS_LENGTH // 2 - 2, -1)
        plain = [n for n in newest if self._is_plain(n)]
        return plain[:1] if self.articles < 150 else plain[:5:2]

    def _pick_trending(self) -> list[int]:
        """Choose numbers, newest first; two of them can be found nowhere else."""
        step = max(min(self.articles, 400) // 22, 1)
        chosen: list[int] = []
        number = self.articles - 2
        while number >= 0 and len(chosen) < TRENDING_LENGTH:
            if self._is_plain(number):
                chosen.append(number)
                number -= step
            else:
                number -= 1
        if self.articles >= _ENOUGH_FOR_ALL_KINDS:
            self._exceptions |= {chosen[rank]: Reach.TRENDING for rank in _TRENDING_ONLY_RANKS if rank < len(chosen)}
        return chosen

    def _is_plain(self, number: int) -> bool:
        return not (number in self._exceptions or number % PERIOD in _RESERVED or _is_kazakh(number))

    def _listing(self, section: str) -> PeriodicNumbers:
        last = self.articles - 1
        more: list[Range] = []
        if self._exceptions.get(last) is Reach.LISTED and self.section(last) == section:
            more.append((last, last + 1, frozenset({last % PERIOD})))
        return self._numbers(
            lambda generation, r: _usual_reach(generation, r) is Reach.LISTED and _section(generation, r) == section,
            more,
        )

    def _numbers(self, belongs: Callable[[int, int], bool], more: Iterable[Range] = ()) -> PeriodicNumbers:
        """Numbers whose generation and remainder belong, without the exceptions."""
        ranges = [
            (first, end, frozenset(r for r in range(PERIOD) if belongs(_generation(era, r), r)))
            for first, end, era in self._eras
        ]
        hidden = [n for n, reach in self._exceptions.items() if reach is not Reach.LISTED]
        return PeriodicNumbers([*ranges, *more], without=hidden)


def _generation(era: int, remainder: int) -> int:
    if _is_kazakh(remainder):
        return 3
    if era == 4 and (remainder % 2 == 0 or remainder in _REACH):
        return 3
    return era


def _usual_reach(generation: int, remainder: int) -> Reach:
    if generation == 4:
        return Reach.LISTED if remainder % 10 == 3 else Reach.MONTHLY_SITEMAP
    reach = _REACH.get(remainder, Reach.LISTED)
    # Only generation 3 has AMP copies.
    return Reach.LISTED if reach is Reach.AMP_LINK and generation != 3 else reach


def _is_kazakh(number: int) -> bool:
    return number % 25 == 13


def _section(generation: int, remainder: int) -> str:
    if _is_kazakh(remainder):
        return KAZAKH
    if generation == 4:
        return "crime"
    return next((name for name, remainders in _SECTION_REMAINDERS.items() if remainder in remainders), "news")


class SinglePlan:
    """Sections and listings on a site of one generation.

    Generation 3 lists all articles, generation 4 only the newest. Dates, texts and headlines do not depend on the
    generation, so that a site can be read before and after its move from 3 to 4.
    """

    def __init__(self, articles: int, generation: int, seed: int) -> None:
        """Raise ValueError for another generation, and for numbers out of range."""
        if generation not in SECTIONS_OF_GENERATION:
            raise ValueError(f"generation must be 3 or 4, not {generation}")
        most = MOST_ARTICLES_OF_ONE_GENERATION
        if not 1 <= articles <= most:
            raise ValueError(f"articles of a site of one generation must be between 1 and {most}")
        if not 0 <= seed < _MOST_SEEDS:
            raise ValueError(f"seed must be between 0 and {_MOST_SEEDS - 1}, not {seed}")
        self.articles = articles
        self.seed = seed
        self.timeline = Timeline(articles, _FIRST_DAY_OF_ONE_GENERATION)
        self._generation = generation
        self._first_recent = articles - min(max(articles * _LISTED_PERCENT // 100, _LISTED_AT_LEAST), articles)
        self._first_listed = self._first_recent if generation == 4 else 0
        self.sitemap: Sequence[int] = range(articles)
        members: dict[str, list[int]] = {section: [] for section in SECTIONS_OF_GENERATION[generation]}
        for number in range(self._first_listed, articles):
            members[self.section(number)].append(number)
        self.listings: Mapping[str, Sequence[int]] = members
        step = max((articles - self._first_recent) // TRENDING_LENGTH, 1)
        self.trending: Sequence[int] = range(articles - 1, self._first_recent - 1, -step)[:TRENDING_LENGTH]

    def text_seed(self, number: int) -> int:
        """Seed of an article's texts."""
        return number + 2 * MOST_ARTICLES_OF_ONE_GENERATION * self.seed

    def generation(self, number: int) -> int:
        """Generation of the site."""
        return self._generation

    def section(self, number: int) -> str:
        """First part of the article's path, which differs between generations."""
        desk = self.desk(number)
        if self._generation == 3:
            return desk
        if number >= self.articles:
            return "news"
        if self.theme(number) is THEMES["crime"]:
            return "crime"
        return Rng("section", self.text_seed(number)).pick(_SECTIONS_OF_DESK[desk])

    def desk(self, number: int) -> str:
        """Section of generation 3, whose themes the article is about."""
        return "news" if number >= self.articles else Rng("desk", self.text_seed(number)).pick(_DESKS)

    def theme(self, number: int) -> Theme:
        """Theme of an article."""
        return Rng("theme", self.text_seed(number)).pick(SECTION_THEMES[self.desk(number)])

    def is_recent(self, number: int) -> bool:
        """Whether generation 4 lists the article."""
        return number >= self._first_recent

    def reach(self, number: int) -> Reach:
        """LISTED or SITEMAP."""
        return Reach.LISTED if number >= self._first_listed else Reach.SITEMAP

    def is_kazakh(self, number: int) -> bool:
        """False: there is no Kazakh edition."""
        return False

    def rss_only(self) -> list[int]:
        """No numbers: the RSS feed has listed articles only."""
        return []

    def monthly(self) -> Sequence[int]:
        """All articles."""
        return self.sitemap

    def newest_listed(self) -> Iterator[int]:
        """Numbers found in listings, newest first, without those published later."""
        return iter(range(self.articles - 1, self._first_listed - 1, -1))


Plan = MixedPlan | SinglePlan
