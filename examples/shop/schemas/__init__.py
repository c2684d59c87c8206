"""The models that clients send and receive. A model is a promise to them; a table is internal."""
