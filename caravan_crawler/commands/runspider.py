"""``scrapy runspider``: Scrapy's own command, for spiders of your own."""

import argparse
from pathlib import Path

from scrapy.commands.runspider import Command as RunSpiderCommand
from scrapy.exceptions import UsageError

from caravan_crawler.arguments import SPIDER
from caravan_crawler.own_commands import CheckedCommand


class Command(CheckedCommand, RunSpiderCommand):
    """Scrapy's command. The project's spider is a module of it, which cannot be run as a file."""

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        super().process_options(args, opts)
        from caravan_crawler.spiders import caravan  # on use: Scrapy imports all commands at each start

        if args and Path(args[0]).resolve() == Path(caravan.__file__).resolve():
            raise UsageError(f"run it by its name: scrapy crawl {SPIDER}", print_help=False)
