"""``scrapy inspect``: one page read field by field, or first contact with a site in a few polite requests.

- ``site_spider.py`` decides what to request and requests it; ``facts.py`` turns each response into facts;
- ``findings.py`` judges the facts; ``site_report.py`` prints them, for people and for programs;
- ``page_report.py`` does the same for one page, and saves pages as test cases.
"""
