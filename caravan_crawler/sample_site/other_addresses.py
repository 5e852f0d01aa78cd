"""Addresses on a site of one generation that are not an article's own path, and what stands there."""

from enum import Enum
from typing import NamedTuple
from urllib.parse import parse_qs

from caravan_crawler.sample_site.single_newsroom import SingleNewsroom


class Form(Enum):
    """What kind of address it is."""

    OLD = "an address of generation 3 on a site that has moved to 4: its path, short link or AMP copy"
    SECOND_AMP = "the AMP copy at /amp/ behind the article's path"
    PART = "the second or a further page of an article"
    ATTACHMENT = "the page of an article's photo"


class Found(NamedTuple):
    """The article that an address belongs to."""

    number: int
    form: Form
    part: int = 1


class OtherAddresses:
    """Reads the addresses of one generation."""

    def __init__(self, newsroom: SingleNewsroom) -> None:
        self._newsroom = newsroom

    def find(self, parts: list[str], query: str) -> Found | None:
        """Tell what a path in ``parts`` with a query leads to; None where it is no address of these forms."""
        if self._newsroom.layout.generation(0) == 4:
            old = self._old_number(parts, query)
            if old is not None:
                return Found(old, Form.OLD)
        match parts:
            case [section, slug, last]:
                number = self._newsroom.find(section, slug)
                return None if number is None else self._below(number, last)
        return None

    def _below(self, number: int, last: str) -> Found | None:
        """What stands at one step below an article's path."""
        if last == "amp":
            return Found(number, Form.SECOND_AMP)
        if last.isascii() and last.isdigit():
            part = int(last[:3])
            return Found(number, Form.PART, part) if 2 <= part <= self._newsroom.parts(number) else None
        attachment = self._newsroom.attachment(number)
        if attachment and attachment.rstrip("/").endswith(f"/{last}"):
            return Found(number, Form.ATTACHMENT)
        return None

    def _old_number(self, parts: list[str], query: str) -> int | None:
        match parts:
            case []:
                wanted = parse_qs(query).get("p", [""])[0]
                return self._newsroom.find_old(f"-{wanted}")
            case ["amp", _, slug] | [_, slug]:
                return self._newsroom.find_old(slug)
        return None
