"""Store what is read from an archive: each part in one commit, with the progress of the file."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Table, delete, select

from caravan_crawler.store.article_history import ArticleHistory, Losses, MergeResult, Observation
from caravan_crawler.store.page_facts import TABLES, Line, line_of, meaning, newest_lines, row_of
from caravan_crawler.store.schema import (
    article_versions,
    articles,
    rates,
    read_note,
    store_info,
    trending,
    view_counts,
    weather,
)
from caravan_crawler.store.statements import Writes
from caravan_crawler.store.store import Store

#: The column with the subject of a line.
_ABOUT = {trending: trending.c.rank, rates: rates.c.currency, weather: weather.c.city}
#: Prefix of the name of a file's progress in ``store_info``.
_NOTE = "reread "


@dataclass(frozen=True)
class Span:
    """Pages of a run to read again: those from ``since`` to ``until``, or those of certain ``times``."""

    run_id: str
    since: str = ""
    until: str = ""
    times: tuple[str, ...] = ()


class ReparseStore:
    """Merges observations into the store, in any order and any number of times.

    With ``dry_run`` nothing is stored. Losses that are put off stay until :meth:`take_away`.
    """

    def __init__(self, store: Store, losses: Losses = Losses.KEEP_REQUIRED, *, dry_run: bool = False) -> None:
        self._store = store
        self._losses = losses
        self._dry_run = dry_run

    def put(
        self,
        seen: list[Observation],
        lines: Sequence[Line],
        span: Span,
        note: Callable[[list[MergeResult]], tuple[str, str]],
    ) -> list[MergeResult]:
        """Store a part of a file: its observations and lines, and the file's name and progress, from ``note``.

        Return the result of each observation. ``note`` is called with these results first; if it raises an error,
        nothing is stored.
        """
        writes = reread(self._store, lines, span)
        results = self._merge(seen, writes, self._losses)
        noted = note(results)
        if not self._dry_run:
            self._commit(writes, noted)
        return results

    def _merge(self, seen: list[Observation], writes: Writes, losses: Losses) -> list[MergeResult]:
        """Merge observations, and add the rows to write."""
        histories = self._histories({one.key for one in seen}, losses)
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

    def take_away(self, seen: list[Observation], note: tuple[str, str]) -> None:
        """Merge observations again, this time with their losses."""
        writes = Writes()
        self._merge(seen, writes, Losses.KEEP_REQUIRED)
        self._commit(writes, note)

    def state_of(self, name: str) -> str | None:
        """Return the progress of a file, or None if it was not begun."""
        return None if self._dry_run else read_note(self._store.rows, _NOTE + name)

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
        return newest_lines(self._store, time)

    def _histories(self, keys: set[str], losses: Losses) -> dict[str, ArticleHistory]:
        rows = {row["key"]: row for row in self._rows(articles, "key", keys)}
        versions: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
        views: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
        for found, table, order in ((versions, article_versions, "version"), (views, view_counts, "observed_at")):
            for row in self._rows(table, "article_key", keys if rows else set(), order):
                found[row["article_key"]].append(row)
        return {key: ArticleHistory(rows.get(key), versions[key], views[key], losses) for key in keys}

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


def reread(store: Store, lines: Sequence[Line], span: Span) -> Writes:
    """Return the writes that replace the lines of ``span`` by ``lines``, which are in the order of their pages.

    A line remains if it differs from the one before it, in order of time, of the same subject.
    """
    writes = Writes()
    for item_class, table in TABLES.items():
        time = table.c.observed_at
        is_reread = time.in_(span.times) if span.times else time.between(span.since, span.until)
        replaced = store.rows(select(table.c.id, table.c.published_in).where(table.c.run_id == span.run_id, is_reread))
        gone = {row_id for row_id, _ in replaced}
        subjects: defaultdict[Any, list[Line]] = defaultdict(list)
        for line in lines:
            if isinstance(line, item_class):
                subjects[meaning(line)[0]].append(line)
        repeated = set()
        for new in subjects.values():
            value: Any = None
            both = [*_stored_around(store, item_class, new, gone), *((line, None) for line in new)]
            # If two have the same time, the last added is the latest.
            for line, row_id in sorted(both, key=lambda one: one[0].observed_at):
                before, value = value, meaning(line)[1]
                if value == before and row_id is None:
                    repeated.add(id(line))
                elif value == before:
                    gone.add(row_id)
        for row_id in gone:
            writes.add(f"{table.name}_gone", the_id=row_id)
        # In the feeds of the run that published the earlier lines of these pages.
        published_in = max((mark for _, mark in replaced if mark), default=None)
        for line in lines:
            if isinstance(line, item_class) and id(line) not in repeated:
                writes.add(table.name, **row_of(line, span.run_id) | {"published_in": published_in})
    return writes


def _stored_around(store: Store, item_class: Any, new: list[Line], gone: set[int]) -> list[tuple[Line, int]]:
    """Return the stored lines of one subject, with their ids: the ``new`` ones' neighbours, and those between them."""
    table = TABLES[item_class]
    about, time = _ABOUT[table], table.c.observed_at
    times = sorted(line.observed_at for line in new)
    own = select(table).where(about == getattr(new[0], about.name), table.c.id.not_in(gone))
    rows = [
        *store.rows(own.where(time <= times[0]).order_by(time.desc(), table.c.id.desc()).limit(1)),
        *store.rows(own.where(time > times[0], time <= times[-1]).order_by(time, table.c.id)),
        *store.rows(own.where(time > times[-1]).order_by(time, table.c.id).limit(1)),
    ]
    return [(line_of(item_class, row._mapping), row.id) for row in rows]
