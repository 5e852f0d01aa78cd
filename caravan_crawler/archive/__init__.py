"""Raw pages: kept as they come, in WARC files, and read again from there or from saved HTML.

- ``writing.py``: WARC files, record by record;
- ``archivist.py``: the crawl's own hand, which gives every response to them;
- ``sources.py``: which files a user's paths name, and in which parts they are read;
- ``warc.py``, ``saved_html.py``: the pages of such a part;
- ``walk.py``: from record to record of a WARC file, compressed (``members.py``) or not (``plain.py``).
"""
