"""``scrapy shell``: Scrapy's own command, without the crawl's store, feeds and spider."""

from scrapy.commands.shell import Command as ShellCommand

from caravan_crawler.commands.parse import OnePage


class Command(OnePage, ShellCommand):
    """Scrapy's command, without storing or publishing anything."""
