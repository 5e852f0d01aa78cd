"""Scrapy's commands for one page, ``fetch``, ``shell`` and ``view``, within this project."""

import argparse

from scrapy.settings import BaseSettings

from caravan_crawler.addons import leave_out_run
from caravan_crawler.spiders.caravan import CaravanSpider


def prepare(settings: BaseSettings | None, opts: argparse.Namespace) -> None:
    """Disable what only a crawl needs, and allow saved pages; the spider would refuse pages of other sites."""
    assert settings is not None
    leave_out_run(settings)
    settings["DOWNLOAD_HANDLERS"].pop("file", None)
    if opts.spider == CaravanSpider.name:
        opts.spider = None
