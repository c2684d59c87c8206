"""The databases of the benchmark: each measurement gets an empty one."""

from __future__ import annotations

from contextlib import ExitStack
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Self

from benchmarks.record import ask
from tools.postgresql import Server, prepare_programs
from tools.programs import PROGRAMS
from tools.redis_server import RedisServer

SQLITE, POSTGRESQL, REDIS = "sqlite", "postgresql", "redis"
TITLES = {SQLITE: "SQLite", POSTGRESQL: "PostgreSQL", REDIS: "Redis"}
MODULE = "benchmarks.durable.servers"


class Stores:
    """Temporary servers and files, with the settings that a crash of the machine does not break.

    Args:
        python: The interpreter that has the drivers.

    Raises:
        MissingPostgreSQLError: The server is missing, or it does not start.
        MissingProgramError: The server is missing.
        RedisStartError: It does not start.
    """

    def __init__(self, python: Path) -> None:
        self._python = python
        self._numbers = count(1)
        prepare_programs()
        PROGRAMS["redis"].prepare()
        with ExitStack() as stack:
            self._folder = stack.enter_context(TemporaryDirectory(prefix="pronghorn-durable-"))
            self._postgresql = stack.enter_context(Server())
            self._redis = stack.enter_context(RedisServer())
            ask(python, MODULE, "safe", self._postgresql.url(), self._redis.url)
            self._postgresql.restart("fast")
            self._stack = stack.pop_all()

    def __enter__(self) -> Self:
        """Return the stores."""
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the servers and remove all files."""
        self._stack.close()

    def make(self, kind: str) -> str:
        """Return the URL of an empty store."""
        number = next(self._numbers)
        if kind == SQLITE:
            return f"sqlite:///{self._folder}/{number}.db"
        if kind == POSTGRESQL:
            ask(self._python, MODULE, "make", self._postgresql.url(), f"bench{number}")
            return self._postgresql.url(f"bench{number}")
        ask(self._python, MODULE, "empty", self._redis.url)
        return self._redis.url

    def versions(self) -> dict[str, Any]:
        """Return the versions of the servers and of the packages."""
        return ask(self._python, MODULE, "versions", self._postgresql.url(), self._redis.url)
