"""Commands of the project: ``scrapy crawl``, ``inspect``, ``reparse``, ``export`` and ``report``."""

from caravan_crawler.console import open_closed_streams

# Scrapy imports this package before it opens or prints anything, whatever the command is.
open_closed_streams()
