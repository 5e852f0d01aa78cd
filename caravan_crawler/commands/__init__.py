"""Commands of the project: ``scrapy crawl`` and ``scrapy inspect``."""
