"""Parsing archived pages again without the network, with the crawl's own readers and pipelines."""
