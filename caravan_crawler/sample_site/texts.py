"""Texts of the sample site, read from the data files of the package, and repeatable choices.

Choices are seeded by a label and a number.
"""

import tomllib
from collections.abc import Sequence
from hashlib import blake2b
from importlib.resources import files
from typing import NamedTuple, TypeVar


class Theme(NamedTuple):
    """Texts of one kind of story."""

    headlines: list[str]
    ledes: list[str]
    sentences: list[str]
    tags: list[str]


def _read(name: str) -> str:
    return files("caravan_crawler.sample_site").joinpath("data").joinpath(name).read_text(encoding="utf-8")


RU = tomllib.loads(_read("texts_ru.toml"))
KK = tomllib.loads(_read("texts_kk.toml"))
CLUTTER = tomllib.loads(_read("clutter.toml"))
FILL_SCRIPT = _read("fill.js")
THEMES = {name: Theme(**texts) for name, texts in RU["themes"].items()}
SECTION_THEMES = {section: [THEMES[name] for name in names] for section, names in RU["themes_of"].items()}


def all_topics() -> list[str]:
    """Every topic an article can have, without repetition."""
    themes = [theme for themes in SECTION_THEMES.values() for theme in themes]
    return list(dict.fromkeys([*KK["tags"], *(tag for theme in themes for tag in theme.tags)]))


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
        """Return an integer from 0 to end - 1."""
        if self._pool < _LOW_WATER:
            self._key = blake2b(self._key).digest()
            self._pool = int.from_bytes(self._key, "big")
        self._pool, number = divmod(self._pool, end)
        return number

    def chance(self, hits: int, of: int) -> bool:
        """Return True in ``hits`` cases out of ``of``."""
        return self.below(of) < hits

    def pick(self, options: Sequence[T]) -> T:
        """Return one of the options."""
        return options[self.below(len(options))]

    def sample(self, options: Sequence[T], count: int) -> list[T]:
        """Return ``count`` different options in random order."""
        rest = list(options)
        return [rest.pop(self.below(len(rest))) for _ in range(min(count, len(rest)))]
