"""Progress line at the bottom of the terminal; nothing is written elsewhere."""

from collections import deque
from contextlib import ExitStack
from dataclasses import dataclass
from time import monotonic
from typing import Any

from scrapy import Spider, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured
from scrapy.utils.asyncio import create_looping_call
from scrapy.utils.reactor import is_reactor_installed

from caravan_crawler.addons import FromCrawler
from caravan_crawler.console import is_terminal, load_tqdm
from caravan_crawler.logformatter import log_above_bar
from caravan_crawler.outcome import SIGNAL_STAT
from caravan_crawler.spiders.caravan import CaravanSpider

#: Seconds between two updates.
_INTERVAL = 0.5
#: Seconds over which the rate is measured, and the minimum to display it.
_WINDOW, _SHORTEST = 60, 1
#: Up to this length, the queue may come from a single listing page, so the remaining time is not estimated.
_ONE_LIST = 200
# Both have a `{bar}`, as tqdm cuts only such a line to the terminal's width.
_BAR, _NO_BAR = "{percentage:3.0f}%|{bar:20}| {desc}", "{desc}{bar:1}"


class Rate:
    """Pages per second over the last minute; it falls to 0 when the crawl stalls."""

    def __init__(self) -> None:
        self._samples: deque[tuple[float, int]] = deque()

    def take(self, now: float, pages: int) -> float | None:
        """Add the page count at ``now``; return the rate, or None during the first second."""
        self._samples.append((now, pages))
        while now - self._samples[0][0] > _WINDOW:
            self._samples.popleft()
        since, before = self._samples[0]
        return (pages - before) / (now - since) if now - since >= _SHORTEST else None


@dataclass(frozen=True)
class State:
    """Progress of a crawl. ``waiting`` pages are known but not read; ``total`` is None if unknown."""

    articles: int
    failed: int
    waiting: int
    total: int | None = None
    rate: float | None = None
    is_stopping: bool = False

    def seconds_left(self) -> tuple[str, float] | None:
        """Return a prefix and the seconds left at this rate; the prefix is ``at least`` if the total is unknown."""
        if not self.rate or self.is_stopping:
            return None
        if self.total is not None:
            return "", max(self.total - self.articles - self.failed, 0) / self.rate
        return ("at least ", self.waiting / self.rate) if self.waiting > _ONE_LIST else None

    def words(self) -> str:
        """Return the progress line."""
        parts = [f"{self.articles} articles"]
        if self.rate is not None:
            parts.append(f"{self.rate:.{1 if self.rate >= 1 else 2}f} pages/s")
        parts.append(f"{self.failed} failed")
        if left := self.seconds_left():
            parts.append(f"{left[0]}{clock(left[1])} left")
        if self.is_stopping:
            parts.append("stopping; once more stops at once")
        return ", ".join(parts)


def clock(seconds: float) -> str:
    """Return a duration as ``H:MM:SS``."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}"


class Progress(FromCrawler):
    """Extension that shows the crawl's progress on a terminal, from the stats, twice a second."""

    def __init__(self, crawler: Crawler) -> None:
        if not is_terminal():
            raise NotConfigured
        self.crawler = crawler
        self._bars = load_tqdm()
        self._bar: Any = None
        self._rate = Rate()
        self._total: int | None = None
        self._look = create_looping_call(self._show)
        self._log = ExitStack()
        crawler.signals.connect(self.spider_opened, signals.spider_opened)
        crawler.signals.connect(self.spider_closed, signals.spider_closed)
        crawler.signals.connect(self.close, signals.engine_stopped)
        if is_reactor_installed():
            from twisted.internet import reactor

            # A crawl that is killed or fails to start gets only this event. (Twisted's interfaces declare methods
            # without self, which mypy reports.)
            reactor.addSystemEventTrigger("after", "shutdown", self.close)  # type: ignore[arg-type]

    def spider_opened(self, spider: Spider) -> None:
        """Show the bar."""
        if not isinstance(spider, CaravanSpider):
            return  # a shell
        self._log.enter_context(log_above_bar(self.crawler.settings))
        # The total is known only if the user named the pages, or a limit.
        self._total = min(filter(None, [len(spider.arguments.urls), spider.arguments.limit]), default=None)
        self._bar = self._bars(
            desc="starting",
            total=self._total,
            bar_format=_BAR if self._total else _NO_BAR,
            dynamic_ncols=True,
            leave=False,
        )
        self._look.start(_INTERVAL)

    def spider_closed(self) -> None:
        """Show the last figures and remove the bar before feeds are written, possibly to the terminal."""
        if self._bar is not None:
            self._show()
        self._take_away()

    def close(self) -> None:
        """Restore the terminal, however the run ends."""
        self._take_away()
        self._log.close()

    def _take_away(self) -> None:
        if self._look.running:
            self._look.stop()
        if self._bar is not None:
            self._bar.close()
            self._bar = None

    def _show(self) -> None:
        assert self._bar is not None
        state = self._state()
        self._bar.n = min(state.articles + state.failed, self._total or 0)
        self._bar.set_description_str(state.words())

    def _state(self) -> State:
        stats = self.crawler.stats.get_stats()
        engine = self.crawler.engine
        return State(
            articles=stats.get("caravan/pages/article", 0),
            failed=sum(count for name, count in stats.items() if name.startswith("caravan/failed/")),
            waiting=len(engine.downloader.active) + _length(engine.scheduler),
            total=self._total,
            rate=self._rate.take(monotonic(), stats.get("response_received_count", 0)),
            is_stopping=SIGNAL_STAT in stats,
        )


def _length(scheduler: object) -> int:
    """Return the number of queued requests; 0 if the scheduler has no length."""
    return len(scheduler) if hasattr(scheduler, "__len__") else 0
