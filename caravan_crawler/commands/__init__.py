"""Commands of the project: ``scrapy crawl``, ``inspect``, ``reparse``, ``export``, ``report`` and ``status``."""

from caravan_crawler.console import escape_unencodable, exit_on_ctrl_c, open_closed_streams

# Scrapy imports this package for every command, before it opens or prints anything.
open_closed_streams()
escape_unencodable()
exit_on_ctrl_c()
