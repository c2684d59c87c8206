"""The databases: each contestant has one of its own, with the same rows."""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path
from typing import Protocol

from benchmarks.processes import cpu_seconds, family
from benchmarks.service.environments import ROOT
from tools.postgresql import Server

POSTGRESQL, SQLITE = "postgresql", "sqlite"


class Databases(Protocol):
    """A kind of database."""

    def make(self, name: str) -> str:
        """Make a database with all rows, and return its URL."""

    def cpu_seconds(self) -> float:
        """Return the processor time of the database's own processes so far."""

    def stop(self) -> None:
        """Remove all databases."""


class PostgreSQL:
    """Databases of a temporary server.

    Args:
        python: The interpreter that fills them.
        core: The processor to pin the server to; None leaves it to the system.
    """

    def __init__(self, python: Path, core: int | None) -> None:
        self._python = python
        self._server = Server()
        if core is not None:
            for number in family(self._server.process_id):
                os.sched_setaffinity(number, {core})

    def make(self, name: str) -> str:
        url = self._server.url(name)
        _seed(self._python, url, self._server.url())
        return url

    def cpu_seconds(self) -> float:
        return cpu_seconds(self._server.process_id)

    def stop(self) -> None:
        self._server.stop()


class SQLite:
    """Files in a temporary folder.

    Args:
        python: The interpreter that fills them.
    """

    def __init__(self, python: Path) -> None:
        self._python = python
        self._folder = tempfile.TemporaryDirectory(prefix="pronghorn-service-")

    def make(self, name: str) -> str:
        url = f"sqlite:///{self._folder.name}/{name}.db"
        _seed(self._python, url)
        return url

    def cpu_seconds(self) -> float:
        return 0.0

    def stop(self) -> None:
        self._folder.cleanup()


def start(kind: str, python: Path, core: int | None) -> Databases:
    """Return the databases of a kind."""
    return PostgreSQL(python, core) if kind == POSTGRESQL else SQLite(python)


def _seed(python: Path, *urls: str) -> None:
    command = [str(python), "-m", "benchmarks.service.seed", *urls]
    subprocess.run(command, cwd=ROOT, check=True)
