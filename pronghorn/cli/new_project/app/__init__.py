"""{{ title }}: an HTTP API."""
