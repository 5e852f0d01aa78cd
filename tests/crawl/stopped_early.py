"""Scrapy's command, which gets the signal ``KILL_WITH`` when its reactor runs, but the engine has not started."""

import os
import signal

from scrapy.cmdline import execute
from scrapy.crawler import Crawler

from caravan_crawler.extensions.run_monitor import RunMonitor

begin = RunMonitor.__init__


def stop(self: RunMonitor, crawler: Crawler) -> None:
    signal.raise_signal(signal.Signals[os.environ["KILL_WITH"]])
    begin(self, crawler)


if __name__ == "__main__":
    RunMonitor.__init__ = stop  # type: ignore[method-assign]
    execute()
