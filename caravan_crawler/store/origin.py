"""The site that a store belongs to: the edition it was made for, and the identity the site reports."""

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

#: A function that queries the store.
Ask = Callable[[Executable], Iterable[Any]]


def edition_held(ask: Ask) -> str | None:
    """Return the edition that a store belongs to, or None if it is new.

    A store that is noted as the original belongs to a copy if its articles have URLs of another host.
    """
    held = _noted(ask, "site")
    if held == _ORIGINAL:
        urls = [url for (url,) in ask(select(articles.c.url).limit(1))]
        if urls and urlsplit(urls[0]).netloc not in PUBLIC_HOSTS:
            return COPY
    return held


def identity(ask: Ask) -> str | None:
    """Return the identity the site reports: empty if it reports none, None before the first response."""
    return _noted(ask, _IDENTITY)


def note_identity(value: str) -> tuple[Executable, ...]:
    """Return the statements that store the identity of the site."""
    row = {"name": _IDENTITY, "value": value}
    return delete(store_info).where(store_info.c.name == _IDENTITY), insert(store_info).values(row)


def identity_problem(held: str | None, said: str) -> str | None:
    """Return a message if the site is not the store's, or None."""
    if held is None or said == held:
        return None
    return f"the articles of {_shown(held)}; for those of {_shown(said)} name another folder: -s DATA_DIR=FOLDER"


def _shown(said: str) -> str:
    return f"a sample site ({said})" if said else "a site that does not say which it is"


def title(ask: Ask) -> str:
    """Return the name of the site for reports and datasets."""
    held = edition_held(ask) or ""
    said = identity(ask)
    if held == COPY:
        return f"a sample site ({said})" if said else "a copy of the site"
    return held


def _noted(ask: Ask, name: str) -> str | None:
    rows = list(ask(select(store_info.c.value).where(store_info.c.name == name)))
    return str(rows[0][0]) if rows else None
