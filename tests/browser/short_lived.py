"""Run Scrapy with a new browser after every ``PAGES_OF_SHORT_LIVED`` pages."""

from scrapy.cmdline import execute

from caravan_crawler.browser import playwright
from tests.browser.scripted import PAGES_OF_SHORT_LIVED

if __name__ == "__main__":
    playwright._PAGES = PAGES_OF_SHORT_LIVED
    execute()
