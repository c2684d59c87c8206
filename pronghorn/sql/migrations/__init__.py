"""Migrations: Alembic on the database of a program, asynchronous, with locks that end.

- `runner.py` does what the commands of `pronghorn db` ask for
- `state.py` finds out which migrations a database has, `differences.py` what the models want
- `folder.py` finds or creates the folder of migrations, and its configuration
- `environment.py` is what `env.py` calls in that folder
- `connection.py` connects, and bounds how long a statement waits for a lock
- `locks.py` lets one process migrate at a time
- `failures.py` turns errors into sentences
"""

from pronghorn.sql.migrations.environment import run_migrations as run_migrations
from pronghorn.sql.migrations.failures import MigrationError as MigrationError
from pronghorn.sql.migrations.runner import Migrations as Migrations
