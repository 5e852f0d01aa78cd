"""The state of crawls: runs, pages that wait or failed, sources read."""

import logging
from dataclasses import asdict, dataclass, fields
from datetime import timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, case, delete, exists, func, insert, or_, select, update

from caravan_crawler import __version__
from caravan_crawler.arguments import CrawlArguments
from caravan_crawler.items import FORBIDDEN, LISTED, OTHER_ARTICLE
from caravan_crawler.normalise.dates import day_named
from caravan_crawler.outcome import AT_LIMIT, BELOW_FLOORS, SOUND
from caravan_crawler.store import database, schema
from caravan_crawler.store.schema import articles, failures, other_pages, runs, sources
from caravan_crawler.store.store import Store

#: Reasons that rarely go away.
_GONE = ("http_404", "http_410", "http_451", OTHER_ARTICLE)
_LASTING = (*_GONE, "kind_other", "kind_listing")
_LASTING_DELAY, _LONGEST_LASTING = timedelta(days=1), timedelta(days=30)
#: Delay after the second run in which a page failed; after the first, the next run tries again.
_DELAY, _LONGEST = timedelta(hours=1), timedelta(days=7)
#: A forbidden page is asked for at least once a day, as the request is sent only once the rules allow it.
_LONGEST_FORBIDDEN = timedelta(days=1)
_GROWTH = 4
#: The longest delay before a failed page is tried again.
LONGEST_DELAY = max(_LONGEST, _LONGEST_LASTING)
#: While no run has ended soundly, a page counts as failed in every run until this time after its first failure. A page
#: that may come back at any moment also counts until this many runs have begun since, the current one included.
_UNSETTLED, _FEWEST_RUNS = timedelta(hours=6), 3
#: A page that was no article is requested again this long after its first and its second reading; maximum per run.
_AGAIN, _MOST_AGAIN = (timedelta(days=1), timedelta(days=7)), 200
#: Reason: the article lacks a required field.
LOST_FIELDS = "lost_fields"


def retry_delay(reason: str, attempts: int, *, is_source: bool = False) -> timedelta:
    """Return the delay before a page that failed in ``attempts`` runs is requested again.

    A source, such as a sitemap, is requested again by the next run, whatever the reason.
    """
    if reason in _LASTING and not is_source:
        return min(_LASTING_DELAY * int(_GROWTH ** min(attempts - 1, 5)), _LONGEST_LASTING)
    if attempts == 1:
        return timedelta(0)
    longest = _LONGEST_FORBIDDEN if reason == FORBIDDEN else _LONGEST
    return min(_DELAY * int(_GROWTH ** min(attempts - 2, 5)), longest)


@dataclass(slots=True)
class _Failing:
    """The columns of ``failures`` that a run needs."""

    article_key: str | None
    attempts: int
    run_id: str
    retry_at: str
    reason: str
    first_failed_at: str
    scope: str


class FailedPages:
    """The failures known to one run with this ``scope``."""

    def __init__(self, store: Store, run_id: str, scope: str) -> None:
        self._run_id = run_id
        self._scope = scope
        time = database.now()
        self._known: dict[str, _Failing] = {}
        self._losing: set[str | None] = set()
        self._settled: set[str] = set()
        self.due: list[str] = []
        """URLs of failed articles to request in this run; listings and feeds are requested anyway."""
        self.unseen: set[str | None] = set()
        """Keys of articles that robots.txt has forbidden: no run has seen whether their pages are articles."""
        columns = (failures.c.url, *(failures.c[one.name] for one in fields(_Failing)))
        for url, *values in store.rows(select(*columns)):
            row = self._known[url] = _Failing(*values)
            if row.reason == LOST_FIELDS:
                self._losing.add(row.article_key)
            if row.reason == FORBIDDEN:
                self.unseen.add(row.article_key)
            # A run of a period or some sections does not repeat the failures of others.
            if row.article_key is not None and row.retry_at <= time and (not scope or row.scope == scope):
                self.due.append(url)
        failing_in = {row.run_id for row in self._known.values()}
        sound = select(runs.c.run_id).where(runs.c.run_id.in_(failing_in), runs.c.exit_code == SOUND)
        self._sound = set(store.scalars(sound)) if failing_in else set()
        last = select(runs.c.started_at).where(runs.c.scope == scope).order_by(runs.c.number.desc()).limit(_FEWEST_RUNS)
        self._starts = store.scalars(last) if failing_in else []

    def may_be_asked(self, url: str) -> bool:
        """Whether the page has not failed, or its retry is due."""
        row = self._known.get(url)
        return row is None or row.retry_at <= database.now()

    def is_settled(self, url: str, *, is_sure: bool = False) -> bool:
        """Whether the page failed in an earlier run, and that was no reason to doubt the run.

        The page is still retried, but no longer counted as a failure of the run. Otherwise a few unreadable pages would
        fail each run that has little else to request, and nothing would be published.
        Without ``is_sure``, the URL may never have had an article: then a page without one is settled after 6 hours,
        however many runs there were.
        """
        row = self._known.get(url)
        if url in self._settled:
            return True
        if row is None or row.run_id == self._run_id or row.reason in (LOST_FIELDS, FORBIDDEN):
            return False
        if row.run_id not in self._sound and not self._has_failed_long(row, is_sure=is_sure):
            return False
        self._settled.add(url)  # however often this run tries it
        return True

    def _has_failed_long(self, row: _Failing, *, is_sure: bool) -> bool:
        if row.first_failed_at >= database.after(database.now(), -_UNSETTLED):
            return False
        is_no_article = row.reason.startswith(("kind_", "redirected"))
        is_open = row.reason not in _GONE and (is_sure or not is_no_article)
        return not is_open or sum(start > row.first_failed_at for start in self._starts) >= _FEWEST_RUNS

    def is_losing(self, key: str) -> bool:
        """Whether the article lacked a required field and was not read completely since."""
        return key in self._losing

    def failed(self, url: str, key: str | None, reason: str, message: str) -> dict[str, Any]:
        """Return the row for a new failure."""
        time = database.now()
        row = self._known.get(url)
        if row is not None and row.reason == LOST_FIELDS != reason:
            # Else a later run would publish the incomplete article without another try.
            reason, message = LOST_FIELDS, f"{message}; before, it came without a required field"
        if row is not None and row.reason == FORBIDDEN != reason:
            row = None  # its first request that was sent
        attempts = 1 if row is None else row.attempts + (row.run_id != self._run_id)
        retry_at = database.after(time, retry_delay(reason, attempts, is_source=key is None))
        first = time if row is None else row.first_failed_at
        failing = self._known[url] = _Failing(key, attempts, self._run_id, retry_at, reason, first, self._scope)
        if key is not None and reason == LOST_FIELDS:
            self._losing.add(key)
        # A row that is there keeps its own first_failed_at.
        its_own = {"url": url, "words": message[:500], "first_failed_at": time, "last_failed_at": time}
        return asdict(failing) | its_own

    def clear(self, url: str, key: str | None, *, only_own: bool = False) -> list[str]:
        """Remove the failures of a page that was read, perhaps only those of this scope; return their URLs."""
        if not self._known:
            return []
        over = [
            other
            for other, row in self._known.items()
            if (other == url or (key is not None and row.article_key == key))
            and (not only_own or row.scope == self._scope)
        ]
        for other in over:
            del self._known[other]
        self._losing.discard(key or "")
        return over


def forgive(store: Store, run_id: str, *, is_outage: bool) -> None:
    """Let the next run repeat failures of this one that are no fault of the pages.

    After an outage these are all but lasting ones; else pages that were not the articles they should be, as a repaired
    site has these again.
    """
    reason = failures.c.reason
    is_excused = reason.not_in(_LASTING) if is_outage else or_(reason.startswith("kind_"), reason == OTHER_ARTICLE)
    excused = update(failures).where(failures.c.run_id == run_id, is_excused)
    store.execute(excused.values(retry_at=database.now(), attempts=1))


def accept_losses(store: Store) -> None:
    """Accept articles without fields that the site no longer has."""
    store.execute(delete(failures).where(failures.c.reason == LOST_FIELDS))


logger = logging.getLogger(__name__)


def correct_future_times(store: Store) -> int:
    """Correct times in the future of sources, failures, other pages and runs; return how many."""
    now, latest = database.now(), database.latest()
    is_list = sources.c.state.is_not(None)
    failed_later = or_(failures.c.last_failed_at > latest, failures.c.retry_at > database.after(latest, LONGEST_DELAY))
    statements = (
        # A listing keeps its progress; the other sources are read again.
        update(sources).where(sources.c.read_at > latest, is_list).values(read_at=""),
        delete(sources).where(sources.c.read_at > latest),
        update(failures).where(failed_later).values(last_failed_at=now, retry_at=now),
        update(other_pages).where(other_pages.c.seen_at > latest).values(seen_at=now),
        update(runs).where(runs.c.started_at > latest).values(started_at=now),
        update(runs).where(runs.c.ended_at > latest).values(ended_at=now),
    )
    number = sum(store.execute(statement).rowcount for statement in statements)
    if number:
        logger.warning("%d times in the store are in the future: the clock was ahead; they are corrected", number)
    return number


@dataclass(slots=True)
class Source:
    """A source: when it was read, a sitemap's ``stamp`` at that time, and a listing's progress."""

    read_at: str
    stamp: str | None = None
    state: dict[str, Any] | None = None


def load_sources(store: Store, scope: str) -> dict[str, Source]:
    """Return the sources known to runs of this kind, by path."""
    columns = (sources.c.path, sources.c.read_at, sources.c.stamp, sources.c.state)
    rows = store.rows(select(*columns).where(sources.c.scope == scope))
    return {path: Source(read_at, stamp, state) for path, read_at, stamp, state in rows}


def stored_sections(store: Store) -> set[str]:
    """Return the sections of the stored articles."""
    return set(filter(None, store.scalars(select(articles.c.section).distinct())))


class Due(NamedTuple):
    """An article to read again, with the validators of its last response."""

    key: str
    url: str
    fetched_url: str
    section: str | None
    date_published: str | None
    date_published_raw: str | None
    etag: str | None
    last_modified: str | None

    @property
    def day(self) -> str | None:
        """Day of publication, or the one that a refused date names."""
        named = day_named(self.date_published_raw) if self.date_published_raw else None
        return self.date_published or (named.isoformat() if named else None)

    @property
    def conditions(self) -> dict[str, str]:
        """Headers of the conditional request; none if the page is to be read again whether it has changed or not."""
        if self.date_published is None:
            return {}
        given = {"If-None-Match": self.etag, "If-Modified-Since": self.last_modified}
        return {name: value for name, value in given.items() if value}


def waiting(store: Store, scope: str) -> list[tuple[str, bool]]:
    """Return the URLs of the articles that runs of this scope have found but not read; whether each is speculative."""
    columns = schema.frontier.c
    query = select(columns.url, columns.is_speculative).where(columns.scope == scope).order_by(columns.found_at)
    return [(url, bool(is_speculative)) for url, is_speculative in store.rows(query)]


def listed_waiting(store: Store, scope: str) -> set[str]:
    """Return the keys of the waiting articles without a number that a source names as articles."""
    columns = schema.frontier.c
    query = select(columns.key, columns.reach).where(columns.scope == scope, columns.key.startswith("/"))
    return {key for key, reach in store.rows(query) if reach and LISTED in reach}


def doubtful(store: Store, scope: str) -> list[str]:
    """Return the URLs whose pages were no articles and are due again: the site may have sent wrong pages.

    A run of a period or some sections reads those of its own ``scope`` only.
    """
    other, waits, now = other_pages.c, schema.frontier.c, database.now()
    ages = enumerate(_AGAIN, 1)
    is_due = or_(*(and_(other.times == n, other.seen_at < database.after(now, -age)) for n, age in ages))
    is_known = or_(
        exists().where(articles.c.key == other.key),
        exists().where(failures.c.article_key == other.key),
        exists().where(waits.key == other.key, waits.scope == scope),
    )
    query = select(other.url).where(other.kind.not_in(("alias", "outside")), is_due, ~is_known)
    query = query if not scope else query.where(other.scope == scope)
    return store.scalars(query.order_by(other.times, other.seen_at).limit(_MOST_AGAIN))


def due_for_refresh(store: Store, first_day: str, read_before: str) -> list[Due]:
    """Return the articles published on ``first_day`` or later and not read since ``read_before``, newest first.

    Those whose date was refused because its day was to come are among them. Readings in the future, by a clock that was
    ahead, are ignored.
    """
    columns = articles.c
    is_unread = or_(columns.checked_at < read_before, columns.checked_at > database.latest())
    is_refused = and_(
        columns.date_published.is_(None), columns.date_published_raw.is_not(None), columns.first_seen_at >= first_day
    )
    is_young = or_(columns.date_published >= first_day, is_refused)
    found = select(*(columns[name] for name in Due._fields)).where(is_young, is_unread)
    order = columns.date_published.desc(), columns.published_at.desc()
    due = [Due(*row) for row in store.rows(found.order_by(*order))]
    return [article for article in due if article.day is not None and article.day >= first_day]


def read_since(store: Store, keys: list[str], moment: str) -> set[str]:
    """Return which of these articles were read at ``moment`` or later."""
    columns = articles.c
    is_read = columns.checked_at.between(moment, database.latest())
    return set(store.scalars(select(columns.key).where(columns.key.in_(keys), is_read)))


#: Exit codes after which a run of the same scope resumes nothing.
_COMPLETE = (SOUND, BELOW_FLOORS)


def begin(store: Store, run_id: str, arguments: CrawlArguments, started_at: str) -> str | None:
    """Store that a run has begun; return when the runs that it continues began."""
    store.join(run_id)
    scope = arguments.scope
    resumed_since = continued(store, run_id, scope, started_at)
    store.execute(
        insert(runs).values(
            run_id=run_id,
            number=_next_number(),
            scope=scope,
            arguments=arguments.as_json(),
            version=__version__,
            started_at=started_at,
            new_articles=0,
        )
    )
    return resumed_since


def continued(store: Store, run_id: str, scope: str, now: str) -> str | None:
    """Mark killed runs; return when the first of the stopped or limited runs began that a run continues, or None."""
    dead = [other for other in _open_runs(store) if other != run_id and not store.is_alive(other)]
    reason = "it ended without a report: killed, or a power failure"
    end_runs(store, runs.c.run_id.in_(dead), now, outcome="killed", reason=reason)
    of_its_kind = runs.c.scope == scope
    is_at_limit = func.coalesce(runs.c.reason, "").startswith(AT_LIMIT)
    is_complete = and_(runs.c.exit_code.in_(_COMPLETE), ~is_at_limit)
    last = store.scalar(select(func.max(runs.c.number)).where(of_its_kind, is_complete)) or 0
    is_stopped = or_(runs.c.exit_code.is_(None), ~is_complete)
    first: str | None = store.scalar(
        select(func.min(runs.c.started_at)).where(of_its_kind, is_stopped, runs.c.ended_number > last)
    )
    return first


def living(store: Store, scope: str | None = None) -> list[str]:
    """Return the runs, or those of a scope, whose worker is alive; none if the store is not shared."""
    return [run_id for run_id in _open_runs(store, scope) if store.is_alive(run_id)]


def _open_runs(store: Store, scope: str | None = None) -> list[str]:
    query = select(runs.c.run_id).where(runs.c.ended_at.is_(None))
    return store.scalars(query if scope is None else query.where(runs.c.scope == scope))


def _next_number() -> Any:
    """Return the subquery for the next number of a beginning or end of a run."""
    one = runs.alias("one")
    last = func.max(one.c.number), func.max(func.coalesce(one.c.ended_number, 0))
    return select(func.coalesce(case((last[0] > last[1], last[0]), else_=last[1]), 0) + 1).scalar_subquery()


def end(store: Store, run_id: str, ended_at: str, report: dict[str, Any]) -> None:
    """Store the end of a run and its report."""
    values = {name: report[name] for name in ("exit_code", "outcome", "reason")}
    new = report["articles"]["new"]
    end_runs(store, runs.c.run_id == run_id, ended_at, **values, new_articles=new, report=report)


def end_runs(store: Store, which: ColumnElement[bool], ended_at: str, **values: Any) -> None:
    """Store the end of the runs ``which``, with the ``values`` of further columns."""
    store.execute(update(runs).where(which).values(ended_at=ended_at, ended_number=_next_number(), **values))


def killed(store: Store) -> list[str]:
    """Return the runs that were killed."""
    return store.scalars(select(runs.c.run_id).where(runs.c.outcome == "killed"))


def last_new(store: Store) -> str | None:
    """Return when the last run with a new article began, or None."""
    moment: str | None = store.scalar(select(func.max(runs.c.started_at)).where(runs.c.new_articles > 0))
    return moment


def brought_new(store: Store, run_ids: list[str]) -> bool:
    """Whether any of these runs, ended or not, stored the latest state of an article."""
    return bool(store.rows(select(articles.c.key).where(articles.c.run_id.in_(run_ids)).limit(1)))
