"""Draw the store as one HTML page of charts; each topic module holds a query and its charts."""
