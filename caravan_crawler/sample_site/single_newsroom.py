"""Headlines and addresses on a site whose pages are all of one generation, before and after it moved to the next."""

import re
from typing import Literal, get_args
from urllib.parse import quote

from caravan_crawler.sample_site.dice import Dice
from caravan_crawler.sample_site.front_matter import FrontMatter, single_front_matter
from caravan_crawler.sample_site.newsroom import Newsroom
from caravan_crawler.sample_site.numbering import article_id
from caravan_crawler.sample_site.single_layout import SingleLayout
from caravan_crawler.sample_site.slugs import slug, slug_generation_4, slug_in_cyrillic
from caravan_crawler.sample_site.themes_ru import Theme

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

    def __init__(self, layout: SingleLayout, old_addresses: OldAddresses = "mixed") -> None:
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
        return Dice("old", self.drawn(number)).pick(("redirect", "canonical", "plain", "gone"))

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

    def older_article(self, number: int, dice: Dice) -> int | None:
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
