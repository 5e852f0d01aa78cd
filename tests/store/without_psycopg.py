"""Scrapy's command where PostgreSQL's driver is not installed, for the test of what is said then."""

import sys

from scrapy.cmdline import execute

if __name__ == "__main__":
    sys.modules["psycopg"] = None  # type: ignore[assignment]
    execute()
