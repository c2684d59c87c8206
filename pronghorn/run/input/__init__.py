"""Reading a request: query, headers, body, forms."""
