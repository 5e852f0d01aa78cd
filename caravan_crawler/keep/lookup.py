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
        other = other_pages.c
        is_lasting = or_(other.kind == "outside", other.kind == "alias", other.seen_at > bindparam("lately"))
        query = union_all(
            select(other.key, other.kind, other.section, other.date_published, other.url).where(
                self._among(other.key), is_lasting
            ),
            select(failures.c.article_key, literal("failed"), null(), null(), failures.c.url).where(
                self._among(failures.c.article_key), failures.c.retry_at > bindparam("now")
            ),
            select(
                articles.c.key, literal("stored"), articles.c.section, articles.c.date_published, articles.c.url
            ).where(self._among(articles.c.key)),
        )
        self._query = Prepared(query, dialect)

    def ask(self, cursor: Any, keys: Iterable[str], now: str, lately: str) -> list[Any]:
        """Return key, what it is, section, date of publication and URL, for each of the ``keys`` that is known."""
        wanted = list(keys)
        values = {"keys": wanted if self._is_postgresql else json.dumps(wanted), "now": now, "lately": lately}
        cursor.execute(self._query.sql, self._query.values(values))
        return list(cursor.fetchall())

    def _among(self, column: Any) -> Any:
        if self._is_postgresql:
            return column == any_(bindparam("keys", type_=ARRAY(Text)))
        each = func.json_each(bindparam("keys", type_=Text)).table_valued("value")
        return column.in_(select(each.c.value))
