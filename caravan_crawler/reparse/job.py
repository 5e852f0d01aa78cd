"""Reparse archives into the store: resume, loss guard, summary."""

import json
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from caravan_crawler import __version__
from caravan_crawler.archive.sources import Part, Source
from caravan_crawler.monitors.drift import FEWEST
from caravan_crawler.pages.to_items import ChangeFilter
from caravan_crawler.reparse.pool import ProcessDiedError, Read
from caravan_crawler.reparse.reader import Reading
from caravan_crawler.store import database
from caravan_crawler.store.article_history import MergeResult, Observation
from caravan_crawler.store.page_facts import Line, Span
from caravan_crawler.store.reparse_store import ReparseStore

_HOW = ("found", "changed", "lost")
_KINDS_WITH_RECORDS = ("article",)


class Summary:
    """Counts pages by what they were, articles by what became of them, and fields by how they differ."""

    def __init__(self) -> None:
        self.pages: Counter[str] = Counter()
        self.change_types: Counter[str] = Counter()
        self.fields: dict[str, Counter[str]] = {}
        self._examples: dict[str, str] = {}

    def page(self, what: str) -> None:
        """Count a page by its kind, or why it was none."""
        self.pages[what] += 1

    def article(self, url: str, taken: MergeResult) -> None:
        """Count an article's observation."""
        name = "read_differently" if taken.fields else str(taken.change_type)
        self.change_types[name] += 1
        for field, how in taken.fields.items():
            self.fields.setdefault(field, Counter())[how] += 1
            self._examples.setdefault(field, url)

    def lines(self) -> Iterator[str]:
        """Yield the lines of a table: a field each."""
        if not self.fields:
            return
        width = max(map(len, self.fields))
        yield "  ".join(["field".ljust(width), *(how.rjust(7) for how in _HOW), "for example"])
        for field, counts in sorted(self.fields.items()):
            cells = [f"{counts[how]:7,}" for how in _HOW]
            yield "  ".join([field.ljust(width), *cells, self._examples[field]])

    def words(self) -> str:
        """Return the whole in one line."""
        change_types = ", ".join(
            f"{number:,} {name.replace('_', ' ')}" for name, number in sorted(self.change_types.items())
        )
        passed = ", ".join(
            f"{number:,} {what.replace('_', ' ')}"
            for what, number in sorted(self.pages.items())
            if what not in _KINDS_WITH_RECORDS
        )
        total = sum(number for what, number in self.pages.items() if what != "known_under_another_address")
        return f"{total:,} pages; articles: {change_types or 'none'}" + (f"; others: {passed}" if passed else "")


#: The share of a field's values that may vanish: wrong ones are fewer, a reader that is broken loses more.
MOST_LOST = 0.25


class LossesError(Exception):
    """Too many values of a field would be lost; its text is one line for the user."""


class LossGuard:
    """Counts, field by field, what earlier readings of the same pages had and this one has lost."""

    def __init__(self) -> None:
        self._had: Counter[str] = Counter()
        self._lost: Counter[str] = Counter()

    @property
    def counts(self) -> list[dict[str, int]]:
        """What was counted, as JSON can hold it."""
        return [dict(self._had), dict(self._lost)]

    def go_on(self, counts: list[dict[str, int]]) -> None:
        """Go on from what a stopped reading had counted, if it is more."""
        had, lost = map(Counter, counts)
        if had.total() > self._had.total():
            self._had, self._lost = had, lost

    def check(self, taken: list[MergeResult]) -> None:
        """Count; raise :class:`LossesError` where a field has lost more than its share, of twenty values or more."""
        for one in taken:
            self._had.update(one.had)
            self._lost.update(name for name, how in one.fields.items() if how == "lost")
        for name, lost in self._lost.items():
            if lost >= FEWEST and lost > MOST_LOST * self._had[name]:
                raise LossesError(
                    f"{name} is not found any more in {lost:,} of {self._had[name]:,} articles that had it, so the "
                    "reader may be broken; --dry-run shows what would change, --accept-losses stores it"
                )


_SECOND = timedelta(seconds=1)
_A_MOMENT = 0.5


class _Losing(NamedTuple):
    """A part of a source, and which of its ``articles``, by key and time, have lost a value."""

    start: int
    stop: int
    articles: list[str]


class ReparseJob:
    """Has ``sources`` read, and keeps what they give. ``summary`` tells of it."""

    def __init__(self, keeping: ReparseStore, sources: list[Source], losses: LossGuard | None = None) -> None:
        """``losses`` stop the work where they are too many; till all is read, ``keeping`` has to put them off."""
        self.summary = Summary()
        self._keeping = keeping
        self._losses = losses
        self._sources = sources
        self._name = sha256("\n".join(source.name for source in sources).encode()).hexdigest()[:16]
        self._seen: defaultdict[str, set[str]] = defaultdict(set)
        self._changes: defaultdict[str, ChangeFilter] = defaultdict(ChangeFilter)
        self._read_to: dict[str, str] = {}
        self._newest: defaultdict[str, set[str]] = defaultdict(set)
        self._losing: defaultdict[Path, list[_Losing]] = defaultdict(list)
        self._left = list(self._beginnings())
        self.size = sum(source.size - start for source, start in self._left)
        """What is left to be read, in the sources' unit."""

    def run(self, read: Read, is_stopped: Callable[[], bool], told: Callable[[Part], None]) -> None:
        """Read and keep part after part; ``told`` of each. A stop is heeded between two of them."""
        try:
            for part, readings in read(part for source, start in self._left for part in source.parts(start)):
                self._keep(part, readings)
                told(part)
                if is_stopped():
                    return
            if not self._take_away(read, is_stopped):
                return
        except LossesError:
            self._forget()
            raise
        except ProcessDiedError:
            time.sleep(_A_MOMENT)  # one signal to all processes, as systemd sends it, may come here last
            if is_stopped():
                return
            raise
        self._forget()

    def _forget(self) -> None:
        self._keeping.forget(source.name for source in self._sources)

    def _beginnings(self) -> Iterator[tuple[Source, int]]:
        """Yield where each source is to be read from: where a reading of the same ones, if it was stopped, had come."""
        for source in self._sources:
            noted = json.loads(self._keeping.state_of(source.name) or "{}")
            is_same = all(noted.get(name) == value for name, value in self._marks(source).items())
            if is_same:
                self._go_on(source, noted)
            yield source, noted["stop"] if is_same else 0

    def _marks(self, source: Source) -> dict[str, Any]:
        """Return what must be the same for a reading to be gone on with."""
        return {"job": self._name, "size": source.size, "version": __version__}

    def _state(self, source: Source, stop: int) -> tuple[str, str]:
        """Return how far a source is read, and what has to be known to go on from there."""
        state = self._marks(source) | {
            "stop": stop,
            "read_to": self._read_to.get(source.run_id, ""),
            "newest": sorted(self._newest[source.run_id]),
            "losing": self._losing[source.path],
            "losses": self._losses.counts if self._losses else [],
        }
        return source.name, json.dumps(state)

    def _go_on(self, source: Source, noted: dict[str, Any]) -> None:
        """Take up where a stopped reading of the run was."""
        read_to = noted["read_to"]
        self._losing[source.path] = [_Losing(*one) for one in noted["losing"]]
        if self._losses and noted["losses"]:
            self._losses.go_on(noted["losses"])
        self._read_to[source.run_id] = read_to
        if source.about.run_id and read_to:
            # Of the last second only what was read: a crawl's own articles are in the store already.
            self._newest[source.run_id] = set(noted["newest"])
            self._seen[source.run_id] |= self._keeping.keys_seen(source.about.begun_at, read_to)
            self._seen[source.run_id] |= self._newest[source.run_id]
            for line in self._keeping.lines_until(read_to):
                self._is_news(source, line)

    def _keep(self, part: Part, readings: list[Reading]) -> None:
        source = part.source
        own = source.about.run_id
        observations = []
        for one in readings:
            if one.what:
                self.summary.page(one.what)
            if one.article is None:
                continue
            if one.is_partial and self._keeping.holds(one.keys):
                self.summary.change_types["left_whole"] += 1
                continue
            # A run asks for an article once; what it finds under another address tells nothing new.
            if own and self._seen[own] & set(one.keys):
                self.summary.page("known_under_another_address")
                continue
            self._seen[own or ""].update(one.keys if own else ())
            observations.append(_observation(one, source))
        lines = [line for one in readings for line in one.shown if self._is_news(source, line)]
        span = self._span(source, readings)

        def state(taken: list[MergeResult]) -> tuple[str, str]:
            if self._losses:
                self._losses.check(taken)
                self._note_losing(part, observations, taken)
            return self._state(source, part.stop)

        taken = self._keeping.put(observations, lines, span, state)
        for seen, result in zip(observations, taken, strict=True):
            self.summary.article(seen.article.url, result)

    def _note_losing(self, part: Part, observations: list[Observation], taken: list[MergeResult]) -> None:
        """Note which articles of a part have lost something that stays till it is known how much all have lost."""
        losing = [
            f"{seen.key} {seen.article.observed_at}"
            for seen, result in zip(observations, taken, strict=True)
            if "lost" in result.fields.values()
        ]
        if losing:
            self._losing[part.source.path].append(_Losing(part.start, part.stop, losing))

    def _take_away(self, read: Read, is_stopped: Callable[[], bool]) -> bool:
        """Take away what was lost, as it is known now to be little; return whether the work was not stopped."""
        for source in self._sources:
            left = self._losing[source.path]
            parts = [Part(source, one.start, one.stop) for one in left]
            for _, readings in read(parts):
                losing = set(left.pop(0).articles)
                seen = [_observation(one, source) for one in readings if one.article is not None]
                seen = [one for one in seen if f"{one.key} {one.article.observed_at}" in losing]
                self._keeping.take_away(seen, self._state(source, source.size))
                if is_stopped():
                    return False
        return True

    def _is_news(self, source: Source, line: Line) -> bool:
        """Whether a line differs from the one before it in its run; other archives are in no order of time."""
        return not source.about.run_id or self._changes[source.about.run_id].is_new(*line.change_key())

    def _span(self, source: Source, readings: list[Reading]) -> Span:
        """Return whose lines of every page are read again: of a crawl's own archive all in the part's time."""
        times = [one.observed_at for one in readings if one.observed_at]
        if not source.about.run_id:
            return Span(source.run_id, times=tuple(sorted({one.observed_at for one in readings if one.shown})))
        if not times:
            return Span(source.run_id, since="1", until="0")
        before = self._read_to.get(source.run_id)
        newest = max([*times, before or ""])
        keys = {key for one in readings if one.article and one.observed_at == newest for key in one.keys}
        self._newest[source.run_id] = keys | (self._newest[source.run_id] if newest == before else set())
        since = database.after(before, _SECOND) if before else min(times)
        self._read_to[source.run_id] = newest
        return Span(source.run_id, since, newest)


def _observation(one: Reading, source: Source) -> Observation:
    assert one.article is not None
    return Observation(one.key, one.article, source.run_id, one.found_by, one.etag, one.last_modified)
