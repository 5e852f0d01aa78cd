"""Reparse archives into the store: resume, loss guard, summary."""

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from caravan_crawler import __version__
from caravan_crawler.archive.sources import Part, Source
from caravan_crawler.pages.page import ChangeFilter
from caravan_crawler.reparse.reader import ParsedPage, ParseParts
from caravan_crawler.store import database
from caravan_crawler.store.article_history import MergeResult, Observation
from caravan_crawler.store.field_counts import FEWEST
from caravan_crawler.store.page_facts import Line
from caravan_crawler.store.reparse_store import ReparseStore, Span

#: Columns of the table of fields.
_EFFECTS = ("found", "changed", "lost")


class Summary:
    """Counts pages by kind, articles by change, and fields by how their values differ."""

    def __init__(self) -> None:
        self.pages: Counter[str] = Counter()
        self.change_types: Counter[str] = Counter()
        self.fields: dict[str, Counter[str]] = {}
        self._examples: dict[str, str] = {}

    def page(self, kind: str) -> None:
        """Count a page by its kind, or a record by why it is no page."""
        self.pages[kind] += 1

    def article(self, url: str, result: MergeResult) -> None:
        """Count an article's observation."""
        self.change_types["read_differently" if result.effects else str(result.change_type)] += 1
        for name, effect in result.effects.items():
            self.fields.setdefault(name, Counter())[effect] += 1
            self._examples.setdefault(name, url)

    def lines(self) -> Iterator[str]:
        """Yield the lines of a table with one field a line."""
        if not self.fields:
            return
        width = max(map(len, self.fields))
        yield "  ".join(["field".ljust(width), *(effect.rjust(7) for effect in _EFFECTS), "for example"])
        for name, counts in sorted(self.fields.items()):
            cells = [f"{counts[effect]:7,}" for effect in _EFFECTS]
            yield "  ".join([name.ljust(width), *cells, self._examples[name]])

    def message(self) -> str:
        """Return a summary in one line."""
        articles = _listed(self.change_types)
        others = _listed({kind: number for kind, number in self.pages.items() if kind != "article"})
        total = self.pages.total() - self.pages["known_under_another_address"]
        return f"{total:,} pages; articles: {articles or 'none'}" + (f"; others: {others}" if others else "")


def _listed(counts: dict[str, int]) -> str:
    return ", ".join(f"{number:,} {name.replace('_', ' ')}" for name, number in sorted(counts.items()))


#: The share of a field's values that may be lost: fewer were wrong before, and a broken reader loses more.
MOST_LOST = 0.25


class LossesError(Exception):
    """Too many values of a field would be lost; the message is one line for the user."""


class LossGuard:
    """Counts for each field the values of earlier readings of the same pages, and those that this one has lost."""

    def __init__(self) -> None:
        self._had: Counter[str] = Counter()
        self._lost: Counter[str] = Counter()

    @property
    def counts(self) -> list[dict[str, int]]:
        """The counts, for JSON."""
        return [dict(self._had), dict(self._lost)]

    def resume(self, counts: list[dict[str, int]]) -> None:
        """Continue from the counts of a stopped reading if they are higher."""
        had, lost = map(Counter, counts)
        if had.total() > self._had.total():
            self._had, self._lost = had, lost

    def count(self, results: list[MergeResult]) -> None:
        """Count results; LossesError if a field has lost more than its share, and at least ``FEWEST`` values."""
        for one in results:
            self._had.update(one.had)
            self._lost.update(name for name, effect in one.effects.items() if effect == "lost")
        for name, lost in self._lost.items():
            if lost >= FEWEST and lost > MOST_LOST * self._had[name]:
                raise LossesError(
                    f"{name} is not found any more in {lost:,} of {self._had[name]:,} articles that had it, so the "
                    "reader may be broken; --dry-run shows what would change, --accept-losses stores it"
                )


_SECOND = timedelta(seconds=1)


class _LosingPart(NamedTuple):
    """A part with articles that have lost a value; an article is its key and time."""

    start: int
    stop: int
    articles: list[str]


@dataclass
class _RunState:
    """How far the pages of a run are read, and what its later pages are compared with."""

    seen: set[str] = field(default_factory=set)
    """Keys of the articles read."""
    changes: ChangeFilter = field(default_factory=ChangeFilter)
    read_to: str = ""
    """The newest time of a page."""
    newest: set[str] = field(default_factory=set)
    """Keys of the articles of that time."""


class ReparseJob:
    """Reparses sources into the store; ``summary`` counts the results."""

    def __init__(self, store: ReparseStore, sources: list[Source], losses: LossGuard | None = None) -> None:
        """``losses`` may end the job; then the store has to put losses off until all parts are read."""
        self.summary = Summary()
        self._store = store
        self._losses = losses
        self._sources = sources
        self._name = sha256("\n".join(source.name for source in sources).encode()).hexdigest()[:16]
        self._runs: defaultdict[str, _RunState] = defaultdict(_RunState)
        self._losing: defaultdict[Path, list[_LosingPart]] = defaultdict(list)
        self._left = [(source, self._resume(source)) for source in sources]
        self.size = sum(source.size - start for source, start in self._left)
        """The size of what is left to read, in the sources' units."""

    def run(self, read: ParseParts, on_part: Callable[[Part], None]) -> None:
        """Read and store part after part; call ``on_part`` with each. A job that is stopped can be continued."""
        try:
            for part, readings in read(part for source, start in self._left for part in source.parts(start)):
                self._store_part(part, readings)
                on_part(part)
            self._remove_losses(read)
        except LossesError:
            self._forget()
            raise
        self._forget()

    def _forget(self) -> None:
        self._store.forget(source.name for source in self._sources)

    def _resume(self, source: Source) -> int:
        """Return where to begin with a source: where a stopped job on the same sources ended, or at 0."""
        state = json.loads(self._store.state_of(source.name) or "{}")
        if any(state.get(name) != value for name, value in self._fingerprint(source).items()):
            return 0
        self._losing[source.path] = [_LosingPart(*one) for one in state["losing"]]
        if self._losses and state["losses"]:
            self._losses.resume(state["losses"])
        run, read_to = self._runs[source.run_id], state["read_to"]
        run.read_to = read_to
        if source.about.run_id and read_to:
            # In the last second only what was read counts: the store may have the crawl's own articles of that time.
            run.newest = set(state["newest"])
            run.seen |= self._store.keys_seen(source.about.begun_at, read_to) | run.newest
            for line in self._store.lines_until(read_to):
                run.changes.is_new(*line.change_key())
        return int(state["stop"])

    def _fingerprint(self, source: Source) -> dict[str, Any]:
        """Return what must be the same in a job that is resumed."""
        return {"job": self._name, "size": source.size, "version": __version__}

    def _state(self, source: Source, stop: int) -> tuple[str, str]:
        """Return a source's name, and what is needed to resume from ``stop`` as JSON."""
        run = self._runs[source.run_id]
        state = self._fingerprint(source) | {
            "stop": stop,
            "read_to": run.read_to,
            "newest": sorted(run.newest),
            "losing": self._losing[source.path],
            "losses": self._losses.counts if self._losses else [],
        }
        return source.name, json.dumps(state)

    def _store_part(self, part: Part, readings: list[ParsedPage]) -> None:
        source = part.source
        run = self._runs[source.run_id] if source.about.run_id else None
        observations = list(self._observations(readings, run))
        # Other archives are in no order of time, so their lines have no line before them to compare with.
        lines: list[Line] = [
            line for one in readings for line in one.lines if run is None or run.changes.is_new(*line.change_key())
        ]
        if run is None:
            times = sorted({one.observed_at for one in readings if one.lines})
            span = Span(source.run_id, times=tuple(times))
        else:
            span = _run_span(source.run_id, run, readings)

        def state(results: list[MergeResult]) -> tuple[str, str]:
            if self._losses:
                self._losses.count(results)
                self._note_losing(part, observations, results)
            return self._state(source, part.stop)

        results = self._store.put(observations, lines, span, state)
        for observation, result in zip(observations, results, strict=True):
            self.summary.article(observation.article.url, result)

    def _observations(self, readings: list[ParsedPage], run: _RunState | None) -> Iterator[Observation]:
        """Count pages, and yield the articles to store; a run reads an article once."""
        for one in readings:
            if one.kind:
                self.summary.page(one.kind)
            if one.seen is None:
                continue
            if one.is_partial and self._store.holds(one.keys):
                self.summary.change_types["left_whole"] += 1
            elif run is not None and run.seen & set(one.keys):
                self.summary.page("known_under_another_address")
            else:
                if run is not None:
                    run.seen.update(one.keys)
                yield one.seen

    def _note_losing(self, part: Part, observations: list[Observation], results: list[MergeResult]) -> None:
        """Note which articles of a part have lost values, which stay until all parts are read."""
        losing = [
            _article_id(observation)
            for observation, result in zip(observations, results, strict=True)
            if "lost" in result.effects.values()
        ]
        if losing:
            self._losing[part.source.path].append(_LosingPart(part.start, part.stop, losing))

    def _remove_losses(self, read: ParseParts) -> None:
        """Read the parts with losses again and remove the lost values, as they are known to be few."""
        for source in self._sources:
            left = self._losing[source.path]
            for _, readings in read([Part(source, one.start, one.stop) for one in left]):
                losing = set(left.pop(0).articles)
                seen = [one.seen for one in readings if one.seen is not None]
                observations = [one for one in seen if _article_id(one) in losing]
                self._store.take_away(observations, self._state(source, source.size))


def _run_span(run_id: str, run: _RunState, readings: list[ParsedPage]) -> Span:
    """Return the time span whose stored page facts a part of a crawl's archive replaces; update the run's time."""
    times = [one.observed_at for one in readings if one.observed_at]
    if not times:
        return Span(run_id, since="1", until="0")
    newest = max([*times, run.read_to])
    since = database.after(run.read_to, _SECOND) if run.read_to else min(times)
    keys = {key for one in readings if one.seen and one.observed_at == newest for key in one.keys}
    run.newest = keys | (run.newest if newest == run.read_to else set())
    run.read_to = newest
    return Span(run_id, since, newest)


def _article_id(observation: Observation) -> str:
    return f"{observation.key} {observation.article.observed_at}"
