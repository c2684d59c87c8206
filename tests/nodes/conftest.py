"""The databases of the tests of `sql`: a file of SQLite, and PostgreSQL with each driver."""

from tests.sql.conftest import database, database_url, own_server, postgresql_url, sqlite_url

__all__ = ["database", "database_url", "own_server", "postgresql_url", "sqlite_url"]
