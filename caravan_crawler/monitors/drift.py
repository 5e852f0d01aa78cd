"""Drift: whether a run's data are below the floors or their own history, and whether the site is silent."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from math import sqrt
from typing import Any, NamedTuple

from sqlalchemy import select

from caravan_crawler.outcome import SOUND
from caravan_crawler.store import crawl_state
from caravan_crawler.store.field_counts import EVERYWHERE, FIELDS, Cell, FieldCounts
from caravan_crawler.store.schema import articles
from caravan_crawler.store.store import Store

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
    published = [
        date.fromisoformat(value)
        for (value,) in store.rows(select(day).where(day.is_not(None)).distinct().order_by(day.desc()).limit(_DAYS))
    ]
    if len(published) < _FEWEST_DAYS:
        return None
    longest = max(later - earlier for later, earlier in pairwise(published))
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


class Past:
    """The history by field and section: number of articles per year and reader."""

    def __init__(self, counts: Counter[Cell]) -> None:
        self._years: defaultdict[tuple[str, str], defaultdict[str, Counter[str]]]
        self._years = defaultdict(lambda: defaultdict(Counter))
        self._readers: defaultdict[str, set[str]] = defaultdict(set)
        for cell, number in counts.items():
            if number > 0:
                self._years[cell.field, cell.section][cell.year][cell.reader] += number
                if cell.reader:
                    self._readers[cell.field].add(cell.reader)

    def readers(self, name: str) -> list[str]:
        """Return the readers that have found the field."""
        return sorted(self._readers[name])

    def share(self, name: str, section: str, year: str, reader: str | None) -> tuple[float, int] | None:
        """Return a field's share in a section and year, and the number of articles it is based on.

        A year with too few articles is completed by earlier years. With ``reader``, count only
        what that reader found. Return None if there is too little history.
        """
        by_year = self._years[name, section]
        pool = Counter(by_year.get(year, {}) if year else {})
        for other in sorted(by_year, reverse=True):
            if pool.total() >= FEWEST:
                break
            if not year or other < year:
                pool.update(by_year[other])
        if pool.total() < FEWEST:
            return None
        found = pool[reader] if reader is not None else pool.total() - pool[""]
        return found / pool.total(), pool.total()


def judge(
    run: FieldCounts, recent: Iterable[tuple[int, Counter[Cell]]], history: Counter[Cell], floors: Mapping[str, float]
) -> Drift:
    """Judge a run by its counts.

    ``recent`` are exit codes and counts of the complete runs before it, newest first; ``history`` is the sum of
    all sound runs. ``floors`` maps a field to the minimum share of articles in which it must be found.
    """
    pool, earlier = _pool(run.cells, recent, history)
    past = Past(earlier)
    drift = Drift()
    for name in dict.fromkeys([*FIELDS, *(cell.field for cell in run.cells)]):
        total, found = _totals(pool, name)
        if total < FEWEST:
            continue
        is_below_floor = found < floors.get(name, 0.0) * total and _is_low_now(run.cells, name, floors.get(name, 0.0))
        is_fall = _compare(pool, past, name).is_fall and _compare(run.cells, past, name).is_low
        if is_below_floor or is_fall:
            drift.fields.append(name)
            drift.falls.append(_words(name, pool, past, run.examples[name], is_fall=is_fall))
        else:
            drift.shifts += _shifts(name, pool, past)
    return drift


def _pool(
    run: Counter[Cell], recent: Iterable[tuple[int, Counter[Cell]]], history: Counter[Cell]
) -> tuple[Counter[Cell], Counter[Cell]]:
    """Return the counts to judge (this run and, if it is small, recent ones) and the history without them."""
    pool, past = Counter(run), Counter(history)
    for code, counts in recent:
        if _totals(pool, FIELDS[0])[0] >= FEWEST:
            break
        if _totals(counts, FIELDS[0])[0] >= FEWEST:
            break  # large enough on its own: it belongs to the history
        pool.update(counts)
        if code == SOUND:
            past.subtract(counts)
    return pool, past


def _is_low_now(run: Counter[Cell], name: str, share: float) -> bool:
    """Whether this run itself is below the share; a lack of earlier runs may be fixed."""
    total, found = _totals(run, name)
    return total > 0 and found < share * total


def _totals(counts: Mapping[Cell, int], name: str) -> tuple[int, int]:
    """Return the number of articles counted, and of those in which the field was found."""
    total = found = 0
    for cell, number in counts.items():
        if cell.field == name:
            total += number
            found += number if cell.reader else 0
    return total, found


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
    def is_fall(self) -> bool:
        """Whether the field was found far less often, in enough articles to rule out chance."""
        is_evident = self.expected - self.found > _DEVIATIONS * self.deviation
        return self.expected >= _FEWEST_EXPECTED and self.is_low and is_evident

    def __str__(self) -> str:
        return f"{_percent(self.expected, self.total)} → {_percent(self.found, self.total)}"


def _compare(counts: Counter[Cell], past: Past, name: str, reader: str | None = None) -> _Comparison:
    """Compare how often a field was found (with ``reader``, by that reader) with the history."""
    strata: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for cell, number in counts.items():
        if cell.field == name:
            strata[cell.section, cell.year][cell.reader] += number
    total = found = 0
    expected = variance = 0.0
    for (section, year), readers in strata.items():
        known = past.share(name, section, year, reader)
        if known is not None:
            share, size = known
            number = readers.total()
            total += number
            found += readers[reader] if reader is not None else number - readers[""]
            expected += number * share
            likely = min(max(share, 1 - _CERTAIN), _CERTAIN)
            # Both this run and the history differ from the true share by chance.
            variance += number * likely * (1 - likely) * (1 + number / size)
    return _Comparison(total, found, expected, sqrt(variance))


def _words(name: str, pool: Counter[Cell], past: Past, examples: list[str], *, is_fall: bool) -> str:
    what = "pages" if any(cell.section == EVERYWHERE and cell.field == name for cell in pool) else "articles"
    if is_fall:
        total, found, expected, _ = _compare(pool, past, name)
        words = f"{name} fell from {_percent(expected, total)} to {_percent(found, total)} of {total} {what}"
    else:
        total, found = _totals(pool, name)
        words = f"{name} is found in {_percent(found, total)} of {total} {what} only"
    compared = {reader: _compare(pool, past, name, reader) for reader in past.readers(name)}
    lost = [f"{reader} {one}" for reader, one in compared.items() if one.expected - one.found > 0.1 * one.total]
    if lost:
        words += f" (reader {', '.join(lost)})"
    return words + (f"; without it: {' '.join(examples)}" if examples else "")


def _shifts(name: str, pool: Counter[Cell], past: Past) -> list[str]:
    words = []
    for reader in past.readers(name):
        one = _compare(pool, past, name, reader)
        is_evident = one.expected - one.found > _DEVIATIONS * one.deviation
        if one.expected >= _FEWEST_EXPECTED and one.found < one.expected / 2 and is_evident:
            words.append(f"{name}: reader {reader} {one}")
    return words


def _percent(part: float, total: int) -> str:
    return f"{100 * part / total:.0f} %"


_DATES = "caravan/normalise/dates"
_VERDICTS = ("printed", "refined", "structured", "disagree", "missing")
#: One article may have a mistyped date.
_FEWEST_LATE = 2


def clock_problem(stats: Mapping[str, Any]) -> str | None:
    """Return a message if most dates that a run has read are in the future, as this machine's clock may be behind."""
    late = stats.get(f"{_DATES}/future", 0)
    dates = sum(stats.get(f"{_DATES}/{verdict}", 0) for verdict in _VERDICTS)
    if late < _FEWEST_LATE or 2 * late <= dates:
        return None
    return f"the dates of {late} of {dates} articles are in the future: is the clock of this machine behind?"
