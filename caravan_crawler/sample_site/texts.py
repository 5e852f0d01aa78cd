"""Texts of the sample site from its data files, repeatable choices, and the slugs and headlines of articles.

Choices are seeded by a label and a number.
"""

import re
import tomllib
from collections.abc import Sequence
from hashlib import blake2b
from importlib.resources import files
from math import prod
from typing import Any, NamedTuple, TypeVar


class Theme(NamedTuple):
    """Texts of one kind of story."""

    headlines: list[str]
    ledes: list[str]
    sentences: list[str]
    tags: list[str]


def _read(name: str) -> str:
    return files(__package__).joinpath("data", name).read_text(encoding="utf-8")


RU, KK, CLUTTER = (tomllib.loads(_read(name)) for name in ("texts_ru.toml", "texts_kk.toml", "clutter.toml"))
FILL_SCRIPT = _read("fill.js")
THEMES = {name: Theme(**texts) for name, texts in RU["themes"].items()}
SECTION_THEMES = {section: [THEMES[name] for name in names] for section, names in RU["themes_of"].items()}
_TAGS = [tag for themes in SECTION_THEMES.values() for theme in themes for tag in theme.tags]
ALL_TOPICS = list(dict.fromkeys([*KK["tags"], *_TAGS]))

T = TypeVar("T")

_LOW_WATER = 1 << 64
"""A smaller pool of random bits would bias the next number, so it is refilled."""


class Rng:
    """Random number generator that is cheaper to seed than ``random.Random``."""

    __slots__ = ("_key", "_pool")

    def __init__(self, label: str, number: int) -> None:
        self._key = f"{label}:{number}".encode()
        self._pool = int.from_bytes(blake2b(self._key).digest(), "big")

    def below(self, end: int) -> int:
        if self._pool < _LOW_WATER:
            self._key = blake2b(self._key).digest()
            self._pool = int.from_bytes(self._key, "big")
        self._pool, number = divmod(self._pool, end)
        return number

    def chance(self, hits: int, of: int) -> bool:
        return self.below(of) < hits

    def pick(self, options: Sequence[T]) -> T:
        return options[self.below(len(options))]

    def sample(self, options: Sequence[T], count: int) -> list[T]:
        """Return ``count`` different options in random order."""
        rest = list(options)
        return [rest.pop(self.below(len(rest))) for _ in range(min(count, len(rest)))]


_SHARED = {
    "а": "a", "б": "b", "в": "v", "г": "g", "д": "d", "е": "e", "ё": "e", "ж": "zh", "з": "z",
    "и": "i", "й": "jj", "к": "k", "л": "l", "м": "m", "н": "n", "о": "o", "п": "p", "р": "r",
    "с": "s", "т": "t", "у": "u", "ф": "f", "х": "kh", "ц": "c", "ч": "ch", "ш": "sh", "щ": "shh",
    "ъ": "", "ы": "y", "ь": "", "э": "eh", "ю": "yu", "я": "ya",
    # The rule for Kazakh letters is not known; the nearest Latin letter is invented.
    "ә": "a", "ғ": "g", "қ": "k", "ң": "n", "ө": "o", "ұ": "u", "ү": "u", "һ": "h", "і": "i",
}  # fmt: skip
_OLD = str.maketrans(_SHARED)
_NEW = str.maketrans(_SHARED | {"й": "j", "ю": "ju", "я": "ja"})


def slug(headline: str, letters: dict[int, str] = _OLD) -> str:
    """Slug of generations 1 to 3, without id: ``детей-сирот`` → ``detejjsirot``."""
    return "-".join(re.sub(r"[^a-z0-9 ]+", "", headline.lower().translate(letters)).split())


def slug_generation_4(headline: str) -> str:
    """Slug of generation 4, which spells й, ю, я with a single ``j``."""
    return slug(headline, _NEW)


def slug_in_cyrillic(headline: str) -> str:
    """Slug in the headline's own letters; a URL has them percent-encoded."""
    return "-".join(re.sub(r"[^а-яёa-z0-9 ]+", "", headline.lower()).split())


# A generation-4 URL has no id: one entry of each list is a digit of the article's number in mixed radix.
_CRIME = [RU["crime"][name] for name in ("deeds", "towns", "suspects", "outcomes")]
_CRIME_DIGITS = [{slug_generation_4(text): i for i, text in enumerate(texts)} for texts in _CRIME]
_CRIME_SLUG = re.compile("({})-raskryli-({})-({})-({})".format(*("|".join(digits) for digits in _CRIME_DIGITS)))
_CRIME_CAPACITY = prod(map(len, _CRIME))
_CRIME_FACTOR = 1_234_567
"""Coprime to the capacity; neighbours rarely share three of their four texts."""


def crime_headline(number: int) -> str:
    """Return the headline that encodes ``number``."""
    code, texts = number * _CRIME_FACTOR % _CRIME_CAPACITY, []
    for table in reversed(_CRIME):
        code, digit = divmod(code, len(table))
        texts.append(table[digit])
    outcome, suspect, town, deed = texts
    return f"{deed} раскрыли {town}: {suspect} {outcome}"


def number_of_crime_slug(slug: str) -> int | None:
    """Decode the number in a generation-4 slug."""
    match = _CRIME_SLUG.fullmatch(slug)
    if not match:
        return None
    code = 0
    for digits, text in zip(_CRIME_DIGITS, match.groups(), strict=True):
        code = code * len(digits) + digits[text]
    return code * pow(_CRIME_FACTOR, -1, _CRIME_CAPACITY) % _CRIME_CAPACITY


_PEOPLE = [
    RU["verbs"][verbs] | {"who": f"{name} {surname}", "short": f"{name[0]}. {surname}."}
    for name, surname, verbs in RU["speakers"]
]
_PLACES = [{"within": within, "Within": within[0].upper() + within[1:], "of": of} for within, of in RU["places"]]
_MANY = [str(n) for n in range(5, 60) if n % 10 >= 5 or n % 10 == 0 or 10 < n < 20]


def wording(number: int, year: int) -> dict[str, Any]:
    """Values for the ``%(…)s`` gaps in the texts of an article of ``year``."""
    rng = Rng("wording", number)
    return {
        **rng.pick(_PEOPLE),
        **rng.pick(_PLACES),
        "region": rng.pick(RU["regions"]),
        "post": rng.pick(RU["posts"]),
        "many": rng.pick(_MANY),
        "hundreds": rng.below(9) * 100 + 100,
        "pct": f"{rng.below(80) + 5}%",
        "money": f"{rng.below(90) * 10 + 20} млн тенге",
        "day": f"{rng.below(27) + 2} {rng.pick(RU['months'])}",
        "past": year - 1 - rng.below(5),
        "ahead": year + 2 + rng.below(6),
    }
