"""Draw the store as one HTML page of charts; each topic module has a query and its charts."""
