"""Scrapy's command without PostgreSQL's driver."""

import sys

from scrapy.cmdline import execute

if __name__ == "__main__":
    sys.modules["psycopg"] = None  # type: ignore[assignment]
    execute()
