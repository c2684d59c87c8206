"""Settings, credentials, the database and its jobs, on which every other part depends."""
