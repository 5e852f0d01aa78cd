"""Normalise: pure functions from text as printed to values, each with its table of cases in the tests.

Nothing here knows of Scrapy, of HTML or of a page; everything takes text and gives a value, or says
why it cannot.
"""
