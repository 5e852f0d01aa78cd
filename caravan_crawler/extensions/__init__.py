"""Scrapy extensions; ``EXTENSIONS`` in settings.py lists them."""
