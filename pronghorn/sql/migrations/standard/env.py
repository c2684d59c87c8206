"""Alembic runs this file for a project whose folder of migrations has no `env.py` of its own."""

from pronghorn.sql.migrations import run_migrations

run_migrations()
