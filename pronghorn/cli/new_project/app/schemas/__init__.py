"""The models that clients send and receive. Tables are others: no column is public by accident."""
