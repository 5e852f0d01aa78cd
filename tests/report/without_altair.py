"""Run Scrapy's command without the report's libraries."""

import sys

from scrapy.cmdline import execute

if __name__ == "__main__":
    sys.modules["altair"] = None  # type: ignore[assignment]
    execute()
