"""``scrapy shell``: Scrapy's own command, without the crawl's store, feeds and spider."""

from scrapy.commands.shell import Command as ShellCommand

from caravan_crawler.own_commands import OtherPageCommand


class Command(OtherPageCommand, ShellCommand):
    """Scrapy's command, without storing or publishing anything."""
