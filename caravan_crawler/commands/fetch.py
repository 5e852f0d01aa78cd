"""``scrapy fetch``: Scrapy's own command, without the crawl's store, feeds and spider."""

from scrapy.commands.fetch import Command as FetchCommand

from caravan_crawler.own_commands import OtherPageCommand


class Command(OtherPageCommand, FetchCommand):
    """Scrapy's command, without storing or publishing anything."""
