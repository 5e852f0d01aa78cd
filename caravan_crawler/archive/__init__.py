"""Raw pages in WARC files, and the pages of WARC files and saved HTML.

- ``archive_middleware.py`` passes every response of a crawl to ``warc_writer.py``;
- ``sources.py`` finds the files that a user's paths name, and divides them into parts, the units of work;
- ``warc_reader.py`` and ``html_reader.py`` yield the pages of a part; ``warc_records.py`` reads the records of a WARC
  file, compressed or not, and continues after a torn one.
"""
