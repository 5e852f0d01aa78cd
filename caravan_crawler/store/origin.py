"""Whose articles a store holds: the site that it was made for, and who the site says it is."""

from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Executable, delete, insert, select

from caravan_crawler.store.schema import articles, store_info
from caravan_crawler.urls import PUBLIC_HOSTS

#: The edition of any site that is neither the original nor another edition of it.
COPY = "copy"
_ORIGINAL = "caravan.kz"
_IDENTITY = "identity"

#: What asks a store.
Ask = Callable[[Executable], Iterable[Any]]


def edition_held(ask: Ask) -> str | None:
    """Return the edition that a store is of, None where it is new.

    Earlier versions noted copies as the original: a store is a copy's if its articles have addresses of another host.
    """
    held = _noted(ask, "site")
    if held == _ORIGINAL:
        urls = [url for (url,) in ask(select(articles.c.url).limit(1))]
        if urls and urlsplit(urls[0]).netloc not in PUBLIC_HOSTS:
            return COPY
    return held


def identity(ask: Ask) -> str | None:
    """Return who the site says it is: empty where it does not say, None where the store has met no response yet."""
    return _noted(ask, _IDENTITY)


def note_identity(value: str) -> tuple[Executable, ...]:
    """Return the statements that note who the site says it is."""
    row = {"name": _IDENTITY, "value": value}
    return delete(store_info).where(store_info.c.name == _IDENTITY), insert(store_info).values(row)


def identity_problem(held: str | None, said: str) -> str | None:
    """Return in words that a site is another one than that of a store, or None."""
    if held is None or said == held:
        return None
    return f"the articles of {_shown(held)}, and the site is {_shown(said)}: keep them elsewhere: -s DATA_DIR=FOLDER"


def _shown(said: str) -> str:
    return f"a sample site ({said})" if said else "a site that does not say which it is"


def title(ask: Ask) -> str:
    """Return whose articles a store holds, as a report or dataset shows it."""
    held = edition_held(ask) or ""
    said = identity(ask)
    if held == COPY:
        return f"a sample site ({said})" if said else "a copy of the site"
    return held


def _noted(ask: Ask, name: str) -> str | None:
    rows = list(ask(select(store_info.c.value).where(store_info.c.name == name)))
    return str(rows[0][0]) if rows else None
