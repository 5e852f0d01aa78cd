"""Scrapy's commands for one page, ``fetch``, ``shell``, ``view`` and ``parse``, within this project."""

import argparse

from caravan_crawler.spiders.caravan import CaravanSpider


def leave_out_spider(opts: argparse.Namespace) -> None:
    """Fetch the page without the spider, which refuses pages of other sites."""
    if opts.spider == CaravanSpider.name:
        opts.spider = None
