"""How the store is shown: for each part of the page its words, charts and tables."""
