"""Headlines and URLs on a site of one generation, 3 or 4."""

import re
from enum import Enum
from typing import Literal, NamedTuple, get_args
from urllib.parse import parse_qs, quote

from caravan_crawler.sample_site.newsroom import (
    FrontMatter,
    Newsroom,
    one_generation_front_matter,
    slug,
    slug_generation_4,
    slug_in_cyrillic,
)
from caravan_crawler.sample_site.plan import SinglePlan, article_id
from caravan_crawler.sample_site.texts import Rng, Theme

OldAddresses = Literal["mixed", "redirect", "canonical", "plain", "gone"]
"""Response of generation 4 to a URL of generation 3:

* redirect: 301 to the new URL;
* canonical: 200, with a canonical link to the new URL, whose page has the short link;
* plain: 200, without the new URL; headline, day and text are the same;
* gone: 404;
* mixed: one of the four, depending on the article.
"""

_CYRILLIC = 29
_SEVERAL_PAGES = 61
_ATTACHMENT = 10
_ATTACHMENT_NAMES = ("dsc-{:05d}", "img-{}", "foto-iz-arkhiva-{}")
_LONG_IDS = (1_000_000, 19_000_000, 190_000_000)


class Form(Enum):
    """Kind of a URL that is not an article's own path."""

    OLD = "a URL of generation 3 on a site of generation 4: path, short link or AMP copy"
    SECOND_AMP = "the AMP copy at /amp/ below the article's path"
    PART = "the second or a later page of an article"
    ATTACHMENT = "the page of an article's photo"


class Found(NamedTuple):
    """The article that a URL belongs to."""

    number: int
    form: Form
    part: int = 1


class SingleNewsroom(Newsroom):
    """Headlines and URLs of a ``SinglePlan``; only generation 3 has ids in URLs."""

    plan: SinglePlan

    def __init__(self, plan: SinglePlan, old_addresses: OldAddresses = "mixed") -> None:
        """Raise ValueError if ``old_addresses`` is unknown."""
        super().__init__(plan)
        if old_addresses not in get_args(OldAddresses):
            raise ValueError(f"old addresses must be {', '.join(get_args(OldAddresses))}, not {old_addresses}")
        self._generation = plan.generation(0)
        self._old_addresses = old_addresses
        self._paths: list[str] = []
        self._by_path: dict[str, int] = {}
        self._by_id: dict[int, int] = {}

    def text_seed(self, number: int) -> int:
        """Seed of an article's texts, which depends on the site's seed."""
        return self.plan.text_seed(number)

    def theme(self, number: int) -> Theme:
        """Theme of an article."""
        return self.plan.theme(number)

    def headline(self, number: int) -> str:
        """Headline of an article."""
        return self._russian_headline(number)

    def short_id(self, number: int) -> int:
        """Id in the URL of generation 3: 5 to 9 digits."""
        seed = self.text_seed(number)
        if seed % 5 == 0:
            return 40_000 + seed * 7_919 % 860_000
        return _LONG_IDS[max(seed % 5 - 2, 0)] + article_id(seed)

    def id(self, number: int) -> int | None:
        """Id that the article's page or URL names, if it does."""
        is_named = self._generation == 3 or self.old_style(number) == "canonical"
        return self.short_id(number) if is_named else None

    def path(self, number: int, headline: str | None = None) -> str:
        """The article's own path, percent-encoded in upper case."""
        self._name_all()
        return self._paths[number]

    def path_on_cards(self, number: int) -> str:
        """The same path percent-encoded in lower case."""
        return re.sub(r"%[0-9A-F]{2}", lambda found: found[0].lower(), self.path(number))

    def amp_path(self, number: int) -> str | None:
        """Path of the AMP copy of generation 3."""
        return f"/amp{self.path(number)[:-1]}" if self._generation == 3 else None

    def old_path(self, number: int) -> str:
        """Path of the article in generation 3."""
        return f"/{self.plan.desk(number)}/{slug(self.headline(number))}-{self.short_id(number)}/"

    def old_style(self, number: int) -> OldAddresses:
        """Response of generation 4 to the article's old URL; never ``mixed``."""
        if self._old_addresses != "mixed":
            return self._old_addresses
        return Rng("old", self.text_seed(number)).pick(("redirect", "canonical", "plain", "gone"))

    def find(self, section: str, slug: str) -> int | None:
        """Return the number of the article of a path; in generation 3 by its id."""
        if self._generation == 3:
            return self._find_old(slug)
        self._name_all()
        return self._by_path.get(f"/{section}/{slug}/")

    def find_id(self, candidate: int) -> int | None:
        """Return the number of the article that has this id in generation 3."""
        self._name_all()
        return self._by_id.get(candidate)

    def find_other(self, parts: list[str], query: str) -> Found | None:
        """Find the article of a URL that is not an article's own path."""
        if self._generation == 4:
            wanted = None
            match parts:
                case []:
                    wanted = "-" + parse_qs(query).get("p", [""])[0]
                case ["amp", _, slug] | [_, slug]:
                    wanted = slug
            old = None if wanted is None else self._find_old(wanted)
            if old is not None:
                return Found(old, Form.OLD)
        match parts:
            case [section, slug, last]:
                number = self.find(section, slug)
                return None if number is None else self._below(number, last)
        return None

    def _below(self, number: int, last: str) -> Found | None:
        """Find what is one level below an article's path."""
        if last == "amp":
            return Found(number, Form.SECOND_AMP)
        if last.isascii() and last.isdigit():
            part = int(last[:3])
            return Found(number, Form.PART, part) if 2 <= part <= self.parts(number) else None
        attachment = self.attachment(number)
        return Found(number, Form.ATTACHMENT) if attachment and attachment.endswith(f"/{last}/") else None

    def _find_old(self, slug: str) -> int | None:
        """Return the number of the article with the id at the end of a slug."""
        digits = slug.rpartition("-")[2]
        return self.find_id(int(digits)) if digits.isascii() and digits.isdigit() and len(digits) < 10 else None

    def front(self, number: int) -> FrontMatter:
        """Front matter of an article."""
        day = self.plan.timeline.day(number)
        return one_generation_front_matter(self.text_seed(number), day, self._generation, number)

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

    def only_linked_from(self, host: int) -> int | None:
        """None: no article can be found only through another."""
        return None

    def older_article(self, number: int, rng: Rng) -> int | None:
        """Choose a recent article, so that texts are the same in both generations."""
        candidate = rng.below(min(number, self.plan.articles)) if number else 0
        return candidate if self.plan.is_recent(candidate) and candidate < number else None

    def _name_all(self) -> None:
        """Assign paths to new articles; a repeated headline gets a digit after its slug."""
        for number in range(len(self._paths), self.end):
            path = self.old_path(number) if self._generation == 3 else self._new_path(number)
            self._by_path[path] = number
            self._by_id[self.short_id(number)] = number
            self._paths.append(quote(path))

    def _new_path(self, number: int) -> str:
        headline = self.headline(number)
        text = slug_in_cyrillic(headline) if number % _CYRILLIC == 7 else slug_generation_4(headline)
        section, count, ending = self.plan.section(number), 1, ""
        while (path := f"/{section}/{text}{ending}/") in self._by_path:
            count += 1
            ending = f"-{count}"
        return path
