"""Dates, sections, headlines and URLs of articles, computed from their numbers, and how they can be found."""

import re
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from enum import Enum
from functools import cached_property
from typing import NamedTuple
from urllib.parse import parse_qs

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
TRENDING_ONLY_RANKS = (5, 11)
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


class Kind(NamedTuple):
    """Common properties of the articles of one era and remainder."""

    generation: int
    """Generation of the pages, 1 to 4; the Kazakh edition is of generation 3."""
    section: str
    desk: str
    """Section whose themes the articles are about."""
    reach: Reach = Reach.LISTED
    is_in_sitemap: bool = False
    """Whether they are in the sitemaps of generations 1 to 3."""

    @property
    def is_kazakh(self) -> bool:
        return self.section == _KAZAKH


_REACH = {3: Reach.SITEMAP, 6: Reach.BODY_LINK, 9: Reach.REDIRECTING_LINK, 16: Reach.SHORT_LINK, 20: Reach.AMP_LINK}
_LINKED_FROM_NEXT = frozenset({6, 9, 16, 20})
_ONLY_IN_BODY = {_REACH[remainder] for remainder in _LINKED_FROM_NEXT}
_IN_SITEMAP = frozenset(r for r in range(_PERIOD) if r % 10 not in (1, 5, 8)) - _LINKED_FROM_NEXT
_RESERVED = frozenset(_REACH) | {r + 1 for r in _LINKED_FROM_NEXT}
"""Remainders whose articles are never in the RSS feed or the trending block alone."""
_PROFILES = {Reach.SHORT_LINK: "none", Reach.AMP_LINK: "plain"}
"""The former must have no metadata, which would name its path; the latter's page and AMP copy must have one date."""
_ID = re.compile("[0-9]{1,9}")
_ID_AT_END = re.compile(r"-(\d{4,7})$")


def _kind(era: int, remainder: int) -> Kind:
    """Return the kind of the articles of an era whose number has this remainder."""
    reach, is_in_sitemap = _REACH.get(remainder, Reach.LISTED), remainder in _IN_SITEMAP
    if remainder % 25 == 13:
        return Kind(3, _KAZAKH, _KAZAKH, reach, is_in_sitemap)
    if era == 4 and remainder % 2 and remainder not in _REACH:
        if remainder % 10 == 3:
            return Kind(4, "crime", "crime", Reach.LISTED, is_in_sitemap)
        return Kind(4, "crime", "crime", Reach.MONTHLY_SITEMAP)
    generation = 3 if era == 4 else era
    if reach is Reach.AMP_LINK and generation != 3:  # the others have no AMP copies
        reach = Reach.LISTED
    section = next((name for name, remainders in _SECTION_REMAINDERS.items() if remainder in remainders), "news")
    return Kind(generation, section, section, reach, is_in_sitemap)


def article_id(number: int) -> int:
    """Return the id of an article: 4 to 7 digits, different for every number."""
    return _LOWEST_ID + (number * _FACTOR + _OFFSET) % MOST_ARTICLES


class Form(Enum):
    """Kind of an article's URL."""

    OWN = "its own path, or one with another section or slug"
    SHORT_LINK = "its link /?p="
    AMP = "its AMP copy at /amp/ before the path"
    OLD = "a URL of generation 3 on a site of generation 4: path, short link or AMP copy"
    PART = "the second or a later page of an article"
    ATTACHMENT = "the page of an article's photo"


class Found(NamedTuple):
    """The article that a URL belongs to."""

    number: int
    form: Form
    part: int = 1


class Newsroom:
    """The articles of a site of all generations, oldest first, and those published later."""

    first_day = _FIRST_DAY
    sections: Sequence[str] = SECTIONS
    published_kind = Kind(3, "news", "news")
    kinds: list[Kind]
    """Kind of each article, by its number."""
    trending: Sequence[int]
    """Numbers in the trending block, in rank order."""

    def __init__(self, articles: int) -> None:
        self.articles = articles
        self._span = (_LAST_DAY - self.first_day).days
        self.rss_only: list[int] = []
        """Numbers of the articles that only the feed leads to."""
        self._plan()
        self.listings: dict[str, list[int]] = {section: [] for section in self.sections}
        """Numbers in the listing of each section, in the order of the menu."""
        for number, kind in enumerate(self.kinds):
            if kind.reach is Reach.LISTED:
                self.listings[kind.section].append(number)
        self.sitemap = [n for n, kind in enumerate(self.kinds) if kind.is_in_sitemap]
        elsewhere = (Reach.RSS, Reach.TRENDING)
        self.monthly = [n for n, kind in enumerate(self.kinds) if kind.generation == 4 and kind.reach not in elsewhere]
        """Numbers in the sitemaps of generation 4."""

    def _plan(self) -> None:
        """Decide the kind of each article, and what is in the feed or the trending block alone."""
        starts = [*(self.first_number_on(day) for day, _ in _ERAS), self.articles]
        self.kinds = []
        for (_, era), first, end in zip(_ERAS, starts, starts[1:], strict=False):
            kinds = [_kind(era, remainder) for remainder in range(_PERIOD)]
            self.kinds += [kinds[number % _PERIOD] for number in range(first, end)]
        last = self.articles - 1
        if last % _PERIOD in _LINKED_FROM_NEXT:  # there is no next article to link to it
            self.kinds[last] = self.kinds[last]._replace(reach=Reach.LISTED)
        if self.articles >= _ENOUGH_FOR_ALL_KINDS:
            plain = [n for n in range(last - 2, last - _RSS_LENGTH // 2 - 1, -1) if self._is_plain(n)]
            self.rss_only = plain[:1] if self.articles < 150 else plain[:5:2]
        self.trending = self._pick_trending()
        if self.articles >= _ENOUGH_FOR_ALL_KINDS:
            alone = [number for rank, number in enumerate(self.trending) if rank in TRENDING_ONLY_RANKS]
            for number in (*self.rss_only, *alone):
                reach = Reach.TRENDING if number in alone else Reach.RSS
                self.kinds[number] = self.kinds[number]._replace(reach=reach, is_in_sitemap=False)

    def _pick_trending(self) -> list[int]:
        """Choose numbers, newest first."""
        step = max(min(self.articles, 400) // 22, 1)
        chosen: list[int] = []
        for number in range(self.articles - 2, -1, -1):
            is_near = chosen and number > chosen[-1] - step
            if not is_near and self._is_plain(number):
                chosen.append(number)
            if len(chosen) == TRENDING_LENGTH:
                break
        return chosen

    def _is_plain(self, number: int) -> bool:
        is_reserved = number % _PERIOD in _RESERVED or number in self.rss_only
        return not is_reserved and not self.kinds[number].is_kazakh

    def publish(self, count: int) -> None:
        """Add articles of today."""
        published = range(self.end, self.end + count)
        self.kinds += [self.published_kind] * count
        self.listings["news"] += published
        if self.published_kind.generation == 4:
            self.monthly += published

    @property
    def end(self) -> int:
        """One more than the newest number."""
        return len(self.kinds)

    def day(self, number: int) -> date:
        """Day of publication, evenly spread; it never decreases with the number."""
        if number >= self.articles:
            return texts.TODAY
        return self.first_day + timedelta(days=number * self._span // max(self.articles - 1, 1))

    def first_number_on(self, day: date) -> int:
        """Return the smallest number published on ``day`` or later, at most ``articles``."""
        days = (day - self.first_day).days
        return min(max(-(-days * max(self.articles - 1, 1) // self._span), 0), self.articles)

    def newest_listed(self) -> Iterator[int]:
        """Numbers found in listings, newest first."""
        return (n for n in range(self.end - 1, -1, -1) if self.kinds[n].reach is Reach.LISTED)

    def text_seed(self, number: int) -> int:
        return number

    def theme(self, number: int) -> texts.Theme:
        return self._theme(number, self.kinds[number].desk)

    def _theme(self, number: int, desk: str) -> texts.Theme:
        return texts.Rng("theme", self.text_seed(number)).pick(texts.SECTION_THEMES[desk])

    def gaps(self, number: int) -> dict[str, str]:
        """Values for the gaps in an article's texts and headline."""
        return texts.wording(self.text_seed(number), self.day(number).year)

    def headline(self, number: int) -> str:
        if self.kinds[number].generation == 4:
            return texts.crime_headline(number)
        if self.kinds[number].is_kazakh:
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
        kind = self.kinds[number]
        profile = _PROFILES.get(kind.reach)
        return texts.front_matter(number, self.day(number), kind.generation, kazakh=kind.is_kazakh, profile=profile)

    def id(self, number: int) -> int | None:
        """Id that the article's page or URL names; None in generation 4."""
        return None if self.kinds[number].generation == 4 else article_id(number)

    def short_id(self, number: int) -> int:
        """Id in the article's short link, whether its pages name it or not."""
        return article_id(number)

    def path(self, number: int, headline: str | None = None) -> str:
        """The article's own path; pass a known headline to save time."""
        kind, headline = self.kinds[number], headline or self.headline(number)
        if kind.generation == 4:
            return f"/{kind.section}/{texts.slug_generation_4(headline)}/"
        return f"/{kind.section}/{texts.slug(headline)}-{article_id(number)}/"

    def path_on_cards(self, number: int) -> str:
        """Path as listings write it."""
        return self.path(number)

    def amp_path(self, number: int) -> str | None:
        """Path of the AMP copy, without the final slash; only generation 3 has one."""
        if self.kinds[number].generation != 3 or self.kinds[number].is_kazakh:
            return None
        return f"/amp{self.path(number)[:-1]}"

    def short_link(self, number: int) -> str:
        return f"/?p={self.short_id(number)}"

    def locate(self, parts: list[str], query: str) -> Found | None:
        """Find the article of a URL in any form."""
        match parts:
            case []:
                number, form = self.find_id(parse_qs(query).get("p", [""])[0]), Form.SHORT_LINK
            case ["amp", section, slug]:
                number, form = self.find(section, slug), Form.AMP
            case [section, slug]:
                number, form = self.find(section, slug), Form.OWN
            case _:
                return None
        return None if number is None else Found(number, form)

    def find(self, section: str, slug: str) -> int | None:
        """Return the number of the article of a path, by its id alone if it has one."""
        found = _ID_AT_END.search(slug)
        return self.find_id(found[1]) if found else self._generation_4.get(f"/{section}/{slug}/")

    @cached_property
    def _generation_4(self) -> dict[str, int]:
        """Numbers of the articles of generation 4 by their paths, which have no ids."""
        return {self.path(n): n for n, kind in enumerate(self.kinds) if kind.generation == 4}

    def find_id(self, digits: str) -> int | None:
        """Return the number of the article with this id, if the site has it."""
        position = int(digits) - _LOWEST_ID if _ID.fullmatch(digits) else -1
        if not 0 <= position < MOST_ARTICLES:
            return None
        number = (position - _OFFSET) * pow(_FACTOR, -1, MOST_ARTICLES) % MOST_ARTICLES
        return number if number < self.end and self.kinds[number].generation != 4 else None

    def parts(self, number: int) -> int:
        return 1

    def attachment(self, number: int) -> str | None:
        """Path of the page of the article's photo, if it has one."""
        return None

    def has_canonical(self, number: int) -> bool:
        return True

    def link_to(self, number: int) -> str:
        """URL by which the next article links to one that only its body leads to."""
        reach = self.kinds[number].reach
        if reach in (Reach.REDIRECTING_LINK, Reach.SHORT_LINK):
            return self.short_link(number)
        return (reach is Reach.AMP_LINK and self.amp_path(number)) or self.path(number)

    def only_linked_from(self, host: int) -> int | None:
        """Return the article that only a link in ``host``'s body leads to."""
        number = host - 1
        if not 0 <= number < self.articles - 1:
            return None
        return number if self.kinds[number].reach in _ONLY_IN_BODY else None

    def older_article(self, number: int, rng: texts.Rng) -> int | None:
        """Choose an older listed article in Russian for a link in the text."""
        for candidate in range(rng.below(min(number, self.articles)) if number else -1, -1, -1):
            kind = self.kinds[candidate]
            if kind.reach is Reach.LISTED and not kind.is_kazakh:
                return candidate
        return None
