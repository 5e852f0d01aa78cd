"""``scrapy view``: Scrapy's own command, without the crawl's store, feeds and spider."""

from scrapy.commands.view import Command as ViewCommand

from caravan_crawler.own_commands import OtherPageCommand


class Command(OtherPageCommand, ViewCommand):
    """Scrapy's command, without storing or publishing anything."""
