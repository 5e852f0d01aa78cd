"""Keep: the store, a database in which a record and everything that follows from it are committed together."""
