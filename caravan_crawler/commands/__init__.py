"""Commands of the project: ``scrapy crawl``, ``scrapy inspect`` and ``scrapy report``."""
