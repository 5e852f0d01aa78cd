"""A dataset to publish, made from the store: tables in open formats, their descriptions, sums and a card."""
