"""Caravan Crawler: a crawler of the news portal caravan.kz.

A page takes this way through the package, and imports point along it, never back:
``spiders`` and ``visit`` (which page next) → ``pages`` (what a page says, as printed) → ``normalise``
(text to values, applied by ``pipelines``) → ``publish`` (feeds).
"""

__version__ = "0.1.0"
