"""What clients send and receive. These are not the tables: a column is not public by accident."""
