"""Bounds on a page, checked on its bytes before a parser sees them.

A parser holds each attribute of an element against all others of it, and closes open elements one by one: a million
attributes on one element take libxml2 minutes, and 50,000 nested elements take seconds.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

#: Why a page is not parsed.
Excess = Literal["too_many_tags", "tag_too_long"]

#: Tags of a length that few pages have, in bytes; together they may be so many times as long as the longest one.
_LONG, _LONGEST_TOGETHER = 4096, 8
#: The shortest tag is ``<b>``.
_SHORTEST_TAG = 3
#: So many places that may end a tag are looked at before all of the page is.
_TRIES = 16
_SPACES_AND_EQUALS = b"= \t\n\r\f"
# One tag as a browser delimits it; behind that of a script or style sheet its text too, which has no tags. Comments are
# matched as well, since what looks like a tag in one is none. All repeats are possessive, so it takes linear time.
_TAG = re.compile(
    rb"""<(?:
        !--(?:-?>|(?:[^-]++|-(?!-!?>))*+(?:--!?>)?)
        |(?P<tag>(?:(?P<raw>(?i:script|style)(?=[\s/>]))|/?[A-Za-z])
            [^>=]*+(?:=\s*+(?:"[^"]*+(?:"|\Z)|'[^']*+(?:'|\Z)|)[^>=]*+)*+(?:>|\Z))
            (?(raw)(?:[^<]++|<(?!/(?i:script|style)))*+)
    )""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Bounds:
    """The most ``tags`` of a page, opening and closing, ``tag_bytes`` of one tag, and ``links`` that are followed."""

    tags: int = 50_000
    tag_bytes: int = 64 * 1024
    links: int = 2_000

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> "Bounds":
        """Return the bounds that the settings ``PAGE_MAX_…`` name; one that is not set has its default."""
        given = {name: settings.get(f"PAGE_MAX_{name.upper()}") for name in ("tags", "tag_bytes", "links")}
        return cls(**{name: int(value) for name, value in given.items() if value is not None})

    def excess_of(self, source: bytes) -> Excess | None:
        """Return which bound a page's ``source`` exceeds, or None; takes linear time and little memory."""
        most_together = _LONGEST_TOGETHER * self.tag_bytes
        may_be_many = len(source) > _SHORTEST_TAG * self.tags and source.count(b"<") > self.tags
        if not may_be_many and len(source) <= most_together and _has_short_tags(source, self.tag_bytes):
            return None
        count = together = 0
        for match in _TAG.finditer(source):
            start, end = match.span("tag")
            if start < 0:
                continue
            count += 1
            length = end - start + 1
            together += length if length > _LONG else 0
            if length > self.tag_bytes or together > most_together:
                return "tag_too_long"
            if count > self.tags:
                return "too_many_tags"
        return None


def _has_short_tags(source: bytes, limit: int) -> bool:
    """Whether surely no tag is longer than ``limit``: in each stretch of that length is a place where any tag ends.

    Such a place is a double quote and ``>`` behind it. The quote closes a value, or is no quote where the character
    before it is neither ``=`` nor a space, and then ``>`` ends the tag; unless both are in a value in single quotes.
    """
    known = 0
    while len(source) - known > limit:
        end = known + limit
        for _ in range(_TRIES):
            end = source.rfind(b'">', known + 1, end)
            if end < 0:
                return False
            if source[end - 1] not in _SPACES_AND_EQUALS and not _may_be_in_single_quotes(source, known, end):
                break
        else:
            return False
        known = end + 2
    return True


def _may_be_in_single_quotes(source: bytes, start: int, end: int) -> bool:
    quote = source.rfind(b"'", start, end)
    return quote >= 0 and source[quote - 1] in _SPACES_AND_EQUALS
