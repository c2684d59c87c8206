"""Prepare the servers of PostgreSQL and Redis; each command prints an object of JSON.

python -m benchmarks.durable.servers make URL NAME        an empty database on PostgreSQL
python -m benchmarks.durable.servers empty REDIS-URL      nothing is left on Redis
python -m benchmarks.durable.servers safe URL REDIS-URL   settings that survive a crash
python -m benchmarks.durable.servers versions URL REDIS-URL
"""

from __future__ import annotations

import json
import sqlite3
import sys
from importlib import metadata
from typing import Any

import psycopg
import redis

#: Those of production. The server of the tests leaves them out, since nothing has to survive there.
SAFE = {
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "autovacuum": "on",
    "shared_buffers": "128MB",
}
PACKAGES = (
    "dbos",
    "procrastinate",
    "taskiq",
    "taskiq-redis",
    "sqlalchemy",
    "asyncpg",
    "psycopg",
    "aiosqlite",
    "redis",
    "pydantic",
    "uvloop",
)


def execute(url: str, *statements: str) -> None:
    """Execute statements outside of a transaction."""
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)


def make(url: str, name: str) -> dict[str, Any]:
    """Make a database."""
    execute(url, f"CREATE DATABASE {name}")
    return {}


def empty(redis_url: str) -> dict[str, Any]:
    """Delete everything."""
    with redis.Redis.from_url(redis_url) as client:
        client.flushall()
    return {}


def make_safe(url: str, redis_url: str) -> dict[str, Any]:
    """Write the settings; PostgreSQL has to be started again."""
    execute(url, *(f"ALTER SYSTEM SET {name} = '{value}'" for name, value in SAFE.items()))
    with redis.Redis.from_url(redis_url) as client:
        client.config_set("appendfsync", "everysec")
    return {}


def read_versions(url: str, redis_url: str) -> dict[str, Any]:
    """Return the versions of the packages and of the servers."""
    with psycopg.connect(url) as connection:
        (postgresql,) = connection.execute("SHOW server_version").fetchone() or ("?",)
    with redis.Redis.from_url(redis_url) as client:
        found = client.info("server")["redis_version"]
    servers = {
        "PostgreSQL": postgresql.split()[0],
        "Redis": found,
        "SQLite": sqlite3.sqlite_version,
    }
    return {"servers": servers, "packages": {name: metadata.version(name) for name in PACKAGES}}


COMMANDS = {"make": make, "empty": empty, "safe": make_safe, "versions": read_versions}

if __name__ == "__main__":
    print(json.dumps(COMMANDS[sys.argv[1]](*sys.argv[2:])))
