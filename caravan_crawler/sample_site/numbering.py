"""Article numbers to ids and back, both ways by arithmetic, with no index.

Ids run from 2100 to 2000099 (so that none looks like a year) and ignore the order of dates,
as on the real site before about 2015.
The even modulus with odd factor and offset makes the id of an even number odd and the other way
round, so that a class of numbers can be chosen by how its short link answers.
"""

_LOWEST_ID = 2100
_MODULUS = 1_998_000
_FACTOR = 764_653
_OFFSET = 1_241_653
_INVERSE = pow(_FACTOR, -1, _MODULUS)

MOST_ARTICLES = _MODULUS
"""There are no more ids than these."""


def article_id(number: int) -> int:
    """The id of an article: 4 to 7 digits, different for every number."""
    return _LOWEST_ID + (number * _FACTOR + _OFFSET) % _MODULUS


def number_of(article_id: int) -> int | None:
    """The number behind an id, or None where no article can have that id."""
    position = article_id - _LOWEST_ID
    if not 0 <= position < _MODULUS:
        return None
    return (position - _OFFSET) * _INVERSE % _MODULUS


def short_link_redirects(article_id: int) -> bool:
    """Whether ``/?p=<id>`` redirects (even ids) or answers with the page itself (odd ids)."""
    return article_id % 2 == 0
