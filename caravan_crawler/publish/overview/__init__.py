"""The store as one page of charts: what it holds (``facts``), how that is shown (``sections``), the page around it."""
