"""``scrapy view``: Scrapy's own command, without the crawl's store, feeds and spider."""

from scrapy.commands.view import Command as ViewCommand

from caravan_crawler.commands.parse import OnePage


class Command(OnePage, ViewCommand):
    """Scrapy's command, without storing or publishing anything."""
