"""Dates, sections, headlines and URLs of articles, computed from their numbers, and how they can be found."""

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from enum import Enum

from caravan_crawler.sample_site import texts

# Ids run from 2100 to 2000099, so that none looks like a year, and are not in the order of dates, as on the real site
# before about 2015. Even modulus, odd factor and odd offset: the id of an even number is odd and vice versa.
_LOWEST_ID = 2100
MOST_ARTICLES = 1_998_000
_FACTOR = 764_653
_OFFSET = 1_241_653

_FIRST_DAY = date(2001, 9, 4)
_LAST_DAY = date(2026, 2, 5)
_ERAS = (
    (_FIRST_DAY, 3),
    (date(2016, 1, 1), 1),
    (date(2019, 1, 1), 3),
    (date(2021, 1, 1), 2),
    (date(2023, 1, 1), 3),
    (date(2023, 6, 1), 4),
)
"""First day and generation; the last era has articles of generations 3 and 4."""

_KAZAKH = "zhangalyqtar"
SECTIONS = ("news", "gazeta", "sport", "art", "crime", _KAZAKH)
TRENDING_LENGTH = 16

_PERIOD = 50
"""An article's number modulo 50 decides its section and how it can be found."""
_SECTION_REMAINDERS = {
    "sport": (4, 12, 19, 25, 32, 40, 46),
    "gazeta": (2, 8, 14, 22, 29, 34, 43, 48),
    "art": (5, 18, 30, 36, 44),
}
_TRENDING_ONLY_RANKS = (5, 11)
_RSS_LENGTH = 20
_ENOUGH_FOR_ALL_KINDS = 40


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


_REACH = {3: Reach.SITEMAP, 6: Reach.BODY_LINK, 9: Reach.REDIRECTING_LINK, 16: Reach.SHORT_LINK, 20: Reach.AMP_LINK}
_LINKED_FROM_NEXT = frozenset({6, 9, 16, 20})
_ONLY_IN_BODY = {_REACH[remainder] for remainder in _LINKED_FROM_NEXT}
_IN_SITEMAP = frozenset(r for r in range(_PERIOD) if r % 10 not in (1, 5, 8)) - _LINKED_FROM_NEXT
_RESERVED = frozenset(_REACH) | {r + 1 for r in _LINKED_FROM_NEXT}
"""Remainders whose articles are never in the RSS feed or the trending block alone."""
_PROFILES = {Reach.SHORT_LINK: "none", Reach.AMP_LINK: "plain"}
"""The former must have no metadata, which would name its path; the latter's page and AMP copy must have one date."""
_ID_AT_END = re.compile(r"-(\d{4,7})$")


def article_id(number: int) -> int:
    """Return the id of an article: 4 to 7 digits, different for every number."""
    return _LOWEST_ID + (number * _FACTOR + _OFFSET) % MOST_ARTICLES


class Newsroom:
    """The articles of a site of all generations, oldest first, and those published later."""

    first_day = _FIRST_DAY
    trending: Sequence[int]
    """Numbers in the trending block, in rank order."""
    listings: dict[str, list[int]]
    """Numbers in the listing of each section, in the order of the menu."""
    sitemap: Sequence[int]

    def __init__(self, articles: int) -> None:
        self.articles = articles
        self.published = 0
        self._span = (_LAST_DAY - self.first_day).days
        self._plan()

    def _plan(self) -> None:
        """Decide which articles are in which listing, feed, block and sitemap."""
        starts = [*(self.first_number_on(day) for day, _ in _ERAS), self.articles]
        self._eras = [(starts[i], starts[i + 1], generation) for i, (_, generation) in enumerate(_ERAS)]
        last = self.articles - 1
        self._exceptions: dict[int, Reach] = {}
        if last % _PERIOD in _LINKED_FROM_NEXT:
            self._exceptions[last] = Reach.LISTED  # there is no next article to link to it
        self._exceptions |= dict.fromkeys(self._pick_rss_only(), Reach.RSS)
        self.trending = self._pick_trending()
        self.listings = {section: self._listing(section) for section in SECTIONS}
        if self._exceptions.get(last) is Reach.LISTED:
            self.listings[self.section(last)].append(last)
        self.sitemap = self._numbers(lambda era, r: r in _IN_SITEMAP and _reach(era, r) is not Reach.MONTHLY_SITEMAP)

    @property
    def end(self) -> int:
        """One more than the newest number."""
        return self.articles + self.published

    def day(self, number: int) -> date:
        """Day of publication, evenly spread; it never decreases with the number."""
        if number >= self.articles:
            return texts.TODAY
        return self.first_day + timedelta(days=number * self._span // max(self.articles - 1, 1))

    def first_number_on(self, day: date) -> int:
        """Return the smallest number published on ``day`` or later, at most ``articles``."""
        days = (day - self.first_day).days
        return min(max(-(-days * max(self.articles - 1, 1) // self._span), 0), self.articles)

    def generation(self, number: int) -> int:
        """Generation of an article's page, 1 to 4; the Kazakh edition is of generation 3."""
        if number >= self.articles:
            return 3
        return _generation(self._era(number), number % _PERIOD)

    def section(self, number: int) -> str:
        return "news" if number >= self.articles else _section(self._era(number), number % _PERIOD)

    def desk(self, number: int) -> str:
        """Section whose themes the article is about."""
        return self.section(number)

    def reach(self, number: int) -> Reach:
        """The only place that leads to the article, or LISTED."""
        if number >= self.articles:
            return Reach.LISTED
        return self._exceptions.get(number) or _reach(self._era(number), number % _PERIOD)

    def is_kazakh(self, number: int) -> bool:
        return number < self.articles and _is_kazakh(number)

    def is_in_sitemap(self, number: int) -> bool:
        place = bisect_left(self.sitemap, number)
        return place < len(self.sitemap) and self.sitemap[place] == number

    def rss_only(self) -> list[int]:
        return [n for n, reach in self._exceptions.items() if reach is Reach.RSS]

    def newest_listed(self) -> Iterator[int]:
        """Numbers found in listings, newest first, without those published later."""
        return (number for number in range(self.articles - 1, -1, -1) if self.reach(number) is Reach.LISTED)

    def monthly(self) -> Sequence[int]:
        """Numbers in the sitemaps of generation 4, without those published later."""
        return self._numbers(lambda era, r: _generation(era, r) == 4)

    def text_seed(self, number: int) -> int:
        return number

    def theme(self, number: int) -> texts.Theme:
        return texts.Rng("theme", number).pick(texts.SECTION_THEMES[self.section(number)])

    def gaps(self, number: int) -> dict[str, str]:
        """Values for the gaps in an article's texts and headline."""
        return texts.wording(self.text_seed(number), self.day(number).year)

    def headline(self, number: int) -> str:
        if self.generation(number) == 4:
            return texts.crime_headline(number)
        if self.is_kazakh(number):
            rng = texts.Rng("headline", number)
            place = rng.pick(texts.KK["places"])
            gaps = {"Within": place, "within_low": place, "many": str(5 + rng.below(90))}
            return str(rng.pick(texts.KK["headlines"]) % gaps)
        return self._russian_headline(number)

    def _russian_headline(self, number: int) -> str:
        rng = texts.Rng("headline", self.text_seed(number))
        roll = rng.below(20)
        if roll < 4:
            return str(rng.pick(texts.RU["odd_headlines"]) % self.gaps(number))
        headline = rng.pick(self.theme(number).headlines) % self.gaps(number)
        return headline.upper() if roll == 4 else headline

    def front(self, number: int) -> texts.FrontMatter:
        profile = _PROFILES.get(self.reach(number))
        kazakh = self.is_kazakh(number)
        return texts.front_matter(number, self.day(number), self.generation(number), kazakh=kazakh, profile=profile)

    def id(self, number: int) -> int | None:
        """Id that the article's page or URL names; None in generation 4."""
        return None if self.generation(number) == 4 else article_id(number)

    def short_id(self, number: int) -> int:
        """Id in the article's short link, whether its pages name it or not."""
        return article_id(number)

    def path(self, number: int, headline: str | None = None) -> str:
        """The article's own path; pass a known headline to save time."""
        headline = headline or self.headline(number)
        if self.generation(number) == 4:
            return f"/crime/{texts.slug_generation_4(headline)}/"
        return f"/{self.section(number)}/{texts.slug(headline)}-{article_id(number)}/"

    def path_on_cards(self, number: int) -> str:
        """Path as listings write it."""
        return self.path(number)

    def amp_path(self, number: int) -> str | None:
        """Path of the AMP copy, without the final slash; only generation 3 has one."""
        if self.generation(number) != 3 or self.is_kazakh(number):
            return None
        return f"/amp{self.path(number)[:-1]}"

    def short_link(self, number: int) -> str:
        return f"/?p={self.short_id(number)}"

    def find(self, section: str, slug: str) -> int | None:
        """Return the number of the article of a path, by its id alone if it has one."""
        if found := _ID_AT_END.search(slug):
            return self.find_id(int(found[1]))
        number = texts.number_of_crime_slug(slug) if section == "crime" else None
        return number if number is not None and number < self.end and self.generation(number) == 4 else None

    def find_id(self, candidate: int) -> int | None:
        """Return the number of the article with this id, if the site has it."""
        position = candidate - _LOWEST_ID
        if not 0 <= position < MOST_ARTICLES:
            return None
        number = (position - _OFFSET) * pow(_FACTOR, -1, MOST_ARTICLES) % MOST_ARTICLES
        return number if number < self.end and self.generation(number) != 4 else None

    def parts(self, number: int) -> int:
        return 1

    def attachment(self, number: int) -> str | None:
        """Path of the page of the article's photo, if it has one."""
        return None

    def has_canonical(self, number: int) -> bool:
        return True

    def link_to(self, number: int) -> str:
        """URL by which the next article links to one that only its body leads to."""
        reach = self.reach(number)
        if reach in (Reach.REDIRECTING_LINK, Reach.SHORT_LINK):
            return self.short_link(number)
        return (reach is Reach.AMP_LINK and self.amp_path(number)) or self.path(number)

    def only_linked_from(self, host: int) -> int | None:
        """Return the article that only a link in ``host``'s body leads to."""
        number = host - 1
        if not 0 <= number < self.articles or host >= self.articles:
            return None
        return number if self.reach(number) in _ONLY_IN_BODY else None

    def older_article(self, number: int, rng: texts.Rng) -> int | None:
        """Choose an older listed article in Russian for a link in the text."""
        candidate = rng.below(min(number, self.articles)) if number else -1
        while candidate >= 0:
            if self.reach(candidate) is Reach.LISTED and not self.is_kazakh(candidate):
                return candidate
            candidate -= 1
        return None

    def _era(self, number: int) -> int:
        return next(era for first, end, era in self._eras if first <= number < end)

    def _listing(self, section: str) -> list[int]:
        return self._numbers(lambda era, r: _reach(era, r) is Reach.LISTED and _section(era, r) == section)

    def _numbers(self, belongs: Callable[[int, int], bool]) -> list[int]:
        """Rising numbers whose era and remainder belong, without those found in one place only."""
        hidden = {n for n, reach in self._exceptions.items() if reach is not Reach.LISTED}
        numbers: list[int] = []
        for first, end, era in self._eras:
            remainders = [r for r in range(_PERIOD) if belongs(era, r)]
            steps = (range(first + (r - first) % _PERIOD, end, _PERIOD) for r in remainders)
            numbers += sorted(n for step in steps for n in step if n not in hidden)
        return numbers

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
        return not (number in self._exceptions or number % _PERIOD in _RESERVED or _is_kazakh(number))


def _generation(era: int, remainder: int) -> int:
    is_of_generation_3 = era == 4 and (remainder % 2 == 0 or remainder in _REACH)
    return 3 if is_of_generation_3 or _is_kazakh(remainder) else era


def _reach(era: int, remainder: int) -> Reach:
    generation = _generation(era, remainder)
    if generation == 4:
        return Reach.LISTED if remainder % 10 == 3 else Reach.MONTHLY_SITEMAP
    reach = _REACH.get(remainder, Reach.LISTED)
    # Only generation 3 has AMP copies.
    return Reach.LISTED if reach is Reach.AMP_LINK and generation != 3 else reach


def _is_kazakh(number: int) -> bool:
    return number % 25 == 13


def _section(era: int, remainder: int) -> str:
    if _is_kazakh(remainder):
        return _KAZAKH
    if _generation(era, remainder) == 4:
        return "crime"
    return next((name for name, remainders in _SECTION_REMAINDERS.items() if remainder in remainders), "news")
