"""Headlines of generation 4, from which the slug alone leads back to the article's number."""

import re

from caravan_crawler.sample_site.crime_words import DEEDS, OUTCOMES, SUSPECTS, TOWNS
from caravan_crawler.sample_site.slugs import slug_generation_4

_CAPACITY = len(DEEDS) * len(TOWNS) * len(SUSPECTS) * len(OUTCOMES)
_FACTOR = 1_234_567
"""Coprime to the capacity; it keeps neighbours from sharing three of their four words."""
_INVERSE = pow(_FACTOR, -1, _CAPACITY)

_TABLES = (DEEDS, TOWNS, SUSPECTS, OUTCOMES)
_DIGITS = tuple({slug_generation_4(word): i for i, word in enumerate(table)} for table in _TABLES)
_SLUG = re.compile("({})-raskryli-({})-({})-({})".format(*("|".join(map(re.escape, digits)) for digits in _DIGITS)))


def crime_headline(number: int) -> str:
    """The headline that spells ``number``."""
    code = number * _FACTOR % _CAPACITY
    words = []
    for table in reversed(_TABLES):
        code, digit = divmod(code, len(table))
        words.append(table[digit])
    outcome, suspect, town, deed = words
    return f"{deed} раскрыли {town}: {suspect} {outcome}"


def number_of_crime_slug(slug: str) -> int | None:
    """The number a generation-4 slug spells, or None where it spells none."""
    match = _SLUG.fullmatch(slug)
    if not match:
        return None
    code = 0
    for table, digits, word in zip(_TABLES, _DIGITS, match.groups(), strict=True):
        code = code * len(table) + digits[word]
    return code * _INVERSE % _CAPACITY
