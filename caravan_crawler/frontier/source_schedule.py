"""Schedule of the sources: which of home page, feed, listings and sitemaps are due since they were last read.

An hourly run should request few pages except new articles. Home page, feed and the news listing link to them within
the hour; the other listings are read every one to six hours, depending on their yield. For the sitemaps see
:mod:`~caravan_crawler.frontier.sitemaps`.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from caravan_crawler.frontier.listings import ListState
from caravan_crawler.store import database
from caravan_crawler.store.crawl_state import ResumedRuns, Source

HOME, FEED = "/", "/rss/"
#: Known listings; others are found by links. The first one shows new articles.
KNOWN_SECTIONS = ("/news/", "/gazeta/")
#: A resumed run does not repeat sources that the interrupted run read within this time.
_JUST_READ = timedelta(hours=1)
#: Tolerance, so that a run started a few minutes early does not skip a source.
_EARLY = timedelta(minutes=10)
SITEMAPS_EVERY = timedelta(hours=24)


class SourceSchedule:
    """The sources of one run.

    ``own`` are the sources of runs with the same period and sections, ``full`` those of runs without any: a listing
    that such a run has walked to the end is not walked again by a run with a period.
    """

    def __init__(self, own: dict[str, Source], full: dict[str, Source], resumed_runs: ResumedRuns) -> None:
        self._own = own
        self._full = full
        self._resumed_runs = resumed_runs
        self._now = datetime.now(UTC)

    def learn(self, sources: dict[str, Source]) -> None:
        """Add the sources that other runs have found since this one began."""
        self._own = sources | self._own

    def is_just_read(self, path: str) -> bool:
        """Whether the run that this one resumes read the page within the last hour."""
        source = self._own.get(path)
        if source is None or not self._resumed_runs.runs or source.read_at < self._resumed_runs.started_at:
            return False
        return self._now - datetime.fromisoformat(source.read_at) < _JUST_READ

    def is_due(self, path: str, every: timedelta) -> bool:
        """Whether a source was not read within ``every``."""
        source = self._own.get(path)
        return source is None or not source.read_at or self._now - datetime.fromisoformat(source.read_at) >= every

    def is_list_due(self, path: str) -> bool:
        """Whether a listing's interval, which depends on its yield, has passed."""
        source = self._own.get(path)
        hours = ListState.from_json(source.state if source else None).hours
        return self.is_due(path, timedelta(hours=hours) - _EARLY)

    def read_at(self, path: str) -> str:
        """Return when a source was last read, or an empty string."""
        source = self._own.get(path)
        return source.read_at if source else ""

    def stamp_of(self, path: str) -> str | None:
        """Return the stamp that a sitemap had in its index when it was last read."""
        source = self._own.get(path)
        return source.stamp if source else None

    @property
    def named_sitemaps(self) -> list[tuple[str, str | None]]:
        """Sitemaps, with their stamps, that an index named but an interrupted run did not read."""
        return [
            (path, source.stamp) for path, source in self._own.items() if not source.read_at and source.state is None
        ]

    def list_state(self, path: str) -> ListState:
        """Return how far a listing has been walked."""
        own = self._own.get(path)
        if own is not None and own.state is not None:
            return ListState.from_json(own.state)
        full = self._full.get(path)
        state = ListState.from_json(full.state if full else None)
        return state if state.is_walked else ListState()

    @property
    def known_lists(self) -> list[str]:
        """Listings that earlier runs have walked or found a link to."""
        return [path for path, source in self._own.items() if source.state is not None]

    def new_lists(self, paths: Iterable[str]) -> list[dict[str, Any]]:
        """Return rows for newly found listings, marked as not read."""
        return [
            {"path": path, "read_at": "", "stamp": None, "state": ListState().to_json()}
            for path in dict.fromkeys(paths)
            if path not in self._own
        ]

    def due_lists(self, paths: Iterable[str]) -> list[dict[str, Any]]:
        """Return rows that mark listings as due, regardless of when they were last read."""
        return [
            {"path": path, "read_at": "", "stamp": None, "state": self.list_state(path).to_json()} for path in paths
        ]

    @staticmethod
    def new_sitemap(path: str, stamp: str | None) -> dict[str, Any]:
        """Return the row for a sitemap that was named but not read yet."""
        return {"path": path, "read_at": "", "stamp": stamp, "state": None}

    @staticmethod
    def read_now(path: str, *, stamp: str | None = None, state: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the row that marks a source as read now."""
        return {"path": path, "read_at": database.now(), "stamp": stamp, "state": state}
