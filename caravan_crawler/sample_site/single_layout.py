"""What kind of article each number is on a site whose pages are all of one generation.

Dates, texts and headlines do not depend on the generation, so that a site can be read before and after it moved
from one to the other.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from caravan_crawler.sample_site.dice import Dice
from caravan_crawler.sample_site.layout import TRENDING_LENGTH, Numbers, Reach
from caravan_crawler.sample_site.themes_ru import BY_SECTION, CRIME, Theme
from caravan_crawler.sample_site.timeline import Timeline

FIRST_DAY = date(2011, 2, 7)
"""Fifteen years before the last day."""

MOST_ARTICLES = 200_000
MOST_SEEDS = 100
"""Each seed has numbers of its own for the texts."""

_DESKS = ("news",) * 12 + ("sport",) * 3 + ("gazeta",) * 3 + ("art",) * 2
_SECTIONS_OF_DESK = {
    "news": ("news", "news", "news", "world", "society"),
    "sport": ("sport",),
    "gazeta": ("analytics", "analytics", "society"),
    "art": ("culture", "culture", "podcasts"),
}
_SECTIONS = {
    3: ("news", "gazeta", "sport", "art"),
    4: ("news", "analytics", "world", "society", "podcasts", "crime", "sport", "culture"),
}
_LISTED_PERCENT = 15
_LISTED_AT_LEAST = 12


class NumberList:
    """Rising numbers, stored."""

    def __init__(self, numbers: Sequence[int]) -> None:
        self._numbers = numbers
        self._members = frozenset(numbers)

    def __len__(self) -> int:
        return len(self._numbers)

    def __contains__(self, number: int) -> bool:
        return number in self._members

    def __getitem__(self, position: int) -> int:
        return self._numbers[position]

    def span(self, first: int, end: int) -> Iterator[int]:
        """The members at the positions ``first`` … ``end - 1``, as far as there are any."""
        yield from self._numbers[first:end]


class SingleLayout:
    """Deals numbers to sections and lists: all are listed in generation 3, in generation 4 only the newest."""

    def __init__(self, articles: int, generation: int, seed: int) -> None:
        """Raise ValueError for a generation other than 3 and 4, and for what is out of range."""
        if generation not in _SECTIONS:
            raise ValueError(f"generation must be 3 or 4, not {generation}")
        if not 1 <= articles <= MOST_ARTICLES:
            raise ValueError(f"articles of a site of one generation must be between 1 and {MOST_ARTICLES}")
        if not 0 <= seed < MOST_SEEDS:
            raise ValueError(f"seed must be between 0 and {MOST_SEEDS - 1}, not {seed}")
        self.articles = articles
        self.seed = seed
        self.timeline = Timeline(articles, FIRST_DAY)
        self._generation = generation
        self._first_recent = articles - min(max(articles * _LISTED_PERCENT // 100, _LISTED_AT_LEAST), articles)
        self._first_listed = self._first_recent if generation == 4 else 0
        self.sitemap: Numbers = NumberList(range(articles))
        self.listings: Mapping[str, Numbers] = self._listings()
        step = max((articles - self._first_recent) // TRENDING_LENGTH, 1)
        self.trending: Sequence[int] = range(articles - 1, self._first_recent - 1, -step)[:TRENDING_LENGTH]

    def drawn(self, number: int) -> int:
        """The number that the texts of an article are drawn by."""
        return number + 2 * MOST_ARTICLES * self.seed

    def generation(self, number: int) -> int:
        """The same for all."""
        return self._generation

    def section(self, number: int) -> str:
        """First part of the article's path. Generation 4 files an article elsewhere than generation 3 did."""
        desk = self.desk(number)
        if self._generation == 3:
            return desk
        if number >= self.articles:
            return "news"
        if self.theme(number) is CRIME:
            return "crime"
        return Dice("section", self.drawn(number)).pick(_SECTIONS_OF_DESK[desk])

    def desk(self, number: int) -> str:
        """The section of generation 3, by whose themes the article is written."""
        return "news" if number >= self.articles else Dice("desk", self.drawn(number)).pick(_DESKS)

    def theme(self, number: int) -> Theme:
        """What an article is about."""
        return Dice("theme", self.drawn(number)).pick(BY_SECTION[self.desk(number)])

    def is_recent(self, number: int) -> bool:
        """Whether generation 4 lists the article."""
        return number >= self._first_recent

    def reach(self, number: int) -> Reach:
        """Always LISTED or SITEMAP."""
        return Reach.LISTED if number >= self._first_listed else Reach.SITEMAP

    def is_kazakh(self, number: int) -> bool:
        """Never."""
        return False

    def rss_only(self) -> list[int]:
        """None."""
        return []

    def monthly(self) -> Numbers:
        """All articles of a site of generation 4."""
        return self.sitemap

    def newest_listed(self) -> Iterator[int]:
        """Numbers found in listings, newest first, without the published ones."""
        yield from range(self.articles - 1, self._first_listed - 1, -1)

    def _listings(self) -> dict[str, Numbers]:
        members: dict[str, list[int]] = {section: [] for section in _SECTIONS[self._generation]}
        for number in range(self._first_listed, self.articles):
            members[self.section(number)].append(number)
        return {section: NumberList(numbers) for section, numbers in members.items()}
