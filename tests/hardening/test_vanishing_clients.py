"""Clients that vanish at any point leave nothing behind, on each server."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from benchmarks.hardening.servers import start
from tests.hardening.vanishing import find_leaks
from tests.sql.servers import fresh_database
from tools.postgresql import Server

PROGRAM = "tests.hardening.vanishing_program:app"
CLIENTS = int(os.environ.get("PRONGHORN_VANISHING_CLIENTS", "60"))


def assert_no_leak(kind: str, url: str, options: tuple[str, ...] = ()) -> None:
    with start(kind, PROGRAM, options, environment={"DATABASE_URL": url}) as server:
        found = asyncio.run(find_leaks(server.port, CLIENTS))
    assert (found["leaks"], found["has_database"]) == ({}, True)
    assert found["begun"] > CLIENTS / 2


@pytest.mark.parametrize("kind", ["run", "granian"])
def test_on_sqlite(kind: str, tmp_path: Path) -> None:
    assert_no_leak(kind, f"sqlite+aiosqlite:///{tmp_path / 'test.db'}")


def test_on_the_plain_protocol_of_uvicorn(tmp_path: Path) -> None:
    options = ("--protocol", "asgi")
    assert_no_leak("run", f"sqlite+aiosqlite:///{tmp_path / 'test.db'}", options)


def test_on_postgresql(postgresql: Server) -> None:
    with fresh_database(postgresql) as name:
        assert_no_leak("run", postgresql.url(name, "asyncpg"))
