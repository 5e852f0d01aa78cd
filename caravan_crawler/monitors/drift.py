"""Drift: whether this run's data are below their floors or the site has fallen silent, by its own history."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from math import sqrt
from typing import NamedTuple

from sqlalchemy import func, select

from caravan_crawler.outcome import SOUND
from caravan_crawler.store import crawl_state
from caravan_crawler.store.field_counts import EVERYWHERE, FIELDS, Cell, FieldCounts
from caravan_crawler.store.schema import articles
from caravan_crawler.store.store import Store

#: Its rhythm is that of the last days on which it published, at least so many of them.
_FEWEST_DAYS, _DAYS = 10, 60
#: Silent is what lasts longer than its longest pause among them, by so much, and never less than two days.
_PATIENCE = 2
_SHORTEST = timedelta(days=2)


def silence(store: Store, now: datetime | None = None) -> str | None:
    """Return in words that nothing new was found for longer than the site's own rhythm, or None."""
    since = crawl_state.last_new(store)
    if since is None:
        return None
    now = now or datetime.now(UTC)
    day = func.substr(articles.c.date_published, 1, 10).label("day")
    published = [
        date.fromisoformat(value)
        for (value,) in store.rows(
            select(day).where(articles.c.date_published.is_not(None)).distinct().order_by(day.desc()).limit(_DAYS)
        )
    ]
    if len(published) < _FEWEST_DAYS:
        return None
    longest = max(later - earlier for later, earlier in pairwise(published))
    pause = now - datetime.fromisoformat(since)
    if pause <= max(_SHORTEST, _PATIENCE * longest):
        return None
    return f"no new article since {since}; the site's longest pause was {longest.days} days"


#: Fewer articles are no evidence.
FEWEST = 20
#: A field has fallen where it is found in less than this share of the articles in which its history expects it …
_FALLEN = 0.75
#: … by more than so many standard deviations, and where at least so many were expected.
_DEVIATIONS = 4.0
_FEWEST_EXPECTED = 10
#: No share of a few hundred articles shows that something is quite certain or quite impossible.
_CERTAIN = 0.98


@dataclass
class Drift:
    """What was found: ``falls`` for the alarm, ``shifts`` where another reader took over, both in words."""

    falls: list[str] = field(default_factory=list)
    shifts: list[str] = field(default_factory=list)
    fields: list[str] = field(default_factory=list)
    """The fields that have fallen."""


class Past:
    """The history, by field and section: the articles of each year and reader."""

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
        """Return the field's share in a section and year; where that is thin, in the section's latest years before.

        With it goes the number of articles that tell it. With ``reader`` only what that one found counts. None
        where there is no history to speak of.
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
    run: FieldCounts,
    recent: Iterable[tuple[int, Counter[Cell]]],
    history: Counter[Cell],
    floors: Mapping[str, float],
) -> Drift:
    """Judge a run by its counts.

    ``recent`` are exit code and counts of the complete runs before it, newest first; ``history`` the sums of
    the sound ones among all. ``floors`` gives the smallest share of articles in which a field must be found.
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
    """Return the counts to judge, of this run and enough before it to be evidence, and the history without them."""
    pool, past = Counter(run), Counter(history)
    for code, counts in recent:
        if _totals(pool, FIELDS[0])[0] >= FEWEST:
            break
        if _totals(counts, FIELDS[0])[0] >= FEWEST:
            break  # a run of weight: it is history, not a part of a thin present
        pool.update(counts)
        if code == SOUND:
            past.subtract(counts)
    return pool, past


def _is_low_now(run: Counter[Cell], name: str, share: float) -> bool:
    """Whether this very run shows the lack; what earlier runs lacked may be mended."""
    total, found = _totals(run, name)
    return total > 0 and found < share * total


def _totals(counts: Mapping[Cell, int], name: str) -> tuple[int, int]:
    """Return how many articles were counted, and in how many of them the field was found."""
    total = found = 0
    for cell, number in counts.items():
        if cell.field == name:
            total += number
            found += number if cell.reader else 0
    return total, found


class _Comparison(NamedTuple):
    """In how many articles a field was found, in how many it was to be expected, with the standard deviation of that.

    ``total`` counts the articles of whose kind the past knows enough.
    """

    total: int
    found: int
    expected: float
    deviation: float

    @property
    def is_low(self) -> bool:
        """Whether far less was found."""
        return self.found < _FALLEN * self.expected

    @property
    def is_fall(self) -> bool:
        """Whether far less was found, in so many articles that it is no chance."""
        is_evident = self.expected - self.found > _DEVIATIONS * self.deviation
        return self.expected >= _FEWEST_EXPECTED and self.is_low and is_evident

    def __str__(self) -> str:
        return f"{_percent(self.expected, self.total)} → {_percent(self.found, self.total)}"


def _compare(counts: Counter[Cell], past: Past, name: str, reader: str | None = None) -> _Comparison:
    """Hold how often a field was found, with ``reader`` how often by that one, against the past."""
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
            # By chance the present differs from the true share, and so did the past.
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
