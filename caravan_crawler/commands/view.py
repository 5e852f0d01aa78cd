"""``scrapy view``: Scrapy's own command, without the crawl's store, feeds and spider."""

import argparse

from scrapy.commands.view import Command as ViewCommand

from caravan_crawler.commands.one_page import prepare


class Command(ViewCommand):
    """Scrapy's command, without storing or publishing anything."""

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        """Change settings and options."""
        super().process_options(args, opts)
        prepare(self, args, opts)
