"""Scrapy's commands for one page, ``fetch``, ``shell``, ``view`` and ``parse``, within this project."""

import argparse
from typing import Any

from scrapy.settings import BaseSettings

from caravan_crawler.spiders.caravan import CaravanSpider

#: A run's feeds and store are the crawl's: such a command would begin a run that never ends, or fail on their names.
_WITHOUT: dict[str, Any] = {"FEEDS": {}, "STORE_URL": "none", "SHARED_CRAWL": False, "ARCHIVE": False}


def leave_out_crawl(settings: BaseSettings) -> None:
    """Disable store, feeds and archive, whatever the settings."""
    settings.setdict(_WITHOUT, priority="cmdline")


def leave_out_spider(opts: argparse.Namespace) -> None:
    """Fetch a page without the spider, which would refuse those of any site but its own."""
    if opts.spider == CaravanSpider.name:
        opts.spider = None
