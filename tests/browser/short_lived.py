"""Run Scrapy with a new browser after every two pages."""

from scrapy.cmdline import execute

from caravan_crawler.browser import playwright

if __name__ == "__main__":
    playwright._PAGES = 2
    execute()
