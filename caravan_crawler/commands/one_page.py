"""Scrapy's commands for one page, ``fetch``, ``shell``, ``view`` and ``parse``, within this project."""

import argparse
from typing import Any

from scrapy.settings import BaseSettings

from caravan_crawler.spiders.caravan import CaravanSpider

#: Feeds and store are for crawls: such a command would begin a run that never ends, or fail on a feed's file name.
_WITHOUT: dict[str, Any] = {"FEEDS": {}, "STORE_URL": "none", "SHARED_CRAWL": False, "ARCHIVE": False}


def leave_out_crawl(settings: BaseSettings) -> None:
    """Disable store, feeds and archive, whatever the settings."""
    settings.setdict(_WITHOUT, priority="cmdline")


def leave_out_spider(opts: argparse.Namespace) -> None:
    """Fetch the page without the spider, which refuses pages of other sites."""
    if opts.spider == CaravanSpider.name:
        opts.spider = None
