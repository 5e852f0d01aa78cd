"""Texts of the sample site, read from the data files of the package."""

import tomllib
from importlib.resources import files
from typing import NamedTuple


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
