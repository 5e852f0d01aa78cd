"""Scrapy's command, which prints the imported modules at its end, to test for unneeded ones."""

import sys

from scrapy.cmdline import execute

if __name__ == "__main__":
    try:
        execute()
    finally:
        print("imported:", *sorted(sys.modules), file=sys.stderr)
