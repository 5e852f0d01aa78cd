"""Scrapy's command where no file may grow beyond 150,000 bytes."""

import resource

from scrapy.cmdline import execute

if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_FSIZE, (150_000, 150_000))
    execute()
