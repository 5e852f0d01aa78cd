"""Schedule of the sources: which of home page, feed, listings and sitemaps are due since they were last read.

An hourly run should request few pages except new articles. Home page, feed and the news listing link to them within
the hour; the other listings are read every one to six hours, depending on their yield.

On today's site only the sitemaps lead to most of the archive. ``/sitemap.xml`` is an index of monthly sitemaps,
``sitemapYYYYMM.xml``, and of older numbered ones, ``sitemapN.xml``. The sitemaps that may have a run's articles are
chosen by the month in the name, and by ``lastmod`` if present: it cannot be before any article in the sitemap.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

from caravan_crawler.arguments import CrawlArguments
from caravan_crawler.frontier.articles import day_of, moment_of
from caravan_crawler.frontier.list_walk import ListState
from caravan_crawler.items import PageWrites
from caravan_crawler.pages.syndication import Form, Syndication
from caravan_crawler.store import database
from caravan_crawler.store.crawl_state import Source
from caravan_crawler.urls import path_of

HOME, FEED = "/", "/rss/"
#: Known listings; others are found by links. The first one shows new articles.
KNOWN_SECTIONS = ("/news/", "/gazeta/")
#: Tolerance, so that a run started a few minutes early does not skip a source.
_EARLY = timedelta(minutes=10)
_SITEMAPS_EVERY = timedelta(hours=24)


class SourceSchedule:
    """The sources of one run.

    ``own`` are the sources of runs with the same period and sections, ``full`` those of runs without any: a listing
    that such a run has walked to the end is not walked again by a run with a period.
    """

    def __init__(self, own: dict[str, Source], full: dict[str, Source]) -> None:
        self._own = own
        self._full = full
        self._now = datetime.now(UTC)

    def add_sources(self, sources: dict[str, Source]) -> None:
        """Add the sources that other runs have found since this one began."""
        self._own = sources | self._own

    def source(self, path: str) -> Source:
        """Return the state of a source; ``read_at`` is empty if it was never read."""
        return self._own.get(path) or Source("")

    def is_due(self, path: str, every: timedelta) -> bool:
        """Whether a source was not read within ``every``."""
        read_at = self.source(path).read_at
        return not read_at or self._now - datetime.fromisoformat(read_at) >= every

    def is_list_due(self, path: str) -> bool:
        """Whether a listing's interval, which depends on its yield, has passed."""
        state = ListState.from_json(self.source(path).state)
        return self.is_due(path, timedelta(hours=state.hours) - _EARLY)

    @property
    def pending_sitemaps(self) -> list[tuple[str, str | None]]:
        """Sitemaps, with their stamps, that an index named but an interrupted run did not read."""
        own = self._own.items()
        return [(path, source.stamp) for path, source in own if not source.read_at and source.state is None]

    def list_state(self, path: str) -> ListState:
        """Return how far a listing has been walked."""
        if (own := self.source(path).state) is not None:
            return ListState.from_json(own)
        full = self._full.get(path)
        state = ListState.from_json(full.state if full else None)
        return state if state.is_walked else ListState()

    @property
    def known_lists(self) -> list[str]:
        """Listings that earlier runs have walked or found a link to."""
        return [path for path, source in self._own.items() if source.state is not None]

    def new_lists(self, paths: Iterable[str]) -> list[dict[str, Any]]:
        """Return rows for newly found listings, marked as not read."""
        new = [path for path in dict.fromkeys(paths) if path not in self._own]
        return [_row(path, state=ListState().to_json()) for path in new]

    def due_lists(self, paths: Iterable[str]) -> list[dict[str, Any]]:
        """Return rows that mark listings as due, regardless of when they were last read."""
        return [_row(path, state=self.list_state(path).to_json()) for path in paths]

    @staticmethod
    def new_sitemap(path: str, stamp: str | None) -> dict[str, Any]:
        """Return the row for a sitemap that was named but not read yet."""
        return _row(path, stamp=stamp)

    @staticmethod
    def read_now(path: str, *, stamp: str | None = None, state: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the row that marks a source as read now."""
        return _row(path, database.now(), stamp, state)


def _row(path: str, read_at: str = "", stamp: str | None = None, state: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"path": path, "read_at": read_at, "stamp": stamp, "state": state}


#: Requested in every run, also if robots.txt does not list it.
MAIN_SITEMAP = "/sitemap.xml"
#: Sitemaps of WordPress and its plugins; requested once a day.
OTHER_SITEMAPS = ("/wp-sitemap.xml", "/sitemap_index.xml")

#: Stored as the stamp of a sitemap that is in no index and is no index itself: it has the whole site and is large.
NO_INDEX = "no index"
#: Stored as the stamp of a sitemap with a usual name: the site does not have it; it is no sitemap any longer.
ABSENT, UNREADABLE = "absent", "unreadable"
_LARGE_EVERY = timedelta(hours=6)
#: Interval for the current month: read in every hourly run, even one that begins some minutes early.
_GROWING_EVERY = timedelta(minutes=50)
#: Interval for sitemaps of past months and full numbered ones, which hardly change; how many an hourly run reads again.
_OLD_EVERY, _OLD_IN_A_RUN = timedelta(days=30), 5
#: With at least this many sitemaps in an index, stamps of one moment are ignored: they are the date of the index.
_EQUAL_STAMPS, _ONE_MOMENT = 4, timedelta(minutes=1)
#: Behind the stamp of one whose entries were all older, as in a cache's old copy. It is read once more, while young.
_OLD_COPY, _YOUNG = ", an old copy", timedelta(days=1)
#: Time after a month's or a period's end when sitemaps list all its articles, even if generated once a day.
_SETTLED_AFTER = timedelta(days=3)

_MONTH = re.compile(r"(?<!\d)((?:19|20)\d\d)[-_/]?(0[1-9]|1[0-2])(?:[-_/]?(?:[0-2]\d|3[01]))?(?!\d)")
_NUMBER = re.compile(r"^(?P<family>.*?)(?P<number>\d{1,5})(?P<end>\.xml(?:\.gz)?)$")


class Child(NamedTuple):
    """A sitemap listed in an index: its path, and its ``lastmod`` there."""

    path: str
    stamp: str | None


def month_of(path: str) -> date | None:
    """Return the first day of the month in a sitemap's name, or None."""
    found = _MONTH.search(path)
    return date(int(found[1]), int(found[2]), 1) if found else None


def _end_of(month: date) -> date:
    return (month + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def _months(first: date | None, last: date | None) -> Iterator[date]:
    assert first is not None
    assert last is not None
    month = first.replace(day=1)
    while month <= last:
        yield month
        month = _end_of(month) + timedelta(days=1)


class Sitemaps:
    """The sitemaps of one run: which are due, and which other sources they make unnecessary."""

    def __init__(
        self, schedule: SourceSchedule, arguments: CrawlArguments, today: date, may_be_asked: Callable[[str], bool]
    ) -> None:
        """``may_be_asked`` is called with a path: whether that page has not failed or its retry is due."""
        self._schedule = schedule
        self._arguments = arguments
        self._today = today
        self._may_be_asked = may_be_asked
        self._listed: list[Child] = []
        self._has_moved = False
        self._read: set[str] = set()
        self._waiting: set[str] = set()
        self._failed: set[str] = set()
        self._has_all_months = False
        self._contents: dict[int, tuple[str, str | None]] = {}
        self.in_robots_txt: list[str] = []
        """Paths of the sitemaps that robots.txt names."""
        self.names_articles = False
        """Whether a sitemap has an article."""
        self.are_incomplete = False
        """Whether a listing has an article that no sitemap listed."""
        self.covers_period = False
        """Whether an index by months lists all articles of the period, so that no other source has to be requested."""

    @property
    def name_everything(self) -> bool:
        """Whether an index and all its sitemaps were read in this run, so that listings can add little."""
        return self.names_articles and not (self._waiting or self._failed or self.are_incomplete)

    @property
    def can_cover_period(self) -> bool:
        """Whether the period ended long enough ago to be read from sitemaps alone."""
        since, until = self._arguments.since, self._arguments.until
        return since is not None and until is not None and until < self._today - _SETTLED_AFTER

    def due(self) -> Iterator[tuple[Child, bool]]:
        """Yield the sitemaps to request without an index, each with whether it is optional.

        These are the sitemaps that an interrupted run left unread and the roots.
        """
        for path, stamp in self._schedule.pending_sitemaps:
            self._waiting.add(path)
            if path not in self.roots and not self._may_be_asked(path):
                self.mark_failed(path)
                continue
            yield Child(path, stamp), path in (MAIN_SITEMAP, *OTHER_SITEMAPS)
        for path, is_optional in self.roots.items():
            if self.is_due(path):
                yield Child(path, None), is_optional

    @property
    def roots(self) -> dict[str, bool]:
        """The sitemaps that no index need name, each with whether it is optional."""
        return dict.fromkeys((MAIN_SITEMAP, *OTHER_SITEMAPS), True) | dict.fromkeys(self.in_robots_txt, False)

    def add_from_robots_txt(self, path: str) -> None:
        """Register a sitemap that robots.txt lists; the main one may then not have the whole archive."""
        if path not in self.in_robots_txt:
            self.in_robots_txt.append(path)

    def is_due(self, path: str) -> bool:
        """Whether a root is due: an index in every run, others once in six or 24 hours."""
        if self._schedule.source(path).stamp == NO_INDEX:
            return self._schedule.is_due(path, _LARGE_EVERY)
        return path not in OTHER_SITEMAPS or self._schedule.is_due(path, _SITEMAPS_EVERY)

    def all_again(self) -> list[Child]:
        """Return all unread sitemaps of the indexes, as the site has moved its articles.

        From now on :meth:`choose` returns all unread sitemaps.
        """
        self._has_moved = True
        return self._unread(self._listed)

    def _unread(self, children: list[Child]) -> list[Child]:
        left = [child for child in children if child.path not in self._read | self._waiting]
        self._waiting.update(child.path for child in left)
        return left

    def choose(self, children: Iterable[Child]) -> list[Child]:
        """Return the sitemaps of an index to read, the newest months first."""
        listed = list(dict.fromkeys(children))
        self._listed += listed
        if self._has_moved:
            return self._unread(listed)
        if self.can_cover_period and (months := {month for child in listed if (month := month_of(child.path))}):
            # Articles of months without a sitemap of their own are in sitemaps without a month in the name.
            self._has_all_months = months.issuperset(_months(self._arguments.since, self._arguments.until))
            has_others = any(month_of(child.path) is None for child in listed)
            is_alone = all(path == MAIN_SITEMAP for path in self.in_robots_txt)
            self.covers_period = (self._has_all_months or has_others) and is_alone
        if len(listed) >= _EQUAL_STAMPS and _are_of_one_moment({child.stamp for child in listed}):
            listed = [Child(child.path, None) for child in listed]
        # A sitemap that an earlier run left unread may have been read before its index.
        wanted = [child for child in listed if self._is_in_period(child) and child.path not in self._read]
        growing = _growing(child.path for child in wanted)
        due, old = [], []
        for child in wanted:
            if self._is_old(child, growing):
                old.append(child)
            elif self._may_have_changed(child):
                due.append(child)
        old.sort(key=lambda child: self._schedule.source(child.path).read_at)
        unread = [child for child in old if not self._schedule.source(child.path).read_at]
        again = [child for child in old[len(unread) :] if self._schedule.is_due(child.path, _OLD_EVERY)][:_OLD_IN_A_RUN]
        chosen = sorted([*due, *unread, *again], key=lambda child: month_of(child.path) or date.min, reverse=True)
        self._waiting.update(child.path for child in chosen)
        return chosen

    def find(self, children: Iterable[Child], page_writes: PageWrites) -> list[Child]:
        """Return the sitemaps of an index to request; add all that are due to ``page_writes``."""
        due = self.choose(children)
        page_writes.sources += [self._schedule.new_sitemap(child.path, child.stamp) for child in due]
        asked = [child for child in due if self._may_be_asked(child.path)]
        for child in due:
            if child not in asked:
                self.mark_failed(child.path)
        return asked

    def doubt(self, page_writes: PageWrites, stamp: str | None, read: Syndication) -> str | None:
        """Return why a sitemap of an index is to be read again, or None: it is empty, or has another month's entries.

        In the second case either sitemap may be wrong, so both are read again. A month that may still get its first
        article may be empty.
        """
        path = path_of(page_writes.asked_url)
        month = month_of(path)
        if path in self.roots or (month is not None and _end_of(month) + _SETTLED_AFTER >= self._today):
            return None
        if not (read.pages or read.sitemaps or read.skipped or read.without_address):
            return "it has no entry"
        if month is None or not read.pages:
            return None
        other, its_stamp = self._contents.setdefault(hash(tuple(entry.url for entry in read.pages)), (path, stamp))
        if month_of(other) == month:
            return None
        page_writes.sources.append(self._schedule.new_sitemap(other, its_stamp))
        return f"it has the entries of {other}"

    def read(self, page_writes: PageWrites, stamp: str | None, read: Syndication, *, is_whole: bool) -> None:
        """Register a sitemap that was read, ``is_whole`` or only in part; ``stamp`` is its ``lastmod`` in the index."""
        path = path_of(page_writes.asked_url)
        if is_whole:
            is_alone = stamp is None and read.form is not Form.INDEX and path in self.roots
            is_copy = self._schedule.source(path).stamp != f"{stamp}{_OLD_COPY}" and _is_old_copy(stamp, read)
            self.mark_read(page_writes, NO_INDEX if is_alone else f"{stamp}{_OLD_COPY}" if is_copy else stamp)
        else:
            self.mark_failed(path)
            page_writes.sources.append(self._schedule.new_sitemap(path, stamp))

    def mark_read(self, page_writes: PageWrites, stamp: str | None) -> None:
        """Mark a sitemap as read; or as ``ABSENT``, if the site does not have it."""
        path = path_of(page_writes.asked_url)
        self._read.add(path)
        self._waiting.discard(path)
        page_writes.sources.append(self._schedule.read_now(path, stamp=stamp))

    def mark_unreadable(self, page_writes: PageWrites, stamp: str | None) -> None:
        """Mark a sitemap as not read, as its response is none."""
        path = path_of(page_writes.asked_url)
        self.mark_failed(path)
        page_writes.sources.append(self._schedule.new_sitemap(path, stamp or UNREADABLE))

    def mark_failed(self, path: str) -> None:
        """Mark a sitemap as failed: its articles are unknown."""
        self._waiting.discard(path)
        self._failed.add(path)

    def was_there(self, path: str) -> bool:
        """Whether an earlier run has read the sitemap, or found it unreadable."""
        earlier = self._schedule.source(path)
        return earlier.stamp == UNREADABLE or (bool(earlier.read_at) and earlier.stamp != ABSENT)

    def is_month_wanted(self, path: str) -> bool:
        """Whether the month in a sitemap's name is in the period."""
        return month_of(path) is not None and self._is_in_period(Child(path, None))

    def _is_in_period(self, child: Child) -> bool:
        since, until = self._arguments.since, self._arguments.until
        if since is None and until is None:
            return True
        month = month_of(child.path)
        if month is None:
            return not self._has_all_months and not self._arguments.is_before(day_of(child.stamp))
        if (since is not None and _end_of(month) < since) or (until is not None and month > until):
            return False
        return not self._arguments.is_before(day_of(child.stamp))

    def _is_old(self, child: Child, growing: set[str]) -> bool:
        """Whether a sitemap has no stamp and is unlikely to change."""
        if child.stamp is not None:
            return False
        month = month_of(child.path)
        if month is not None:
            return _end_of(month) + _SETTLED_AFTER < self._today
        return _NUMBER.search(child.path) is not None and child.path not in growing

    def _may_have_changed(self, child: Child) -> bool:
        earlier = self._schedule.source(child.path)
        if not earlier.read_at:
            return True
        if child.stamp is not None:
            if earlier.stamp != child.stamp:
                return True
            # A stamp without a time does not change again on the same day.
            day = day_of(child.stamp) if len(child.stamp) <= len("2026-11-28") else None
            is_open = day is not None and day >= datetime.fromisoformat(earlier.read_at).astimezone(UTC).date()
            return is_open and self._schedule.is_due(child.path, _GROWING_EVERY)
        is_month = month_of(child.path) is not None
        return self._schedule.is_due(child.path, _GROWING_EVERY if is_month else _SITEMAPS_EVERY)


def _are_of_one_moment(stamps: set[str | None]) -> bool:
    """Whether the stamps of an index are the time at which it was generated, and so say nothing of its sitemaps."""
    moments = [moment for stamp in stamps if (moment := moment_of(stamp))]
    return len(stamps) == 1 or (len(moments) == len(stamps) and max(moments) - min(moments) <= _ONE_MOMENT)


def _is_old_copy(stamp: str | None, read: Syndication) -> bool:
    """Whether all entries of a sitemap are older than its young ``stamp`` in the index."""
    moment = moment_of(stamp)
    entries = [each for entry in read.pages if (each := moment_of(entry.stamp))]
    return moment is not None and bool(entries) and max(entries) < moment > datetime.now(UTC) - _YOUNG


def _growing(paths: Iterable[str]) -> set[str]:
    """Return the numbered sitemaps that may get new articles: the first and the last of each family."""
    families: dict[tuple[str, str], list[tuple[int, str]]] = {}
    for path in paths:
        if month_of(path) is None and (found := _NUMBER.match(path)):
            families.setdefault((found["family"], found["end"]), []).append((int(found["number"]), path))
    return {path for members in families.values() for _, path in (min(members), max(members))}
