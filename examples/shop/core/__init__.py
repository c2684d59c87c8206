"""What every other part stands on: settings, credentials and the database."""
