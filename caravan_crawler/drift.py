"""Whether the site's markup has changed: each field of a run held against its floor and against its own history.

Like is compared with like: articles of a section and a year with earlier ones of the same section and year,
so that a year from the archive, whose pages show less, is no alarm. And an alarm needs evidence: of a few
articles nothing can be concluded, so runs that read few are judged together.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import sqrt

from caravan_crawler.keep.field_counts import EVERYWHERE, FIELDS, Cell, FieldCounts
from caravan_crawler.outcome import SOUND

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

    def share(self, name: str, section: str, year: str, reader: str | None) -> float | None:
        """Return the field's share in a section and year; where that is thin, in the section's latest years before.

        With ``reader`` only what that one found. None where there is no history to speak of.
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
        return (pool[reader] if reader is not None else pool.total() - pool[""]) / pool.total()


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
        expected, deviation = _expected(pool, past, name)
        has_fallen = (
            expected >= _FEWEST_EXPECTED
            and found < _FALLEN * expected
            and expected - found > _DEVIATIONS * deviation
            and _is_low_now(run.cells, name, _FALLEN * expected / total)
        )
        if is_below_floor or has_fallen:
            drift.falls.append(_words(name, pool, past, expected if has_fallen else None, run.examples[name]))
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


def _expected(pool: Counter[Cell], past: Past, name: str, reader: str | None = None) -> tuple[float, float]:
    """Return in how many of the pool's articles the past lets expect the field, and the standard deviation."""
    strata: Counter[tuple[str, str]] = Counter()
    for cell, number in pool.items():
        if cell.field == name:
            strata[cell.section, cell.year] += number
    expected = variance = 0.0
    for (section, year), number in strata.items():
        share = past.share(name, section, year, reader)
        if share is not None:
            expected += number * share
            likely = min(max(share, 1 - _CERTAIN), _CERTAIN)
            variance += number * likely * (1 - likely)
    return expected, sqrt(variance)


def _readers(counts: Counter[Cell], name: str) -> Counter[str]:
    readers: Counter[str] = Counter()
    for cell, number in counts.items():
        if cell.field == name and cell.reader:
            readers[cell.reader] += number
    return readers


def _words(name: str, pool: Counter[Cell], past: Past, expected: float | None, examples: list[str]) -> str:
    total, found = _totals(pool, name)
    what = "pages" if any(cell.section == EVERYWHERE and cell.field == name for cell in pool) else "articles"
    if expected is None:
        words = f"{name} is found in {_percent(found, total)} of {total} {what} only"
    else:
        words = f"{name} fell from {_percent(expected, total)} to {_percent(found, total)} of {total} {what}"
    lost = []
    now = _readers(pool, name)
    for reader in past.readers(name):
        before, _ = _expected(pool, past, name, reader)
        if before - now[reader] > 0.1 * total:
            lost.append(f"{reader} {_percent(before, total)} → {_percent(now[reader], total)}")
    if lost:
        words += f" (reader {', '.join(lost)})"
    return words + (f"; without it: {' '.join(examples)}" if examples else "")


def _shifts(name: str, pool: Counter[Cell], past: Past) -> list[str]:
    total, _ = _totals(pool, name)
    now = _readers(pool, name)
    words = []
    for reader in past.readers(name):
        expected, deviation = _expected(pool, past, name, reader)
        if expected >= _FEWEST_EXPECTED and now[reader] < expected / 2 and expected - now[reader] > 4 * deviation:
            words.append(f"{name}: reader {reader} {_percent(expected, total)} → {_percent(now[reader], total)}")
    return words


def _percent(part: float, total: int) -> str:
    return f"{100 * part / total:.0f} %"
