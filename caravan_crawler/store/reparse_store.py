"""Store what is read from an archive: each part in one commit, with the progress of the file."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Table, delete, select

from caravan_crawler.store import page_facts
from caravan_crawler.store.article_history import ArticleHistory, MergeResult, Observation
from caravan_crawler.store.page_facts import Line, Span
from caravan_crawler.store.schema import article_versions, articles, store_info, view_counts
from caravan_crawler.store.statements import Writes
from caravan_crawler.store.store import Store

#: Prefix of the name of a file's progress in ``store_info``.
_NOTE = "reread "


class ReparseStore:
    """Merges observations into the store, in any order and any number of times.

    With ``dry_run`` nothing is stored. With ``put_off_losses`` values that are no longer found stay until
    :meth:`take_away`.
    """

    def __init__(
        self, store: Store, *, accept_losses: bool = False, put_off_losses: bool = False, dry_run: bool = False
    ) -> None:
        self._store = store
        self._accept_losses = accept_losses
        self._put_off_losses = put_off_losses
        self._dry_run = dry_run

    def put(
        self,
        seen: list[Observation],
        lines: Iterable[Line],
        span: Span,
        note: Callable[[list[MergeResult]], tuple[str, str]],
    ) -> list[MergeResult]:
        """Store a part of a file: its observations and lines, and the file's name and progress, from ``note``.

        Return the result of each observation. ``note`` is called with these results first; if it raises an error,
        nothing is stored.
        """
        writes = page_facts.reread(self._store, lines, span)
        results = self._merge(seen, writes, put_off_losses=self._put_off_losses)
        noted = note(results)
        if not self._dry_run:
            self._commit(writes, noted)
        return results

    def _merge(self, seen: list[Observation], writes: Writes, *, put_off_losses: bool) -> list[MergeResult]:
        """Merge observations, and add the rows to write."""
        histories = self._histories({one.key for one in seen}, put_off_losses=put_off_losses)
        results = []
        for one in seen:
            history = histories[one.key]
            results.append(history.merge(one))
            for alias in history.aliases(one):
                writes.add("alias", **alias)
        for key, history in histories.items():
            _add(writes, key, history)
        return results

    def _commit(self, writes: Writes, note: tuple[str, str]) -> None:
        writes.add("noted", name=_NOTE + note[0], value=note[1])
        self._store.write(writes)
        self._store.flush()

    def take_away(self, seen: list[Observation], note: tuple[str, str]) -> None:
        """Merge observations again, this time with their losses."""
        writes = Writes()
        self._merge(seen, writes, put_off_losses=False)
        self._commit(writes, note)

    def state_of(self, name: str) -> str | None:
        """Return the progress of a file, or None if it was not begun."""
        if self._dry_run:
            return None
        rows = self._store.rows(select(store_info.c.value).where(store_info.c.name == _NOTE + name))
        return str(rows[0][0]) if rows else None

    def forget(self, names: Iterable[str]) -> None:
        """Delete the progress of these files, so that the next run starts from their beginning."""
        if self._dry_run:
            return
        self._store.execute(delete(store_info).where(store_info.c.name.in_([_NOTE + name for name in names])))

    def holds(self, keys: Iterable[str]) -> bool:
        """Whether an article is stored under any of these keys."""
        return bool(self._store.rows(select(articles.c.key).where(articles.c.key.in_(list(keys))).limit(1)))

    def keys_seen(self, since: str, until: str) -> set[str]:
        """Return keys and own paths of the articles whose latest state was observed in this time, before ``until``."""
        in_time = (articles.c.observed_at >= since, articles.c.observed_at < until)
        query = select(articles.c.key, articles.c.url).where(*in_time)
        return {name for key, url in self._store.rows(query) for name in (key, urlsplit(url).path)}

    def lines_until(self, time: str) -> Iterator[Line]:
        """Yield the last page facts up to a time."""
        return page_facts.newest_lines(self._store, time)

    def _histories(self, keys: set[str], *, put_off_losses: bool) -> dict[str, ArticleHistory]:
        rows = {row["key"]: row for row in self._rows(articles, "key", keys)}
        versions: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
        views: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
        for found, table, order in ((versions, article_versions, "version"), (views, view_counts, "observed_at")):
            for row in self._rows(table, "article_key", keys if rows else set(), order):
                found[row["article_key"]].append(row)
        how = {"accept_losses": self._accept_losses, "put_off_losses": put_off_losses}
        return {key: ArticleHistory(rows.get(key), versions[key], views[key], **how) for key in keys}

    def _rows(self, table: Table, column: str, keys: set[str], order: str | None = None) -> list[dict[str, Any]]:
        if not keys:
            return []
        query = select(table).where(table.c[column].in_(sorted(keys)))
        rows = self._store.rows(query if order is None else query.order_by(table.c[order]))
        return [dict(row._mapping) for row in rows]


def _add(writes: Writes, key: str, history: ArticleHistory) -> None:
    """Add the changed rows of an article; earlier failures and other pages of its URLs are deleted."""
    if history.has_new_row and history.row is not None:
        # An article that only the archive has is not published yet; a published one stays published.
        writes.add("article_reread", **{"published_in": None, **history.row})
        writes.add("read", the_key=key)
        writes.add("article_found", the_key=key)
        writes.add("no_other_page", the_key=key)
        for url in {history.row["url"], history.row["fetched_url"]}:
            writes.add("failure_cleared", the_key=url)
    if history.has_new_versions:
        writes.add("versions_gone", the_key=key)
        for row in history.versions:
            writes.add("version", **row)
    if history.has_new_views:
        writes.add("views_gone", the_key=key)
        for row in history.views:
            writes.add("views", **row)
