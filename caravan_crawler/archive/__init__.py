"""Raw pages in WARC files, and the pages of WARC files and saved HTML.

- ``archive_middleware.py`` passes every response of a crawl to ``warc.py``;
- ``sources.py`` finds the files that a user's paths name, divides them into parts, the units of work, and yields their
  pages: those of WARC files, whose records ``warc.py`` reads, and those of saved HTML.
"""
