"""Plan, names and URLs of a site whose pages all belong to one generation."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from enum import Enum
from typing import Literal, NamedTuple, get_args
from urllib.parse import parse_qs, quote

from caravan_crawler.sample_site.front_matter import FrontMatter, single_front_matter
from caravan_crawler.sample_site.newsroom import Newsroom, slug, slug_generation_4, slug_in_cyrillic
from caravan_crawler.sample_site.plan import TRENDING_LENGTH, Numbers, Reach, Timeline, article_id
from caravan_crawler.sample_site.rng import Rng
from caravan_crawler.sample_site.themes_ru import BY_SECTION, CRIME, Theme

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


class SinglePlan:
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
        return Rng("section", self.drawn(number)).pick(_SECTIONS_OF_DESK[desk])

    def desk(self, number: int) -> str:
        """The section of generation 3, by whose themes the article is written."""
        return "news" if number >= self.articles else Rng("desk", self.drawn(number)).pick(_DESKS)

    def theme(self, number: int) -> Theme:
        """What an article is about."""
        return Rng("theme", self.drawn(number)).pick(BY_SECTION[self.desk(number)])

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


OldAddresses = Literal["mixed", "redirect", "canonical", "plain", "gone"]
"""How generation 4 answers an address of generation 3:

* redirect – 301 to the new one;
* canonical – 200, with a canonical link to the new one, whose page has the short link;
* plain – 200, with nothing that names the new one: headline, day and text are the same;
* gone – 404;
* mixed – one of the four, by article.
"""

_PERCENT_ENCODED = re.compile(r"%[0-9A-F]{2}")
_CYRILLIC = 29
_SEVERAL_PAGES = 61
_ATTACHMENT = 10
_ATTACHMENT_NAMES = ("dsc-{:05d}", "img-{}", "foto-iz-arkhiva-{}")
_SHORT_IDS = (40_000, 860_000, 7_919)  # the lowest, how many there are, a factor that shares nothing with that
_LONG_IDS = (1_000_000, 19_000_000, 190_000_000)


class SingleNewsroom(Newsroom):
    """Names the articles of a ``SingleLayout``. In generation 3 their addresses end in a number, in 4 in none."""

    def __init__(self, layout: SinglePlan, old_addresses: OldAddresses = "mixed") -> None:
        """Raise ValueError for old addresses of an unknown kind."""
        super().__init__(layout)
        if old_addresses not in get_args(OldAddresses):
            raise ValueError(f"old addresses must be {', '.join(get_args(OldAddresses))}, not {old_addresses}")
        self._layout = layout
        self._old_addresses = old_addresses
        self._paths: list[str] = []
        self._by_path: dict[str, int] = {}
        self._by_id: dict[int, int] = {}

    def drawn(self, number: int) -> int:
        """The number that the texts of an article are drawn by: another one under each seed."""
        return self._layout.drawn(number)

    def theme(self, number: int) -> Theme:
        """What an article is about."""
        return self._layout.theme(number)

    def headline(self, number: int) -> str:
        """The headline of an article."""
        return self._russian_headline(number)

    def short_id(self, number: int) -> int:
        """The id that generation 3 has in the address: 5 to 9 digits."""
        drawn = self.drawn(number)
        kind = drawn % 5
        if kind == 0:
            lowest, count, factor = _SHORT_IDS
            return lowest + drawn * factor % count
        return _LONG_IDS[max(kind - 2, 0)] + article_id(drawn)

    def id(self, number: int) -> int | None:
        """The id, where the article's own page or address names it."""
        is_named = self._layout.generation(number) == 3 or self.old_style(number) == "canonical"
        return self.short_id(number) if is_named else None

    def path(self, number: int, headline: str | None = None) -> str:
        """The article's own path, percent-encoded with capital letters."""
        self._name_all()
        return self._paths[number]

    def path_on_cards(self, number: int) -> str:
        """The path percent-encoded with small letters: the same address."""
        return _PERCENT_ENCODED.sub(lambda found: found[0].lower(), self.path(number))

    def amp_path(self, number: int) -> str | None:
        """The path of the AMP copy of generation 3."""
        return f"/amp{self.path(number)[:-1]}" if self._layout.generation(number) == 3 else None

    def old_path(self, number: int) -> str:
        """The path that generation 3 has for the article."""
        return f"/{self._layout.desk(number)}/{slug(self.headline(number))}-{self.short_id(number)}/"

    def old_style(self, number: int) -> OldAddresses:
        """How generation 4 answers the article's old address; never ``mixed``."""
        if self._old_addresses != "mixed":
            return self._old_addresses
        return Rng("old", self.drawn(number)).pick(("redirect", "canonical", "plain", "gone"))

    def find(self, section: str, slug: str) -> int | None:
        """The number of the article of this path; in generation 3 the id alone decides."""
        if self._layout.generation(0) == 3:
            return self.find_old(slug)
        self._name_all()
        return self._by_path.get(f"/{section}/{slug}/")

    def find_old(self, slug: str) -> int | None:
        """The number of the article whose id the slug ends in."""
        digits = slug.rpartition("-")[2]
        return self.find_id(int(digits)) if digits.isascii() and digits.isdigit() and len(digits) < 10 else None

    def find_id(self, candidate: int) -> int | None:
        """The number of the article that has this id in generation 3."""
        self._name_all()
        return self._by_id.get(candidate)

    def front(self, number: int) -> FrontMatter:
        """What stands around the text of an article."""
        day = self._layout.timeline.day(number)
        return single_front_matter(self.drawn(number), day, self._layout.generation(number), number)

    def parts(self, number: int) -> int:
        """How many pages the article has; few have more than one."""
        return 2 + number // _SEVERAL_PAGES % 2 if number % _SEVERAL_PAGES == 11 else 1

    def attachment(self, number: int) -> str | None:
        """The path of the page of the article's photo; it ends in the id of another article."""
        if number % _ATTACHMENT:
            return None
        name = _ATTACHMENT_NAMES[number // _ATTACHMENT % len(_ATTACHMENT_NAMES)]
        return f"{self.path(number)}{name.format(self.short_id(number // 2))}/"

    def has_canonical(self, number: int) -> bool:
        """Whether the article's page names its own address: half of them do."""
        return number % 2 == 0 or self.old_style(number) == "canonical"

    def only_linked_from(self, host: int) -> int | None:
        """None: no article can be found only through another."""
        return None

    def older_article(self, number: int, dice: Rng) -> int | None:
        """Some article of the newest ones, so that texts are the same in both generations and link to few others."""
        candidate = dice.below(min(number, self._layout.articles)) if number else 0
        return candidate if self._layout.is_recent(candidate) and candidate < number else None

    def _name_all(self) -> None:
        """Name the articles that have appeared. One whose headline another one has gets a digit behind its slug."""
        generation = self._layout.generation(0)
        for number in range(len(self._paths), self.end):
            path = self.old_path(number) if generation == 3 else self._new_path(number)
            self._by_path[path] = number
            self._by_id[self.short_id(number)] = number
            self._paths.append(quote(path))

    def _new_path(self, number: int) -> str:
        headline = self.headline(number)
        words = slug_in_cyrillic(headline) if number % _CYRILLIC == 7 else slug_generation_4(headline)
        section, count, ending = self._layout.section(number), 1, ""
        while (path := f"/{section}/{words}{ending}/") in self._by_path:
            count += 1
            ending = f"-{count}"
        return path


class Form(Enum):
    """What kind of address it is."""

    OLD = "an address of generation 3 on a site that has moved to 4: its path, short link or AMP copy"
    SECOND_AMP = "the AMP copy at /amp/ behind the article's path"
    PART = "the second or a further page of an article"
    ATTACHMENT = "the page of an article's photo"


class Found(NamedTuple):
    """The article that an address belongs to."""

    number: int
    form: Form
    part: int = 1


class OtherAddresses:
    """Reads the addresses of one generation."""

    def __init__(self, newsroom: SingleNewsroom) -> None:
        self._newsroom = newsroom

    def find(self, parts: list[str], query: str) -> Found | None:
        """Tell what a path in ``parts`` with a query leads to; None where it is no address of these forms."""
        if self._newsroom.layout.generation(0) == 4:
            old = self._old_number(parts, query)
            if old is not None:
                return Found(old, Form.OLD)
        match parts:
            case [section, slug, last]:
                number = self._newsroom.find(section, slug)
                return None if number is None else self._below(number, last)
        return None

    def _below(self, number: int, last: str) -> Found | None:
        """What stands at one step below an article's path."""
        if last == "amp":
            return Found(number, Form.SECOND_AMP)
        if last.isascii() and last.isdigit():
            part = int(last[:3])
            return Found(number, Form.PART, part) if 2 <= part <= self._newsroom.parts(number) else None
        attachment = self._newsroom.attachment(number)
        if attachment and attachment.rstrip("/").endswith(f"/{last}"):
            return Found(number, Form.ATTACHMENT)
        return None

    def _old_number(self, parts: list[str], query: str) -> int | None:
        match parts:
            case []:
                wanted = parse_qs(query).get("p", [""])[0]
                return self._newsroom.find_old(f"-{wanted}")
            case ["amp", _, slug] | [_, slug]:
                return self._newsroom.find_old(slug)
        return None
