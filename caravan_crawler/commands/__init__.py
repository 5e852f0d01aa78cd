"""Commands of the project: ``scrapy crawl``, ``inspect``, ``reparse``, ``export`` and ``report``."""
