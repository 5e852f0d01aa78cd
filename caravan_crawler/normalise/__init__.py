"""Pure functions from printed text to values, each with a table of test cases.

They depend on neither Scrapy nor HTML, and return a value, or a reason why there is none.
"""
