"""What to request next: articles, listings, sitemaps and other sources."""
