"""``scrapy view``: Scrapy's own command, without the crawl's store, feeds and spider."""

from scrapy.commands.view import Command as ViewCommand

from caravan_crawler.commands.parse import OnePageOptions
from caravan_crawler.own_commands import CheckedCommand


class Command(OnePageOptions, CheckedCommand, ViewCommand):
    """Scrapy's command, without storing or publishing anything."""
