"""Scrapy's command where the library for WARC files is not installed."""

import sys

from scrapy.cmdline import execute

if __name__ == "__main__":
    sys.modules["warcio"] = None  # type: ignore[assignment]
    execute()
