"""What clients send and receive. A model here is a promise to them; a table is our own affair."""
