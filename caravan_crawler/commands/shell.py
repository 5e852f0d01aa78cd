"""``scrapy shell``: Scrapy's own command, without the crawl's store, feeds and spider."""

import argparse

from scrapy.commands.shell import Command as ShellCommand

from caravan_crawler.addons import leave_out_run
from caravan_crawler.commands.one_page import leave_out_spider


class Command(ShellCommand):
    """Scrapy's command, without storing or publishing anything."""

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        """Remove the crawl's feeds and store from the settings."""
        super().process_options(args, opts)
        assert self.settings is not None
        leave_out_run(self.settings)
        leave_out_spider(opts)
