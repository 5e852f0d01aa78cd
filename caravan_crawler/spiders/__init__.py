"""Visit: the spider."""
