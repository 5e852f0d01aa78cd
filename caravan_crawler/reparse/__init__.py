"""Archived pages read again without the network, by the crawl's own readers and pipelines."""
