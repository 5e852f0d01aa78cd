"""Pages out of an archive, read again without the network: by the crawl's readers and pipelines, on all cores.

- ``reader.py``: from one page to its records;
- ``workers.py``: parts of the archive, side by side, their results in order;
- ``job.py``: the whole of it, which goes on where it was stopped;
- ``summary.py``: what changed, field by field.
"""
