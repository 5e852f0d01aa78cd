"""Scrapy's command, which gets the signal ``KILL_WITH`` in place of a call, ``KILL_AT``, before the crawl starts."""

import os
import signal

from scrapy.cmdline import execute

from caravan_crawler.commands import crawl

if __name__ == "__main__":
    setattr(crawl, os.environ["KILL_AT"], lambda *_, **__: signal.raise_signal(signal.Signals[os.environ["KILL_WITH"]]))
    execute()
