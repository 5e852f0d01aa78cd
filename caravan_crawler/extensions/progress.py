"""Progress line at the bottom of the terminal; nothing is written elsewhere."""

from contextlib import ExitStack
from typing import Any

from scrapy import Spider, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured
from scrapy.utils.asyncio import create_looping_call
from scrapy.utils.reactor import is_reactor_installed

from caravan_crawler.addons import CrawlerComponent
from caravan_crawler.console import is_terminal, load_tqdm
from caravan_crawler.logformatter import log_above_bar
from caravan_crawler.outcome import SIGNAL_STAT
from caravan_crawler.spiders.caravan import CaravanSpider

#: Seconds between two updates.
_INTERVAL = 0.5
# Without `bar_format`, tqdm turns a rate under 1 into seconds per article.
_NO_BAR = "{n_fmt} articles [{elapsed}, {rate_noinv_fmt}{postfix}]"
_BAR = "{l_bar}{bar}| {n_fmt}/{total_fmt} [{elapsed}<{remaining}, {rate_noinv_fmt}{postfix}]"


class Progress(CrawlerComponent):
    """Extension that shows the crawl's progress on a terminal, from the stats, twice a second."""

    def __init__(self, crawler: Crawler) -> None:
        if not is_terminal():
            raise NotConfigured
        self.crawler = crawler
        self._bars = load_tqdm()
        self._bar: Any = None
        self._updates = create_looping_call(self._show)
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
        total = min(filter(None, [len(spider.arguments.urls), spider.arguments.limit]), default=None)
        bar_format, unit = (_BAR, " pages") if total else (_NO_BAR, " articles")
        self._bar = self._bars(total=total, unit=unit, bar_format=bar_format, dynamic_ncols=True, leave=False)
        self._updates.start(_INTERVAL)

    def spider_closed(self) -> None:
        """Show the last figures and remove the bar before feeds are written, possibly to the terminal."""
        if self._bar is not None:
            self._show()
        self.close()

    def close(self) -> None:
        """Restore the terminal, however the run ends."""
        if self._bar is not None:
            self._updates.stop()
            self._bar.close()
            self._bar = None
        self._log.close()

    def _show(self) -> None:
        stats = self.crawler.stats.get_stats()
        articles = stats.get("caravan/pages/article", 0)
        failed = sum(count for name, count in stats.items() if name.startswith("caravan/failed/"))
        self._bar.n = min(articles + failed, self._bar.total) if self._bar.total else articles
        state = "; stopping; once more stops at once" if SIGNAL_STAT in stats else ""
        self._bar.set_postfix_str(f"{failed} failed{state}")
