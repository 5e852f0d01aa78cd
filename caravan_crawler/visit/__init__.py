"""Visit: which page is asked for next, and which never."""
