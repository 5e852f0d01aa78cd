"""Recognise stored articles that the site has under another URL.

The site has moved from URLs with a number to URLs without. The same article is recognised by a redirect from its old
URL, or else by the same headline, day and text.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import delete, insert, select, update

from caravan_crawler.items import Article
from caravan_crawler.store import database
from caravan_crawler.store.schema import aliases, article_versions, articles, failures, other_pages, view_counts
from caravan_crawler.store.store import Store

Row = Mapping[str, Any]

_NOT_LETTERS = re.compile(r"[\W_]+")
#: Characters of a paragraph that is compared; shorter ones occur in many articles.
_SHORTEST_PARAGRAPH = 30
#: Share of equal paragraphs in the same text: two markups may separate its paragraphs differently.
_SAME_TEXT = 0.5


def fold(text: str | None) -> str:
    """Return the letters and digits of a text, which do not depend on markup, typography and encoding."""
    return _NOT_LETTERS.sub("", (text or "").casefold().replace("ё", "е"))


def is_same_article(one: Row, other: Row) -> bool:
    """Whether two records, of which one's URL leads to the other, have the same headline or text.

    The same day is enough only if one of them has no text: a removed article may lead to another one of its day.
    """
    is_same_day = bool(one["date_published"]) and one["date_published"] == other["date_published"]
    is_same_headline = bool(one["headline"]) and fold(one["headline"]) == fold(other["headline"])
    has_texts = bool(_whole(one) and _whole(other))
    return is_same_headline or is_same_text(one, other) or (is_same_day and not has_texts)


def is_same_text(one: Row, other: Row) -> bool:
    """Whether most paragraphs of two records are the same; False if one has no text."""
    first, second = _whole(one), _whole(other)
    if not first or not second:
        return False
    if first in second or second in first:
        return True
    paragraphs, others = _paragraphs(one), _paragraphs(other)
    smaller = min(len(paragraphs), len(others))
    return smaller > 0 and len(paragraphs & others) > _SAME_TEXT * smaller


def _whole(row: Row) -> str:
    lede, body = fold(row["lede"]), fold(row["body"])
    return body if body.startswith(lede) else lede + body


def _paragraphs(row: Row) -> set[str]:
    texts = [row["lede"], *(row["body"] or "").split("\n\n")]
    return {folded for text in texts if len(folded := fold(text)) >= _SHORTEST_PARAGRAPH}


class KnownTexts:
    """Finds the stored article with the same headline, day and text as one that is read now."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._stored_now: dict[int, list[str]] = {}
        """Keys of the articles stored in this run, by day and headline."""

    def add(self, row: Row, key: str) -> None:
        """Register an article stored in this run."""
        if row["headline"] and row["date_published"]:
            keys = self._stored_now.setdefault(_index(row), [])
            if key not in keys:
                keys.append(key)

    def find(self, row: Row) -> Row | None:
        """Return the stored row of the same article, or None."""
        if not row["headline"] or not row["date_published"]:
            return None
        keys = list(self._stored_now.get(_index(row), ()))
        if not self._store.was_empty:
            keys += self._of_that_day(row)
        for key in dict.fromkeys(keys):
            stored = stored_row(self._store, key)
            # Two articles have two numbers, even if one is a copy of the other.
            if stored and is_same_text(row, stored) and None in (row["article_id"], stored["article_id"]):
                return stored
        return None

    def _of_that_day(self, row: Row) -> Iterable[str]:
        columns = articles.c
        rows = self._store.rows(
            select(columns.key, columns.headline).where(columns.date_published == row["date_published"])
        )
        headline = fold(row["headline"])
        return [key for key, other in rows if fold(other) == headline]


def _index(row: Row) -> int:
    return hash((row["date_published"], fold(row["headline"])))


def stored_row(store: Store, key: str, *, may_be_pending: bool = True) -> Row | None:
    """Return the stored row of an article, or None."""
    if may_be_pending:
        store.flush()
    rows = store.rows(select(articles).where(articles.c.key == key))
    return rows[0]._mapping if rows else None


def has_number(url: str, article: Article | Row) -> bool:
    """Whether an article's URL ends in its number, as all did before the move."""
    number = article.article_id if isinstance(article, Article) else article["article_id"]
    return number is not None and url.rstrip("/").endswith((f"-{number}", f"={number}"))


def merge_rows(store: Store, old: Row, new: Row) -> None:
    """Merge two rows of one article: key and number of ``old``, the latest state, and the history of both."""
    key, gone = old["key"], new["key"]
    kept = {
        "key": key,
        "article_id": old["article_id"] or new["article_id"],
        "first_seen_at": min(old["first_seen_at"], new["first_seen_at"]),
        "version": old["version"] + new["version"],
    }
    alias = {"url": old["url"], "article_key": key, "first_seen_at": old["first_seen_at"]}
    counted = select(view_counts.c.observed_at).where(view_counts.c.article_key == key)
    store.execute_all(
        delete(articles).where(articles.c.key.in_([key, gone])),
        insert(articles).values({**new, **kept}),
        update(article_versions)
        .where(article_versions.c.article_key == gone)
        .values(article_key=key, version=article_versions.c.version + old["version"]),
        delete(view_counts).where(view_counts.c.article_key == gone, view_counts.c.observed_at.in_(counted)),
        update(view_counts).where(view_counts.c.article_key == gone).values(article_key=key),
        update(aliases).where(aliases.c.article_key == gone).values(article_key=key),
        update(failures).where(failures.c.article_key == gone).values(article_key=key),
        delete(aliases).where(aliases.c.url == old["url"]),
        insert(aliases).values(alias),
        delete(other_pages).where(other_pages.c.key == gone),
        insert(other_pages).values(key=gone, url=new["url"], kind="alias", seen_at=database.now()),
    )
