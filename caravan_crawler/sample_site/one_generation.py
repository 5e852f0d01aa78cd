"""A site of one generation, 3 or 4: its sections, headlines and URLs."""

import re
from datetime import date
from typing import Literal, get_args
from urllib.parse import parse_qs, quote

from caravan_crawler.sample_site import texts
from caravan_crawler.sample_site.newsroom import TRENDING_LENGTH, Form, Found, Kind, Newsroom, Reach, article_id

OldAddresses = Literal["mixed", "redirect", "canonical", "plain", "gone"]
"""Response of generation 4 to a URL of generation 3:

* redirect: 301 to the new URL;
* canonical: 200, with a canonical link to the new URL, whose page has the short link;
* plain: 200, without the new URL; headline, day and text are the same;
* gone: 404;
* mixed: one of the four, depending on the article.
"""

SECTIONS_OF_GENERATION = {
    3: ("news", "gazeta", "sport", "art"),
    4: ("news", "analytics", "world", "society", "podcasts", "crime", "sport", "culture"),
}
_MOST_ARTICLES = 200_000
_MOST_SEEDS = 100
_DESKS = ("news",) * 12 + ("sport",) * 3 + ("gazeta",) * 3 + ("art",) * 2
_SECTIONS_OF_DESK = {
    "news": ("news", "news", "news", "world", "society"),
    "sport": ("sport",),
    "gazeta": ("analytics", "analytics", "society"),
    "art": ("culture", "culture", "podcasts"),
}
_LISTED_PERCENT = 15
_LISTED_AT_LEAST = 12
_CYRILLIC = 29
_SEVERAL_PAGES = 61
_ATTACHMENT = 10
_ATTACHMENT_NAMES = ("dsc-{:05d}", "img-{}", "foto-iz-arkhiva-{}")
_LONG_IDS = (1_000_000, 19_000_000, 190_000_000)


class SingleNewsroom(Newsroom):
    """The articles of a site of one generation; only generation 3 has ids in URLs.

    Generation 3 lists all articles, generation 4 only the newest. Dates, texts and headlines do not depend on the
    generation, so that a site can be read before and after its move from 3 to 4.
    """

    first_day = date(2011, 2, 7)

    def __init__(self, articles: int, generation: int, seed: int, old_addresses: OldAddresses = "mixed") -> None:
        """Raise ValueError for another generation, for numbers out of range, and for unknown ``old_addresses``."""
        if generation not in SECTIONS_OF_GENERATION:
            raise ValueError(f"generation must be 3 or 4, not {generation}")
        if not 1 <= articles <= _MOST_ARTICLES:
            raise ValueError(f"articles of a site of one generation must be between 1 and {_MOST_ARTICLES}")
        if not 0 <= seed < _MOST_SEEDS:
            raise ValueError(f"seed must be between 0 and {_MOST_SEEDS - 1}, not {seed}")
        if old_addresses not in get_args(OldAddresses):
            raise ValueError(f"old addresses must be {', '.join(get_args(OldAddresses))}, not {old_addresses}")
        self._generation = generation
        self._seed = seed
        self._old_addresses = old_addresses
        self.sections = SECTIONS_OF_GENERATION[generation]
        self.published_kind = Kind(generation, "news", "news")
        self._paths: list[str] = []
        self._by_path: dict[str, int] = {}
        self._by_id: dict[str, int] = {}
        super().__init__(articles)
        self._name_all()

    def _plan(self) -> None:
        recent = min(max(self.articles * _LISTED_PERCENT // 100, _LISTED_AT_LEAST), self.articles)
        self._first_recent = self.articles - recent
        first_listed = self._first_recent if self._generation == 4 else 0
        self.kinds = []
        for number in range(self.articles):
            desk = texts.Rng("desk", self.text_seed(number)).pick(_DESKS)
            section = desk if self._generation == 3 else self._new_section(number, desk)
            reach = Reach.LISTED if number >= first_listed else Reach.SITEMAP
            self.kinds.append(Kind(self._generation, section, desk, reach, is_in_sitemap=True))
        step = max(recent // TRENDING_LENGTH, 1)
        self.trending = range(self.articles - 1, self._first_recent - 1, -step)[:TRENDING_LENGTH]

    def _new_section(self, number: int, desk: str) -> str:
        """First part of the path in generation 4, which has other sections."""
        if self._theme(number, desk) is texts.THEMES["crime"]:
            return "crime"
        return texts.Rng("section", self.text_seed(number)).pick(_SECTIONS_OF_DESK[desk])

    def text_seed(self, number: int) -> int:
        return number + 2 * _MOST_ARTICLES * self._seed

    def headline(self, number: int) -> str:
        return self._russian_headline(number)

    def short_id(self, number: int) -> int:
        """Id in the URL of generation 3: 5 to 9 digits."""
        seed = self.text_seed(number)
        if seed % 5 == 0:
            return 40_000 + seed * 7_919 % 860_000
        return _LONG_IDS[max(seed % 5 - 2, 0)] + article_id(seed)

    def id(self, number: int) -> int | None:
        is_named = self._generation == 3 or self.old_style(number) == "canonical"
        return self.short_id(number) if is_named else None

    def path(self, number: int, headline: str | None = None) -> str:
        """The article's own path, percent-encoded in upper case."""
        return self._paths[number]

    def path_on_cards(self, number: int) -> str:
        """The same path percent-encoded in lower case."""
        return re.sub(r"%[0-9A-F]{2}", lambda found: found[0].lower(), self.path(number))

    def old_path(self, number: int) -> str:
        return f"/{self.kinds[number].desk}/{texts.slug(self.headline(number))}-{self.short_id(number)}/"

    def old_style(self, number: int) -> OldAddresses:
        """Response of generation 4 to the article's old URL; never ``mixed``."""
        if self._old_addresses != "mixed":
            return self._old_addresses
        return texts.Rng("old", self.text_seed(number)).pick(("redirect", "canonical", "plain", "gone"))

    def find(self, section: str, slug: str) -> int | None:
        """Return the number of the article of a path; in generation 3 by its id."""
        return self.find_id(_ending(slug)) if self._generation == 3 else self._by_path.get(f"/{section}/{slug}/")

    def find_id(self, digits: str) -> int | None:
        """Return the number of the article that has this id in generation 3."""
        return self._by_id.get(digits)

    def locate(self, parts: list[str], query: str) -> Found | None:
        if self._generation == 4:
            old = None
            match parts:
                case []:
                    old = self.find_id(parse_qs(query).get("p", [""])[0])
                case ["amp", _, slug] | [_, slug]:
                    old = self.find_id(_ending(slug))
            if old is not None:
                return Found(old, Form.OLD)
        if len(parts) != 3 or (number := self.find(*parts[:2])) is None:
            return super().locate(parts, query)
        last = parts[2]
        if last.isascii() and last.isdigit():
            part = int(last[:3])
            return Found(number, Form.PART, part) if 2 <= part <= self.parts(number) else None
        is_photo = (self.attachment(number) or "").endswith(f"/{last}/")
        return Found(number, Form.ATTACHMENT) if is_photo else None

    def front(self, number: int) -> texts.FrontMatter:
        return texts.one_generation_front_matter(self.text_seed(number), self.day(number), self._generation, number)

    def parts(self, number: int) -> int:
        """Number of pages of the article; few have more than one."""
        return 2 + number // _SEVERAL_PAGES % 2 if number % _SEVERAL_PAGES == 11 else 1

    def attachment(self, number: int) -> str | None:
        """Path of the page of the article's photo; it ends in the id of another article."""
        if number % _ATTACHMENT:
            return None
        name = _ATTACHMENT_NAMES[number // _ATTACHMENT % len(_ATTACHMENT_NAMES)]
        return f"{self.path(number)}{name.format(self.short_id(number // 2))}/"

    def has_canonical(self, number: int) -> bool:
        """Whether the article's page names its own URL: half of them do."""
        return number % 2 == 0 or self.old_style(number) == "canonical"

    def older_article(self, number: int, rng: texts.Rng) -> int | None:
        """Choose a recent article, so that texts are the same in both generations."""
        candidate = rng.below(min(number, self.articles)) if number else 0
        return candidate if self._first_recent <= candidate < number else None

    def publish(self, count: int) -> None:
        super().publish(count)
        self._name_all()

    def _name_all(self) -> None:
        """Assign paths to new articles; a repeated headline gets a digit after its slug."""
        for number in range(len(self._paths), self.end):
            path = self.old_path(number) if self._generation == 3 else self._new_path(number)
            self._by_path[path] = number
            self._by_id[str(self.short_id(number))] = number
            self._paths.append(quote(path))

    def _new_path(self, number: int) -> str:
        headline = self.headline(number)
        text = texts.slug_in_cyrillic(headline) if number % _CYRILLIC == 7 else texts.slug_generation_4(headline)
        section, count, ending = self.kinds[number].section, 1, ""
        while (path := f"/{section}/{text}{ending}/") in self._by_path:
            count += 1
            ending = f"-{count}"
        return path


def _ending(slug: str) -> str:
    """Return the id at the end of a slug."""
    return slug.rpartition("-")[2]
