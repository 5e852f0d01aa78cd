"""``scrapy shell``: Scrapy's own command, without the crawl's store, feeds and spider."""

from scrapy.commands.shell import Command as ShellCommand

from caravan_crawler.commands.parse import OnePageOptions
from caravan_crawler.own_commands import CheckedCommand


class Command(OnePageOptions, CheckedCommand, ShellCommand):
    """Scrapy's command, without storing or publishing anything."""
