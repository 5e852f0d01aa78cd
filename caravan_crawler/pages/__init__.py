"""Read: what a page of the site says, as printed. All knowledge of the site's markup is in this folder.

Start at ``article.py``: it is the table of contents. Nothing here imports Scrapy.
"""
