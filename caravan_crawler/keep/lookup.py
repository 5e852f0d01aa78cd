"""The question asked for every page of links: what is known of these articles?"""

import json
from collections.abc import Iterable
from typing import Any

from sqlalchemy import ARRAY, Dialect, Text, any_, bindparam, func, literal, null, or_, select, union_all

from caravan_crawler.keep.prepared import Prepared
from caravan_crawler.keep.schema import articles, failures, other_pages


class Lookup:
    """One statement, the same for any number of keys, so that it is prepared once: they are a single value."""

    def __init__(self, dialect: Dialect) -> None:
        self._is_postgresql = dialect.name == "postgresql"
        kind = other_pages.c.kind
        query = union_all(
            select(other_pages.c.key, kind, other_pages.c.section, other_pages.c.date_published).where(
                self._among(other_pages.c.key),
                or_(kind == "outside", kind == "alias", other_pages.c.seen_at > bindparam("lately")),
            ),
            select(failures.c.article_key, literal("failed"), null(), null()).where(
                self._among(failures.c.article_key), failures.c.retry_at > bindparam("now")
            ),
            select(articles.c.key, literal("stored"), articles.c.section, articles.c.date_published).where(
                self._among(articles.c.key)
            ),
        )
        self._query = Prepared(query, dialect)

    def ask(self, cursor: Any, keys: Iterable[str], now: str, lately: str) -> list[Any]:
        """Return key, what it is, section and date of publication, for each of the ``keys`` that is known."""
        wanted = list(keys)
        values = {"keys": wanted if self._is_postgresql else json.dumps(wanted), "now": now, "lately": lately}
        cursor.execute(self._query.sql, self._query.values(values))
        return list(cursor.fetchall())

    def _among(self, column: Any) -> Any:
        if self._is_postgresql:
            return column == any_(bindparam("keys", type_=ARRAY(Text)))
        each = func.json_each(bindparam("keys", type_=Text)).table_valued("value")
        return column.in_(select(each.c.value))
