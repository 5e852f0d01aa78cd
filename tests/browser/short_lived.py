"""Scrapy, with browsers that end after three pages."""

from scrapy.cmdline import execute

from caravan_crawler.visit.browser import chromium

if __name__ == "__main__":
    chromium._PAGES = 3
    execute()
