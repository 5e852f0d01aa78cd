"""Counts of each field by the reader that found it, and whether they drift.

A run is compared with the floors and with the runs before it. If nothing is new for too long, the site is silent.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from math import sqrt
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, func, insert, select

from caravan_crawler.items import COUNTED, NOTHING, Article
from caravan_crawler.outcome import BELOW_FLOORS, SOUND
from caravan_crawler.store import crawl_state
from caravan_crawler.store.schema import articles, field_counts, read_note, runs
from caravan_crawler.store.store import Store

#: The fields that are compared with their history.
FIELDS = (*COUNTED, "images", "published_at")
#: The section of page facts, which do not depend on the article.
EVERYWHERE = "*"
_EXAMPLES = 3
_POOLED_RUNS = 48
#: Name of the note with the time from which runs count as history: when the user last accepted a change of the site.
_ACCEPTED = "drift_accepted_at"


class Cell(NamedTuple):
    """Key of a count: articles of a section and a year of publication in which a reader found a field.

    An empty ``reader`` counts those without the field, an empty ``year`` those without a date.
    """

    section: str
    year: str
    field: str
    reader: str


#: The columns of a cell.
_COLUMNS = tuple(field_counts.c[name] for name in Cell._fields)


class FieldCounts:
    """The counts of one run, and for each field the first articles without it."""

    def __init__(self) -> None:
        self.cells: Counter[Cell] = Counter()
        self.examples: defaultdict[str, list[str]] = defaultdict(list)

    def count_article(self, article: Article, found_by: dict[str, str]) -> None:
        """Count each field of an article after the pipelines."""
        section, year = article.section or "", (article.date_published or "")[:4]
        for name in FIELDS:
            is_found = getattr(article, name) not in NOTHING
            of_date = ("date_published", "date_structured")
            readers = of_date if name == "date_published" else of_date[::-1] if name == "published_at" else (name,)
            reader = next((found_by[each] for each in readers if found_by.get(each)), None)
            self._count(Cell(section, year, name, (reader or "page") if is_found else ""), article.url)

    def count_parts(self, parts: dict[str, bool], url: str) -> None:
        """Count the page facts of an article's page: rates, weather, trending topics."""
        for name, is_shown in parts.items():
            self._count(Cell(EVERYWHERE, "", name, "page" if is_shown else ""), url)

    def _count(self, cell: Cell, url: str) -> None:
        self.cells[cell] += 1
        if not cell.reader and len(self.examples[cell.field]) < _EXAMPLES:
            self.examples[cell.field].append(url)

    def save(self, store: Store, run_id: str) -> None:
        """Store the counts for later runs."""
        rows = [{"run_id": run_id, **cell._asdict(), "articles": number} for cell, number in self.cells.items()]
        if rows:
            store.execute(insert(field_counts), rows)


def accept(store: Store, moment: str) -> None:
    """Start a new history at ``moment``."""
    store.note(_ACCEPTED, moment)


def _before(run_id: str, since: str) -> ColumnElement[bool]:
    """Select the runs that began at ``since`` or later and had ended when ``run_id`` began, so none of its workers."""
    own = runs.alias("own")
    began = select(own.c.number).where(own.c.run_id == run_id).scalar_subquery()
    return and_(runs.c.started_at >= since, runs.c.ended_number < began)


def history(store: Store, since: str, run_id: str) -> Counter[Cell]:
    """Return the sums over the sound runs before ``run_id``, of those that began at ``since`` or later."""
    rows = store.rows(
        select(*_COLUMNS, func.sum(field_counts.c.articles))
        .join(runs, runs.c.run_id == field_counts.c.run_id)
        .where(runs.c.exit_code == SOUND, _before(run_id, since))
        .group_by(*_COLUMNS)
    )
    return Counter({Cell(*cell): int(number) for *cell, number in rows})


def recent(store: Store, since: str, run_id: str) -> list[tuple[int, Counter[Cell]]]:
    """Return exit code and counts of the last complete runs before ``run_id``, newest first."""
    complete = store.rows(
        select(runs.c.run_id, runs.c.exit_code)
        .where(runs.c.exit_code.in_((SOUND, BELOW_FLOORS)), _before(run_id, since))
        .order_by(runs.c.started_at.desc())
        .limit(_POOLED_RUNS)
    )
    counts: dict[str, Counter[Cell]] = {run_id: Counter() for run_id, _ in complete}
    columns = field_counts.c
    query = select(columns.run_id, *_COLUMNS, columns.articles).where(columns.run_id.in_(list(counts)))
    for run_id, *cell, number in store.rows(query):
        counts[run_id][Cell(*cell)] += number
    return [(code, counts[run_id]) for run_id, code in complete]


#: Number of days with publications that define the site's rhythm: minimum and maximum.
_FEWEST_DAYS, _DAYS = 10, 60
#: The site is silent after this many times its longest pause on those days, and never before two days.
_PATIENCE = 2
_SHORTEST = timedelta(days=2)


def silence(store: Store, now: datetime | None = None) -> str | None:
    """Return a message if nothing new was found for longer than the site's rhythm allows, else None."""
    since = crawl_state.last_new(store)
    if since is None:
        return None
    now = now or datetime.now(UTC)
    day = articles.c.date_published
    days = select(day).where(day.is_not(None)).distinct().order_by(day.desc()).limit(_DAYS)
    published = list(map(date.fromisoformat, store.scalars(days)))
    if len(published) < _FEWEST_DAYS:
        return None
    longest = max(later - earlier for later, earlier in pairwise(published))
    # The clock may have been behind when the newest articles were found.
    since = max(since, f"{published[0]}T00:00:00+00:00")
    pause = now - datetime.fromisoformat(since)
    if pause <= max(_SHORTEST, _PATIENCE * longest):
        return None
    return f"no new article since {since}; the site's longest pause was {longest.days} days"


#: Minimum number of articles to judge a field.
FEWEST = 20
#: A field has fallen if it is found in less than this share of the articles expected by its history …
_FALLEN = 0.75
#: … if the difference exceeds this many standard deviations, and at least this many articles were expected.
_DEVIATIONS = 4.0
_FEWEST_EXPECTED = 10
#: Upper bound of an expected share (and 1 minus it, the lower): a few hundred articles never prove certainty.
_CERTAIN = 0.98


@dataclass
class Drift:
    """Messages: ``falls`` for the alarm, ``shifts`` where another reader took over."""

    falls: list[str] = field(default_factory=list)
    shifts: list[str] = field(default_factory=list)
    fields: list[str] = field(default_factory=list)
    """The fields that have fallen."""


class Tally:
    """Counts by field, section and year: the number of articles per reader."""

    def __init__(self, counts: Counter[Cell]) -> None:
        self.by_field: defaultdict[str, defaultdict[str, defaultdict[str, Counter[str]]]]
        self.by_field = defaultdict(lambda: defaultdict(lambda: defaultdict(Counter)))
        for cell, number in counts.items():
            if number > 0:
                self.by_field[cell.field][cell.section][cell.year][cell.reader] += number

    def of_field(self, name: str) -> Counter[str]:
        """Return the number of articles per reader, over all sections and years."""
        return sum((readers for years in self.by_field[name].values() for readers in years.values()), Counter())

    def is_below(self, name: str, floor: float) -> bool:
        """Whether a field was found in less than this share of the articles."""
        readers = self.of_field(name)
        return _found(readers, None) < floor * readers.total()

    def share(self, name: str, section: str, year: str, reader: str | None) -> tuple[float, int] | None:
        """Return a field's share in a section and year, and the number of articles it is based on.

        A year with too few articles is completed by earlier years. With ``reader``, count only
        what that reader found. Return None if there is too little history.
        """
        by_year = self.by_field[name][section]
        pool = Counter(by_year[year]) if year else Counter[str]()
        for other in sorted(by_year, reverse=True):
            if pool.total() >= FEWEST:
                break
            if not year or other < year:
                pool.update(by_year[other])
        if pool.total() < FEWEST:
            return None
        return _found(pool, reader) / pool.total(), pool.total()


def _found(readers: Counter[str], reader: str | None) -> int:
    """Return the number of articles in which a field was found, with ``reader`` by that one."""
    return readers[reader] if reader is not None else readers.total() - readers[""]


def judge(
    run: FieldCounts, recent: Iterable[tuple[int, Counter[Cell]]], history: Counter[Cell], floors: Mapping[str, float]
) -> Drift:
    """Judge a run by its counts.

    ``recent`` are exit codes and counts of the complete runs before it, newest first; ``history`` is the sum of
    all sound runs. ``floors`` maps a field to the minimum share of articles in which it must be found.
    """
    pool, past = map(Tally, _pool(run.cells, recent, history))
    own = Tally(run.cells)
    drift = Drift()
    for name in dict.fromkeys([*FIELDS, *(cell.field for cell in run.cells)]):
        if pool.of_field(name).total() < FEWEST:
            continue
        # The run itself, too: what earlier runs lacked may be fixed.
        is_below_floor = all(tally.is_below(name, floors.get(name, 0.0)) for tally in (pool, own))
        compared = _compare(pool, past, name)
        is_fall = compared.is_low and compared.is_evident and _compare(own, past, name).is_low
        if is_below_floor or is_fall:
            drift.fields.append(name)
            drift.falls.append(_fall_message(name, pool, past, run.examples[name], is_fall=is_fall))
        else:
            drift.shifts += _shifts(name, pool, past)
    return drift


def judge_run(store: Store, run_id: str, run: FieldCounts, floors: Mapping[str, float]) -> Drift:
    """Judge a run by its counts and by those of the runs before it, which the store has."""
    since = read_note(store.rows, _ACCEPTED) or ""
    return judge(run, recent(store, since, run_id), history(store, since, run_id), floors)


def _pool(
    run: Counter[Cell], recent: Iterable[tuple[int, Counter[Cell]]], history: Counter[Cell]
) -> tuple[Counter[Cell], Counter[Cell]]:
    """Return the counts to judge (this run and, if it is small, recent ones) and the history without them."""
    pool, past = Counter(run), Counter(history)
    was_sound = False
    for code, counts in recent:
        if _articles(pool) >= FEWEST:
            break
        number = _articles(counts)
        # Large enough on its own, it belongs to the history, or is over. Else its failure still lasts.
        if number >= FEWEST and (code == SOUND or was_sound):
            break
        pool.update(counts)
        if code == SOUND:
            past.subtract(counts)
            was_sound |= number > 0
    return pool, past


def _articles(counts: Counter[Cell]) -> int:
    """Return the number of articles counted."""
    return sum(number for cell, number in counts.items() if cell.field == FIELDS[0])


class _Comparison(NamedTuple):
    """Articles in which a field was found and was expected, with the standard deviation of the expected number.

    ``total`` counts only articles of a section and year with enough history.
    """

    total: int
    found: int
    expected: float
    deviation: float

    @property
    def is_low(self) -> bool:
        """Whether the field was found far less often than expected."""
        return self.found < _FALLEN * self.expected

    @property
    def is_evident(self) -> bool:
        """Whether it was found less often, in enough articles to rule out chance."""
        return self.expected >= _FEWEST_EXPECTED and self.expected - self.found > _DEVIATIONS * self.deviation

    def __str__(self) -> str:
        return f"{_percent(self.expected, self.total)} → {_percent(self.found, self.total)}"


def _compare(tally: Tally, past: Tally, name: str, reader: str | None = None) -> _Comparison:
    """Compare how often a field was found (with ``reader``, by that reader) with the history."""
    total = found = 0
    expected = variance = 0.0
    for section, years in tally.by_field[name].items():
        for year, readers in years.items():
            if (known := past.share(name, section, year, reader)) is None:
                continue
            share, size = known
            number = readers.total()
            total += number
            found += _found(readers, reader)
            expected += number * share
            likely = min(max(share, 1 - _CERTAIN), _CERTAIN)
            # Both this run and the history differ from the true share by chance.
            variance += number * likely * (1 - likely) * (1 + number / size)
    return _Comparison(total, found, expected, sqrt(variance))


def _fall_message(name: str, pool: Tally, past: Tally, examples: list[str], *, is_fall: bool) -> str:
    what = "pages" if EVERYWHERE in pool.by_field[name] else "articles"
    if is_fall:
        total, found, expected, _ = _compare(pool, past, name)
        message = f"{name} fell from {_percent(expected, total)} to {_percent(found, total)} of {total} {what}"
    else:
        readers = pool.of_field(name)
        total = readers.total()
        message = f"{name} is found in {_percent(_found(readers, None), total)} of {total} {what} only"
    compared = _by_reader(name, pool, past)
    lost = [f"{reader} {one}" for reader, one in compared.items() if one.expected - one.found > 0.1 * one.total]
    if lost:
        message += f" (reader {', '.join(lost)})"
    return message + (f"; without it: {' '.join(examples)}" if examples else "")


def _shifts(name: str, pool: Tally, past: Tally) -> list[str]:
    compared = _by_reader(name, pool, past).items()
    return [
        f"{name}: reader {reader} {one}" for reader, one in compared if one.is_evident and one.found < one.expected / 2
    ]


def _by_reader(name: str, pool: Tally, past: Tally) -> dict[str, _Comparison]:
    return {reader: _compare(pool, past, name, reader) for reader in sorted(past.of_field(name)) if reader}


def _percent(part: float, total: int) -> str:
    return f"{100 * part / total:.0f} %"
