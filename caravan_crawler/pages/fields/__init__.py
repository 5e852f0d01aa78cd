"""The readers of an article's fields, by what they read. ``article.py`` says in which order they are asked."""
