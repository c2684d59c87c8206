"""Settings and the database, on which every other part depends."""
