"""Scrapy's command, which at its end prints the modules it has imported, for the test of what it does without."""

import sys

from scrapy.cmdline import execute

if __name__ == "__main__":
    try:
        execute()
    finally:
        print("imported:", *sorted(sys.modules), file=sys.stderr)
