"""``scrapy fetch``: Scrapy's own command, without the crawl's store, feeds and spider."""

from scrapy.commands.fetch import Command as FetchCommand

from caravan_crawler.commands.parse import OnePageOptions
from caravan_crawler.own_commands import CheckedCommand


class Command(OnePageOptions, CheckedCommand, FetchCommand):
    """Scrapy's command, without storing or publishing anything."""
