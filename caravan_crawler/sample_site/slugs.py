"""Headline to slug, by the two transliterations the site has used."""

import re

_SHARED = {
    "а": "a", "б": "b", "в": "v", "г": "g", "д": "d", "е": "e", "ё": "e", "ж": "zh", "з": "z",
    "и": "i", "й": "jj", "к": "k", "л": "l", "м": "m", "н": "n", "о": "o", "п": "p", "р": "r",
    "с": "s", "т": "t", "у": "u", "ф": "f", "х": "kh", "ц": "c", "ч": "ch", "ш": "sh", "щ": "shh",
    "ъ": "", "ы": "y", "ь": "", "э": "eh", "ю": "yu", "я": "ya",
    # Kazakh letters: the rule for them is not known, the nearest Latin letter is invented.
    "ә": "a", "ғ": "g", "қ": "k", "ң": "n", "ө": "o", "ұ": "u", "ү": "u", "һ": "h", "і": "i",
}  # fmt: skip
_OLD = str.maketrans(_SHARED)
_NEW = str.maketrans(_SHARED | {"й": "j", "ю": "ju", "я": "ja"})
_NOT_A_WORD_CHARACTER = re.compile(r"[^a-z0-9 ]+")
_NOT_A_CYRILLIC_WORD_CHARACTER = re.compile(r"[^а-яёa-z0-9 ]+")


def slug(headline: str) -> str:
    """The slug of generations 1 to 3, without the id: ``детей-сирот`` gives ``detejjsirot``."""
    return _joined(headline.lower().translate(_OLD))


def slug_generation_4(headline: str) -> str:
    """The slug of generation 4, which spells й, ю, я with a single ``j``."""
    return _joined(headline.lower().translate(_NEW))


def slug_in_cyrillic(headline: str) -> str:
    """The headline's own letters, as an editor can leave them; an address has them percent-encoded."""
    return "-".join(_NOT_A_CYRILLIC_WORD_CHARACTER.sub("", headline.lower()).split())


def _joined(latin: str) -> str:
    return "-".join(_NOT_A_WORD_CHARACTER.sub("", latin).split())
