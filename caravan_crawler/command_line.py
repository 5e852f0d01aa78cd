"""The command ``caravan-crawler``: ``scrapy`` with this project's settings, in whatever folder it is called."""

import os
import sys


def main() -> None:
    """Hand over to Scrapy, for which ``SCRAPY_SETTINGS_MODULE`` says where a project's settings are."""
    os.environ.setdefault("SCRAPY_SETTINGS_MODULE", "caravan_crawler.settings")
    try:
        from scrapy.cmdline import execute  # after the environment is set

        execute()
    except KeyboardInterrupt:  # while Scrapy is loaded
        sys.stderr.write("caravan-crawler: stopped on request\n")
        sys.exit(130)
