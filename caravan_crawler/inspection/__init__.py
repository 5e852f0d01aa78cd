"""The first contact with a site, ``scrapy inspect --site``: a few polite requests, read and judged.

``choice.py`` decides what to ask for, ``spider.py`` asks, ``reading.py`` turns each answer into facts,
``oddities.py`` judges the facts, ``table.py`` prints them for people and ``result.py`` for programs, and ``saving.py``
keeps the pages as test cases. ``page.py`` does the same for one page.
"""
