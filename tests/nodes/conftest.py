"""The databases of the tests of `sql`: a file of SQLite, and PostgreSQL with each driver."""

from tests.sql.conftest import database as database
from tests.sql.conftest import database_url as database_url
from tests.sql.conftest import own_server as own_server
from tests.sql.conftest import sqlite_url as sqlite_url
