"""The store: every article, view count and page fact read so far, and the state of crawls."""
