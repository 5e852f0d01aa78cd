"""Frontier: which articles, listings, sitemaps and other sources to request next."""
