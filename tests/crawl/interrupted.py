"""Scrapy's command, which gets a SIGINT just before it would start the crawl."""

import signal

from scrapy.cmdline import execute

from caravan_crawler.commands import crawl

if __name__ == "__main__":
    crawl.tune_gc = lambda: signal.raise_signal(signal.SIGINT)  # type: ignore[attr-defined]
    execute()
