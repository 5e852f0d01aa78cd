"""Export datasets from the store: tables in open formats, their descriptions, checksums and a card."""
