"""Scrapy's command with a reader that kills the whole process on one page: that whose URL ends with ``POISON``."""

import os
import signal

from scrapy.cmdline import execute

from caravan_crawler.pages.document import Document
from caravan_crawler.pages.page import PageReading, read_page
from caravan_crawler.spiders import requests


def read_or_die(document: Document) -> PageReading:
    if document.url.endswith(os.environ["POISON"]):
        os.kill(os.getpid(), signal.SIGKILL)
    return read_page(document)


if __name__ == "__main__":
    vars(requests)["read_page"] = read_or_die
    execute()
