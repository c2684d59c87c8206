"""Migrations beside traffic and beside each other."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import text

from pronghorn.sql import Database
from pronghorn.sql.migrations import MigrationError, Migrations
from tests.cli.processes import environment
from tests.sql.migrated import add_migration, ask, make_folder, open_project

pytestmark = pytest.mark.anyio

ADD_COLUMN = 'op.add_column("items", sa.Column("extra", sa.Integer))'


@pytest.fixture
async def database(database_url: str, tmp_path: Path) -> AsyncIterator[Database]:
    """A database with the tables of the models, and a second migration that is pending."""
    async with open_project(database_url, tmp_path / "project") as database:
        await make_folder(database)
        await Migrations(database).upgrade()
        add_migration("second", "first", ADD_COLUMN)
        yield database


async def test_a_migration_does_not_queue_behind_a_long_transaction(database: Database) -> None:
    said: list[str] = []
    migrations = Migrations(database, lock_timeout=0.2, attempts=2, say=said.append)
    async with database.engine.connect() as busy:
        await busy.execute(text("INSERT INTO items (id, name) VALUES (1, 'long')"))
        with pytest.raises(MigrationError) as caught:
            await migrations.upgrade()
        assert caught.value.message == (
            "The migration second did not get its locks within 0.2 s, 2 times"
        )
        assert "Nothing of it was changed" in caught.value.hint
        (line,) = said
        assert line == (
            "The migration second waits for a lock that another transaction holds; "
            "attempt 2 of 2 follows in 0.2 s"
        )
        if database.engine.dialect.name == "postgresql":
            pid = await busy.scalar(text("SELECT pg_backend_pid()"))
            assert f"server process {pid}" in caught.value.hint
            assert await ask(database, "SELECT count(*) FROM items") == 0  # Traffic goes on.
        await busy.commit()
    assert [one.revision for one in await migrations.upgrade()] == ["second"]
    assert await ask(database, "SELECT count(extra) FROM items") == 0


async def test_a_migration_is_tried_again_until_the_lock_is_free(database: Database) -> None:
    released = asyncio.Event()
    said: list[str] = []

    def say(line: str) -> None:
        said.append(line)
        released.set()

    async def hold() -> None:
        async with database.engine.begin() as busy:
            await busy.execute(text("INSERT INTO items (id, name) VALUES (1, 'long')"))
            begun.set()
            await released.wait()

    begun = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(hold())
        await begun.wait()
        applied = await Migrations(database, lock_timeout=0.3, say=say).upgrade()
    assert [one.revision for one in applied] == ["second"]
    assert said[-1] == "applied second"
    assert await ask(database, "SELECT count(*) FROM items") == 1


async def test_reads_pass_a_waiting_migration_after_its_timeout(
    postgresql_url: str, tmp_path: Path
) -> None:
    """Without the timeout, the migration would stand before every later statement."""
    async with open_project(postgresql_url, tmp_path / "project") as database:
        await make_folder(database)
        await Migrations(database).upgrade()
        add_migration("second", "first", ADD_COLUMN)
        async with database.engine.connect() as busy:
            await busy.execute(text("SELECT count(*) FROM items"))
            upgrade = asyncio.create_task(
                Migrations(database, lock_timeout=0.5, attempts=1, say=lambda _: None).upgrade()
            )
            blocked = text(
                "SELECT count(*) FROM pg_locks WHERE NOT granted AND mode = 'AccessExclusiveLock'"
            )
            while not await busy.scalar(blocked):  # noqa: ASYNC110 - only the server knows
                await asyncio.sleep(0.01)
            # It comes through while `busy` still holds its lock.
            assert await ask(database, "SELECT count(*) FROM items") == 0
            with pytest.raises(MigrationError, match="did not get its locks"):
                await upgrade


async def test_an_index_is_made_beside_traffic_outside_of_a_transaction(
    postgresql_url: str, tmp_path: Path
) -> None:
    async with open_project(postgresql_url, tmp_path / "project") as database:
        await make_folder(database)
        add_migration(
            "index",
            "first",
            "with op.get_context().autocommit_block():\n"
            '    op.create_index("by_name", "items", ["name"], postgresql_concurrently=True)',
        )
        applied = await Migrations(database).upgrade()
        assert [one.revision for one in applied] == ["first", "index"]
        valid = "SELECT indisvalid FROM pg_index WHERE indexrelid = 'by_name'::regclass"
        assert await ask(database, valid) is True


PROGRAM = """
from pronghorn import FastAPI
from pronghorn.sql import Database

db = Database({url!r})
app = FastAPI(lifespan=db.lifespan)
"""


@pytest.mark.parametrize("database_url", ["sqlite", "asyncpg"], indirect=True)
async def test_two_processes_apply_each_migration_once(database: Database) -> None:
    """Two hosts that deploy at the same time: the second one waits for the first."""
    url = database.engine.url.render_as_string(hide_password=False)
    Path("main.py").write_text(PROGRAM.format(url=url))  # noqa: ASYNC240 - a few bytes
    up = 'import time\ntime.sleep(0.6)\nop.execute("INSERT INTO items (id) VALUES (7)")'
    add_migration("third", "second", up)
    processes = [
        subprocess.Popen(  # noqa: ASYNC220 - it is waited for below
            [sys.executable, "-m", "pronghorn", "db", "upgrade"],
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for _ in range(2)
    ]
    outputs = [process.communicate()[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0], outputs
    together = "".join(outputs)
    assert together.count("applied second") == together.count("applied third") == 1, outputs
    assert await ask(database, "SELECT count(*) FROM items") == 1
