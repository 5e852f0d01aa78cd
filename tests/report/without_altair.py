"""Scrapy's command where the report's libraries are not installed, for the test of what is said then."""

import sys

from scrapy.cmdline import execute

if __name__ == "__main__":
    sys.modules["altair"] = None  # type: ignore[assignment]
    execute()
