"""The reading of a whole archive into the store, which goes on where it was stopped."""

import json
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import timedelta
from hashlib import sha256

from caravan_crawler.archive.sources import Part, Source
from caravan_crawler.keep import clock
from caravan_crawler.keep.history import Observation, Taken
from caravan_crawler.keep.rereading import Rereading
from caravan_crawler.keep.shown_lines import Line, Span
from caravan_crawler.reread.reader import Reading
from caravan_crawler.reread.summary import Summary
from caravan_crawler.reread.way import Way
from caravan_crawler.reread.workers import ProcessDiedError, Read
from caravan_crawler.visit.changes import Changes

_SECOND = timedelta(seconds=1)
_A_MOMENT = 0.5


class Job:
    """Has ``sources`` read, and keeps what they give. ``summary`` tells of it."""

    def __init__(
        self, keeping: Rereading, sources: list[Source], check: Callable[[list[Taken]], None] = lambda taken: None
    ) -> None:
        """``check`` sees what would become of each part's articles, and may stop the work by an error of its own."""
        self.summary = Summary()
        self._keeping = keeping
        self._check = check
        self._sources = sources
        self._name = sha256("\n".join(str(source.path) for source in sources).encode()).hexdigest()[:16]
        self._seen: defaultdict[str, set[str]] = defaultdict(set)
        self._changes: defaultdict[str, Changes] = defaultdict(Changes)
        self._read_to: dict[str, str] = {}
        self._left = list(self._beginnings())
        self.size = sum(source.size - start for source, start in self._left)
        """What is left to be read, in the sources' unit."""

    def run(self, read: Read, is_stopped: Callable[[], bool], told: Callable[[Part], None]) -> None:
        """Read and keep part after part; ``told`` of each. A stop is heeded between two of them."""
        try:
            for part, readings in read(Way(self._left)):
                self._keep(part, readings)
                told(part)
                if is_stopped():
                    return
        except ProcessDiedError:
            time.sleep(_A_MOMENT)  # one signal to all processes, as systemd sends it, may come here last
            if is_stopped():
                return
            raise
        self._keeping.forget(str(source.path) for source in self._sources)

    def _beginnings(self) -> Iterator[tuple[Source, int]]:
        """Yield where each source is to be read from: where a reading of the same ones, if it was stopped, had come."""
        for source in self._sources:
            noted = json.loads(self._keeping.state_of(str(source.path)) or "{}")
            is_same = (noted.get("job"), noted.get("size")) == (self._name, source.size)
            if is_same:
                self._go_on(source, noted["read_to"])
            yield source, noted["stop"] if is_same else 0

    def _go_on(self, source: Source, read_to: str) -> None:
        """Take up where a stopped reading of the run was."""
        self._read_to[source.run_id] = read_to
        if source.about.run_id and read_to:
            self._seen[source.run_id] |= self._keeping.keys_seen(source.about.begun_at, read_to)
            for line in self._keeping.lines_until(read_to):
                self._is_news(source, line)

    def _keep(self, part: Part, readings: list[Reading]) -> None:
        source = part.source
        own = source.about.run_id
        observations = []
        for one in readings:
            self.summary.page(one.what)
            if one.article is None:
                continue
            # A run asks for an article once; what it finds under another address tells nothing new.
            if own and self._seen[own] & set(one.keys):
                self.summary.page("known_under_another_address")
                continue
            self._seen[own or ""].update(one.keys if own else ())
            observations.append(
                Observation(one.key, one.article, source.run_id, one.found_by, one.etag, one.last_modified)
            )
        lines = [line for one in readings for line in one.shown if self._is_news(source, line)]
        span = self._span(source, readings)
        state = {
            "job": self._name,
            "size": source.size,
            "stop": part.stop,
            "read_to": self._read_to.get(source.run_id, ""),
        }
        taken = self._keeping.put(observations, lines, span, (str(source.path), json.dumps(state)), self._check)
        for seen, result in zip(observations, taken, strict=True):
            self.summary.article(seen.article.url, result)

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
        since = clock.after(before, _SECOND) if before else min(times)
        self._read_to[source.run_id] = until = max([*times, before or ""])
        return Span(source.run_id, since, until)
