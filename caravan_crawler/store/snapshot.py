"""Read-only view of the store at one moment, while crawls may write; its content in a few queries."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Executable, Table, func, or_, select
from sqlalchemy.exc import SQLAlchemyError

from caravan_crawler.outcome import SOUND
from caravan_crawler.store import database, schema
from caravan_crawler.store.database import StoreError, StoreRefusedError
from caravan_crawler.store.schema import MIGRATIONS, schema_version
from caravan_crawler.store.store import site_title

_ROWS_AT_ONCE = 500


class Snapshot:
    """The store of ``STORE_URL`` or ``DATA_DIR``, opened read-only and without its lock.

    All queries see the state at the first one. Every failure is a
    :class:`~caravan_crawler.store.database.StoreError` with one line for the user.
    """

    def __init__(self, setting: str | None, data_dir: str) -> None:
        url = database.store_url(setting, data_dir)
        if url == database.TEMPORARY:
            raise StoreRefusedError("STORE_URL=none stores nothing that could be read")
        self.name = database.without_password(url)
        if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
            advice = "a crawl makes one: scrapy crawl caravan; another folder is -s DATA_DIR=FOLDER"
            raise StoreRefusedError(f"there is no store {self.name}; {advice}")
        engine = database.make_engine(url, reads_only=True)
        self._errors = (SQLAlchemyError, engine.dialect.loaded_dbapi.Error)
        with ExitStack() as opened:
            opened.callback(engine.dispose)
            try:
                self.connection = opened.enter_context(engine.connect())
                """In its one transaction."""
                if engine.dialect.name == "postgresql":
                    self.connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
                version = schema_version(self.connection)
            except self._errors as error:
                problem = database.reading_problem(url, error)
                raise StoreError(f"the store {self.name} cannot be opened: {problem}") from error
            if version != len(MIGRATIONS) + 1:
                raise StoreRefusedError(_no_use(self.name, version))
            self._opened = opened.pop_all()

    def rows(self, statement: Executable, **values: Any) -> Iterator[Any]:
        """Yield a query's rows, a few hundred in memory at a time."""
        for batch in self.batches(statement, **values):
            yield from batch

    def batches(self, statement: Executable, **values: Any) -> Iterator[Sequence[Any]]:
        """Yield a query's rows in lists of a few hundred, which is faster for whole tables."""
        try:
            result = self.connection.execution_options(yield_per=_ROWS_AT_ONCE).execute(statement, values)
            yield from result.partitions(_ROWS_AT_ONCE)
        except self._errors as error:
            raise StoreError(f"the store {self.name} cannot be read: {database.error_line(error)}") from error

    def close(self) -> None:
        """Close the connection."""
        self._opened.close()

    def __enter__(self) -> "Snapshot":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _no_use(name: str, version: int) -> str:
    if not version:
        return f"there is no store in {name}; a crawl makes one"
    remedy = "the next crawl upgrades it" if version <= len(MIGRATIONS) else "install a newer crawler"
    return f"the store {name} has schema version {version}, and this crawler reads {len(MIGRATIONS) + 1}: {remedy}"


_KILLED = "killed"


@dataclass(frozen=True)
class Run:
    """One run.

    - ``scope``: its period, sections or ``urls``; empty if it crawled the whole site;
    - ``seconds``: its duration; None if it has not ended, or was killed at an unknown time;
    - ``outcome``: the exit code's name; ``killed``; ``no end`` if it has not ended, or was killed and no run followed;
    - ``new_articles``: None if it has not ended, or was killed;
    - ``requests``: None if it left no report.
    """

    run_id: str
    scope: str
    started_at: str
    seconds: int | None
    outcome: str
    reason: str
    new_articles: int | None
    requests: int | None

    @property
    def is_sound(self) -> bool:
        """Whether it ended with exit code 0."""
        return self.outcome == "sound"


class Reason(NamedTuple):
    """Why pages failed: a stats key, their number, and the last of them."""

    reason: str
    pages: int
    last_failed_at: str
    url: str
    message: str


@dataclass(frozen=True)
class Overview:
    """A store in numbers. A section or language that is unknown is an empty string; the largest come first.

    - ``store``: its URL, without a password; ``size``: bytes on the disk;
    - ``first``, ``last``: days of publication, ``YYYY-MM-DD``; None without any dated article;
    - ``waiting``: articles found but not read; ``deferred``: speculative URLs, as similar ones led to no articles;
    - ``unread_sources``: listings that are not walked to their ends, and sitemaps not read;
    - ``unpublished``: articles that are in no run's feeds yet;
    - ``failed``: pages that could not be fetched or read; ``due``: those that the next run requests again;
    - ``reasons``: those of the latest failures, latest first.
    """

    store: str
    site: str
    size: int
    articles: int
    first: str | None
    last: str | None
    sections: dict[str, int]
    languages: dict[str, int]
    versions: int
    view_counts: int
    runs: int
    last_runs: list[Run]
    waiting: int
    deferred: int
    unread_sources: int
    unpublished: int
    failed: int
    due: int
    reasons: list[Reason]


def read_overview(snapshot: Snapshot, now: str, *, most_runs: int, most_reasons: int) -> Overview:
    """Read a store; ``now`` is a time as in the store."""
    articles, frontier, failures = schema.articles, schema.frontier, schema.failures
    first, last = first_and_last_day(snapshot)
    return Overview(
        store=snapshot.name,
        site=site_title(snapshot.rows),
        size=_size(snapshot),
        articles=count_rows(snapshot, articles),
        first=first,
        last=last,
        sections=count_values(snapshot, articles.c.section),
        languages=count_values(snapshot, articles.c.language),
        versions=count_rows(snapshot, schema.article_versions),
        view_counts=count_rows(snapshot, schema.view_counts),
        runs=count_rows(snapshot, schema.runs),
        last_runs=last_runs(snapshot, most_runs),
        waiting=count_rows(snapshot, frontier, frontier.c.is_speculative == 0),
        deferred=count_rows(snapshot, frontier, frontier.c.is_speculative != 0),
        unread_sources=_unread_sources(snapshot),
        unpublished=count_rows(snapshot, articles, articles.c.published_in.is_(None)),
        failed=count_rows(snapshot, failures),
        due=count_rows(snapshot, failures, failures.c.retry_at <= now),
        reasons=_reasons(snapshot, most_reasons),
    )


def first_and_last_day(snapshot: Snapshot) -> tuple[str | None, str | None]:
    """Return the first and the last day of publication; None without any dated article."""
    published = schema.articles.c.date_published
    ((first, last),) = snapshot.rows(select(func.min(published), func.max(published)))
    return first, last


def last_runs(snapshot: Snapshot, limit: int) -> list[Run]:
    """Return the last runs, newest first."""
    columns = schema.runs.c
    query = select(schema.runs).order_by(columns.started_at.desc(), columns.run_id.desc()).limit(limit)
    return [_run(row) for row in snapshot.rows(query)]


def _run(row: Any) -> Run:
    seconds = None
    if row.ended_at and row.outcome != _KILLED:
        seconds = datetime.fromisoformat(row.ended_at) - datetime.fromisoformat(row.started_at)
    return Run(
        run_id=row.run_id,
        scope=row.scope,
        started_at=row.started_at,
        seconds=None if seconds is None else round(seconds.total_seconds()),
        outcome=row.outcome or ("sound" if row.exit_code == SOUND else "no end"),
        reason=row.reason or "it has not ended yet, or was killed",
        new_articles=row.new_articles if row.exit_code is not None else None,
        requests=(row.report or {}).get("requests"),
    )


def _reasons(snapshot: Snapshot, most: int) -> list[Reason]:
    columns = schema.failures.c
    pages = count_values(snapshot, columns.reason)
    latest = func.max(columns.last_failed_at).label("latest")
    found = []
    for name, time in list(snapshot.rows(select(columns.reason, latest).group_by(columns.reason))):
        query = select(columns.url, columns.words).where(columns.reason == name, columns.last_failed_at == time)
        ((url, message),) = snapshot.rows(query.order_by(columns.url).limit(1))
        found.append(Reason(name, pages[name], time, url, message))
    return sorted(found, key=lambda one: (one.last_failed_at, one.pages), reverse=True)[:most]


def count_rows(snapshot: Snapshot, table: Table, *conditions: ColumnElement[bool]) -> int:
    """Return the number of rows of a table that meet all conditions."""
    ((number,),) = snapshot.rows(select(func.count()).select_from(table).where(*conditions))
    return int(number)


def count_values(snapshot: Snapshot, column: ColumnElement[Any]) -> dict[str, int]:
    """Return the number of rows by their value in ``column``, the largest first; NULL is an empty string."""
    name = func.coalesce(column, "").label("name")
    counts = snapshot.rows(select(name, func.count()).group_by(name))
    return dict(sorted(((name, number) for name, number in counts), key=lambda one: (-one[1], one[0])))


def _unread_sources(snapshot: Snapshot) -> int:
    columns = schema.sources.c
    rows = snapshot.rows(
        select(columns.read_at, columns.state).where(or_(columns.read_at == "", columns.state.is_not(None)))
    )
    return sum(not read_at or bool(state["open"]) for read_at, state in rows)


def _size(snapshot: Snapshot) -> int:
    """Return the bytes of the tables in PostgreSQL, or of SQLite's files."""
    if snapshot.connection.dialect.name == "postgresql":
        sizes = [func.pg_total_relation_size(func.to_regclass(name)) for name in schema.metadata.tables]
        ((*values,),) = snapshot.rows(select(*sizes))
        return sum(value or 0 for value in values)
    file = Path(snapshot.connection.engine.url.database or "")
    return sum(path.stat().st_size for path in (file, file.with_name(f"{file.name}-wal")) if path.exists())
