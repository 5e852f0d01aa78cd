"""Publish every stored state of a record in the feeds of exactly one run, even if runs are killed.

A record that is stored new or changed has no mark (``published_in`` is null). A run publishes its own records and
those that earlier runs left without a mark. When its feeds are complete, one transaction marks the records and stores
which files are then renamed. A run that is killed before the transaction has published nothing. If it is killed after
the transaction, the next run renames the files, or removes the marks if it cannot. It does not replace a file that
another program has written since. The paths of files in ``DATA_DIR`` are stored relative to it, as it may be moved
between the two runs.
"""

import json
import logging
import os
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Table, and_, delete, func, insert, or_, select, true, update

from caravan_crawler.atomic import replace_file
from caravan_crawler.feeds import AppendError, Appending, other_part
from caravan_crawler.items import REQUIRED, Article, Link
from caravan_crawler.outcome import SOUND
from caravan_crawler.store import crawl_state, database
from caravan_crawler.store.crawl_state import LOST_FIELDS
from caravan_crawler.store.page_facts import TABLES, Line, line_of
from caravan_crawler.store.schema import articles, failures, runs, store_info
from caravan_crawler.store.statements import Writes
from caravan_crawler.store.store import Store

logger = logging.getLogger(__name__)

Record = Article | Line

#: Prefix of the name of a run's note in ``store_info``.
_PENDING = "placing"
#: Incomplete articles of earlier runs that are no sign of a changed site.
_FEW_INCOMPLETE = 2
_ROWS_AT_ONCE = 500
_KEYS: dict[Table, Any] = {articles: articles.c.key} | {table: table.c.id for table in TABLES.values()}


class LeftRecords:
    """Records that earlier runs stored but did not publish.

    Records of runs that have not ended, such as other workers, are left to them. An article that a run below the floors
    read without a required field is published only once it was read completely, or this run has tried again.
    """

    def __init__(self, store: Store, run_id: str, is_wanted: Callable[[Any], bool]) -> None:
        """``is_wanted`` is called with an article's row: whether its period, section and URL are this run's."""
        self._store = store
        self._run_id = run_id
        self._is_wanted = is_wanted
        self.taken: dict[Table, defaultdict[str, list[Any]]] = {table: defaultdict(list) for table in _KEYS}
        """Keys of the records returned, by run; if another run has changed one since, it is not marked."""

    def runs(self) -> list[str]:
        """Return the earlier runs with unpublished records, in their order."""
        found = {run_id for table in _KEYS for (run_id,) in self._rows(select(table.c.run_id).distinct(), table)}
        return self._store.scalars(select(runs.c.run_id).where(runs.c.run_id.in_(found)).order_by(runs.c.number))

    def fail_incomplete(self, floor: float) -> None:
        """Store a failure for each article without a required field, so that this run reads it again.

        Nobody has judged their runs, as they have not ended soundly. If at least the share ``floor`` of the articles is
        complete, the others may lack the field on the site.
        """
        losing = select(failures.c.article_key).where(failures.c.reason == LOST_FIELDS)
        is_lacking = or_(*(articles.c[name].is_(None) for name in REQUIRED))
        is_new = articles.c.key.not_in(losing.where(failures.c.article_key.is_not(None)))
        query = select(articles.c.key, articles.c.url, articles.c.run_id, runs.c.scope).join(
            runs, runs.c.run_id == articles.c.run_id
        )
        incomplete = self._rows(query, articles, is_lacking, is_new)
        total = sum(number for (number,) in self._rows(select(func.count()), articles))
        if len(incomplete) <= max(_FEW_INCOMPLETE, (1 - floor) * total):
            return
        now = database.now()
        times = {"first_failed_at": now, "last_failed_at": now, "retry_at": now, "attempts": 1}
        writes = Writes()
        for key, url, run_id, scope in incomplete:
            row = {"article_key": key, "scope": scope, "reason": LOST_FIELDS, "run_id": run_id}
            writes.add("failure", url=url, words="it came without a required field", **row, **times)
        self._store.write(writes)

    def take(self) -> Iterator[Record]:
        """Yield the records, a few hundred in memory at a time."""
        failed = select(failures.c.article_key).where(failures.c.article_key.is_not(None))
        losing, tried = failed.where(failures.c.reason == LOST_FIELDS), failed.where(failures.c.run_id == self._run_id)
        is_whole = and_(*(articles.c[name].is_not(None) for name in REQUIRED))
        is_ready = or_(is_whole, articles.c.key.not_in(losing), articles.c.key.in_(tried))
        for row in self._unpublished(articles, is_ready):
            if self._is_wanted(row):
                yield self._taken(articles, row, article_of(row))
        for item_class, table in TABLES.items():
            for row in self._unpublished(table):
                yield self._taken(table, row, line_of(item_class, row))

    def _taken(self, table: Table, row: Any, record: Record) -> Record:
        self.taken[table][row["run_id"]].append(row[_KEYS[table].name])
        return record

    def _unpublished(self, table: Table, *conditions: Any) -> Iterator[Any]:
        key, after = _KEYS[table], true()
        while True:
            rows = self._rows(select(table).order_by(key).limit(_ROWS_AT_ONCE), table, *conditions, after)
            yield from (row._mapping for row in rows)
            if len(rows) < _ROWS_AT_ONCE:
                return
            after = key > rows[-1]._mapping[key.name]

    def _rows(self, query: Any, table: Table, *conditions: Any) -> list[Any]:
        others = [self._run_id, *crawl_state.living(self._store)]
        return self._store.rows(query.where(table.c.published_in.is_(None), table.c.run_id.not_in(others), *conditions))


def article_of(row: Any) -> Article:
    """Return the record of a row of ``articles``."""
    values = {name: row[name] for name in Article.__dataclass_fields__}
    values["links"] = [Link(**link) for link in values["links"]]
    return Article(**values)


def mark_published(
    store: Store,
    run_id: str,
    new_articles: int,
    moves: Iterable[tuple[Path, Path, dict[str, Any]]],
    left: LeftRecords,
    classes: Collection[type],
    data_dir: Path,
) -> None:
    """Mark the records in the run's feeds, and store which files are renamed now: two paths in one folder.

    The third of a move is what its storage ``noted``. ``classes`` are the item classes in any of the feeds.
    """
    files = [[_stored_path(part, data_dir), _stored_path(path, data_dir), noted] for part, path, noted in moves]
    folder = os.path.realpath(data_dir)
    note = {"run_id": run_id, "new_articles": new_articles, "files": files, "data_dir": folder}
    tables = [table for item_class, table in ({Article: articles} | TABLES).items() if item_class in classes]
    own = [
        update(table).where(table.c.run_id == run_id, table.c.published_in.is_(None)).values(published_in=run_id)
        for table in tables
    ]
    noted = insert(store_info).values(name=_name(run_id), value=json.dumps(note))
    store.execute_all(noted, *own, *_marks(run_id, left, tables))


def _marks(run_id: str, left: LeftRecords, tables: list[Table]) -> Iterator[Any]:
    for table in tables:
        for its_run, keys in left.taken[table].items():
            for first in range(0, len(keys), _ROWS_AT_ONCE):
                # Another worker may have stored a newer state, which is not in these feeds.
                yield (
                    update(table)
                    .where(_KEYS[table].in_(keys[first : first + _ROWS_AT_ONCE]), table.c.run_id == its_run)
                    .where(table.c.published_in.is_(None))
                    .values(published_in=run_id)
                )


def unmark_published(store: Store, run_id: str) -> None:
    """Remove a run's marks because its feeds could not be renamed; the next run publishes their records."""
    marks = (update(table).where(table.c.published_in == run_id).values(published_in=None) for table in _KEYS)
    store.execute_all(delete(store_info).where(store_info.c.name == _name(run_id)), *marks)


def finish(store: Store, run_id: str) -> None:
    """Delete the note of a run whose end is stored."""
    store.execute(delete(store_info).where(store_info.c.name == _name(run_id)))


def _stored_path(path: Path, data_dir: Path) -> str:
    """Return a path relative to ``data_dir`` if it is in it, else the absolute path."""
    real, folder = Path(os.path.realpath(path)), Path(os.path.realpath(data_dir))
    return str(real.relative_to(folder) if real.is_relative_to(folder) else real)


def resume(store: Store, data_dir: Path) -> None:
    """Finish the publications of killed runs; a worker's files are renamed by a worker on the same machine."""
    pending = select(store_info.c.value).where(store_info.c.name.startswith(_PENDING))
    notes = list(map(json.loads, store.scalars(pending)))
    living = crawl_state.living(store) if notes else []
    for note in notes:
        if note["run_id"] in living:
            continue
        is_here = _move(store, note, _folder_of(note, data_dir))
        if is_here is None:
            unmark_published(store, note["run_id"])
            continue
        _complete(store, note)
        if is_here:
            # Not if another worker has changed the note meanwhile, and was killed.
            store.execute(delete(store_info).where(store_info.c.value == json.dumps(note)))


def _folder_of(note: dict[str, Any], data_dir: Path) -> Path:
    """Return the folder with a run's files: ``data_dir``, or that of the run if this one has another."""
    inner = [Path(path).parent for _, path, *_ in note["files"] if not Path(path).is_absolute()]
    candidates = (data_dir, Path(note.get("data_dir", data_dir)))
    return next((each for each in candidates if all((each / folder).is_dir() for folder in inner)), data_dir)


def _name(run_id: str) -> str:
    return f"{_PENDING} {run_id}"


def _move(store: Store, note: dict[str, Any], folder: Path) -> bool | None:
    """Rename the remaining files; return whether they are here, or None if nothing can be published.

    That is so if the run's folder is incomplete, or if no file can be moved. Runs on other machines have folders of
    their own, and the store in common if it is on a server.
    """
    run_id, is_here, failed = note["run_id"], True, 0
    # Joining keeps an absolute path, as of a file elsewhere and in notes of earlier versions.
    moves = [(folder / part, folder / path) for part, path, *_ in note["files"]]
    for place, (part, path) in enumerate(moves):
        is_own, file = is_in_run_folder(path, run_id), note["files"][place]
        try:
            if is_own or len(file) == 2:  # as an earlier version noted
                part.replace(path)
            else:
                _place(store, note, file, part, path)
        except OSError as error:
            is_gone = isinstance(error, FileNotFoundError) and not part.exists()
            if is_gone and path.parent.exists():  # renamed already
                continue
            if is_gone and (store.is_on_server or not is_own):
                is_here = False
                continue
            logger.error("%s is not written; the records are in %s: %s", path, folder / file[0], error.strerror)
            if is_own:
                rename_back(moves[:place], run_id)
                return None
            failed += 1
        else:
            logger.info("%s is moved into place: the run that wrote it was killed before that", path)
    return None if failed and failed == len(moves) else is_here


def _place(store: Store, note: dict[str, Any], file: list[Any], part: Path, path: Path) -> None:
    """Publish a file of ``-o`` or ``-O``; if ``path`` has changed since, append this run's rows to it.

    They are joined in another partial file, which the note names before the first one is removed: a kill neither loses
    nor repeats them. Raise FileNotFoundError if the file is published already.
    """
    target, other = Appending(path, file[2]), other_part(part)
    part.stat()  # the lock would make a missing folder
    try:
        target.lock()
        part.stat()
        if target.has_changed() and "rows_at" in file[2]:
            target.join(part, other)
            file[0], file[2] = str(Path(file[0]).with_name(other.name)), target.noted
            store.note(_name(note["run_id"]), json.dumps(note))
            part, other = other, part
        elif target.has_changed() and path.exists():
            raise AppendError("another program has written it since")
        other.unlink(missing_ok=True)
        replace_file(part, path)
    finally:
        target.release()


def is_in_run_folder(path: Path, run_id: str) -> bool:
    """Whether a file is in the run's own folder, whose files decide what is published."""
    return path.parent.name == run_id


def rename_back(moved: Iterable[tuple[Path, Path]], run_id: str) -> None:
    """Rename the files of the run's own folder back, because it cannot be completed."""
    for part, path in moved:
        if is_in_run_folder(path, run_id):
            with suppress(OSError):
                path.replace(part)


def _complete(store: Store, note: dict[str, Any]) -> None:
    is_open = and_(runs.c.run_id == note["run_id"], runs.c.exit_code.is_(None))
    reason, new = "complete, but killed before its end was recorded", note["new_articles"]
    values = {"exit_code": SOUND, "outcome": "sound", "reason": reason, "new_articles": new}
    crawl_state.end_runs(store, is_open, database.now(), **values)
