"""Scrapy's commands for one page, ``fetch``, ``shell`` and ``view``, within this project."""

import argparse
import sys

from scrapy.commands import ScrapyCommand

from caravan_crawler.addons import leave_out_run
from caravan_crawler.console import print_err
from caravan_crawler.outcome import REFUSED
from caravan_crawler.spiders.caravan import CaravanSpider


def refuse_unknown_options(command: ScrapyCommand, args: list[str]) -> None:
    """Exit with one line if an option is mistyped, which Scrapy would ignore."""
    from caravan_crawler.settings_checks import option_problem  # imports settings that depend on the environment

    if problem := option_problem(command, args):
        print_err(f"scrapy {command.__module__.rpartition('.')[2]}: {problem}")
        sys.exit(REFUSED)


def prepare(command: ScrapyCommand, args: list[str], opts: argparse.Namespace) -> None:
    """Disable what only a crawl needs, and allow saved pages; the spider would refuse pages of other sites."""
    refuse_unknown_options(command, args)
    assert command.settings is not None
    leave_out_run(command.settings)
    command.settings["DOWNLOAD_HANDLERS"].pop("file", None)
    if opts.spider == CaravanSpider.name:
        opts.spider = None
