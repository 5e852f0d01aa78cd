"""What a run has to do by what the store holds: articles found and not read, and those due to be read again."""

from typing import NamedTuple

from sqlalchemy import ColumnElement, or_, select

from caravan_crawler.keep import clock, schema
from caravan_crawler.keep.store import Store


class Due(NamedTuple):
    """An article to be read again, with what lets the server answer that nothing has changed."""

    key: str
    url: str
    section: str | None
    date_published: str | None
    etag: str | None
    last_modified: str | None

    @property
    def conditions(self) -> dict[str, str]:
        """The request headers that let the server answer so."""
        given = {"If-None-Match": self.etag, "If-Modified-Since": self.last_modified}
        return {name: value for name, value in given.items() if value}


class Waiting(NamedTuple):
    """An article found and not read; a speculative address was put aside, as its like had led to no articles."""

    url: str
    is_speculative: bool


def waiting(store: Store, scope: str) -> list[Waiting]:
    """Return the addresses of the articles that runs of this kind have found and not read."""
    columns = schema.frontier.c
    rows = store.rows(
        select(columns.url, columns.is_speculative).where(columns.scope == scope).order_by(columns.found_at)
    )
    return [Waiting(url, bool(is_speculative)) for url, is_speculative in rows]


def due_for_refresh(store: Store, first_day: str, read_before: str) -> list[Due]:
    """Return the articles published on ``first_day`` or later and not read since ``read_before``, newest first.

    A reading in the future, by a clock that was ahead, counts for none.
    """
    table = schema.articles
    rows = store.rows(
        select(
            table.c.key,
            table.c.url,
            table.c.section,
            table.c.date_published,
            table.c.etag,
            table.c.last_modified,
        )
        .where(table.c.date_published >= first_day, _is_outside(table.c.checked_at, read_before))
        .order_by(table.c.date_published.desc())
    )
    return [Due(*row) for row in rows]


def read_since(store: Store, keys: list[str], moment: str) -> set[str]:
    """Return which of these articles were read at ``moment`` or later."""
    columns = schema.articles.c
    is_read = columns.checked_at.between(moment, clock.latest())
    return {key for (key,) in store.rows(select(columns.key).where(columns.key.in_(keys), is_read))}


def _is_outside(time: ColumnElement[str], since: str) -> ColumnElement[bool]:
    return or_(time < since, time > clock.latest())
