"""Migrations on SQLite and on PostgreSQL with each driver."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import Column, Integer, MetaData, String, Table

from pronghorn.sql import Database
from pronghorn.sql.migrations import MigrationError, Migrations
from tests.sql.migrated import (
    add_migration,
    ask,
    list_files,
    make_folder,
    models,
    open_project,
    remove_migration,
)

pytestmark = pytest.mark.anyio


@pytest.fixture
async def database(database_url: str, tmp_path: Path) -> AsyncIterator[Database]:
    """An empty database with models; the working directory is empty, too."""
    async with open_project(database_url, tmp_path / "project") as database:
        yield database


async def names_of(migrations: Migrations) -> tuple[list[str], list[str]]:
    state = await migrations.read_state()
    return [one.revision for one in state.applied], [one.revision for one in state.pending]


async def test_models_become_a_migration_that_makes_them(database: Database) -> None:
    migrations = Migrations(database)
    file = await migrations.create_revision("create the tables")
    assert file is not None
    assert file.name.endswith("_create_the_tables.py")
    assert "op.create_table('items'" in file.read_text()
    assert [one.doc for one in (await migrations.read_state()).pending] == ["create the tables"]
    assert len(await migrations.upgrade()) == 1
    assert await ask(database, "SELECT count(*) FROM orders") == 0
    assert await migrations.find_problem() is None
    assert await migrations.create_revision("nothing") is None
    assert list_files() == [file.name]
    assert await migrations.upgrade() == []


async def test_a_difference_is_found_and_needs_the_newest_revision(database: Database) -> None:
    await make_folder(database)
    migrations = Migrations(database)
    with pytest.raises(MigrationError, match="lacks 1 migration, so nothing can be compared"):
        await migrations.create_revision("too early")
    await migrations.upgrade()
    assert database.metadata is not None
    items = database.metadata.tables["items"]  # type: ignore[union-attr]
    items.append_column(Column("colour", String(20)))
    problem = await migrations.find_problem()
    assert problem is not None
    assert problem.message == "The models of default differ from its tables"
    assert "###" not in problem.hint
    assert "colour" in problem.hint
    assert await migrations.create_revision("colours") is not None
    assert (await migrations.find_problem()).message == (  # type: ignore[union-attr]
        "The database default lacks 1 migration"
    )
    await migrations.upgrade()
    assert await migrations.find_problem() is None


async def test_tables_of_batteries_are_left_alone(database: Database) -> None:
    await make_folder(database)
    migrations = Migrations(database)
    await migrations.upgrade()
    tables = MetaData()
    Table("pronghorn_notes", tables, Column("id", Integer, primary_key=True, index=True))
    database.add_own_tables(tables)
    await database.create_own_tables()
    assert await migrations.find_problem() is None
    assert await migrations.create_revision("nothing") is None


async def test_it_goes_up_and_down_by_steps(database: Database) -> None:
    await make_folder(database)
    for number, before in ((2, "first"), (3, "step2"), (4, "step3")):
        column = f"extra{number}"
        add_migration(
            f"step{number}",
            before,
            f'op.add_column("items", sa.Column("{column}", sa.Integer))',
            f'op.drop_column("items", "{column}")',
        )
    migrations = Migrations(database)
    assert [one.revision for one in await migrations.upgrade("+1")] == ["first"]
    assert [one.revision for one in await migrations.upgrade("step3")] == ["step2", "step3"]
    assert await names_of(migrations) == (["step3", "step2", "first"], ["step4"])
    await migrations.upgrade()
    assert [one.revision for one in await migrations.downgrade("-2")] == ["step4", "step3"]
    assert await names_of(migrations) == (["step2", "first"], ["step3", "step4"])
    assert [one.revision for one in await migrations.downgrade("first")] == ["step2"]
    with pytest.raises(MigrationError, match="Cannot go back by 2: the database has 1 migration"):
        await migrations.downgrade("-2")
    await migrations.downgrade("base")
    assert await names_of(migrations) == ([], ["first", "step2", "step3", "step4"])


async def test_a_failed_migration_leaves_nothing_and_the_ones_before_stay(
    database: Database,
) -> None:
    await make_folder(database)
    broken = add_migration(
        "broken",
        "first",
        'op.add_column("items", sa.Column("half", sa.Integer))\n'
        'op.execute("UPDATE nowhere SET x = 1")',
    )
    with pytest.raises(MigrationError) as caught:
        await Migrations(database).upgrade()
    assert caught.value.message.startswith("The migration broken failed: ")
    assert "nowhere" in caught.value.message
    assert f"{broken}:" in caught.value.hint
    assert await names_of(Migrations(database)) == (["first"], ["broken"])
    broken.unlink()
    assert await Migrations(database).find_problem() is None  # The column is not there.


async def test_two_upgrades_at_once_apply_each_migration_once(database: Database) -> None:
    await make_folder(database)
    add_migration("second", "first", 'op.execute("INSERT INTO items (id) VALUES (1)")')
    said: list[str] = []
    both = await asyncio.gather(
        *(Migrations(database, say=said.append).upgrade() for _ in range(3))
    )
    applied = [one.revision for done in both for one in done]
    assert sorted(applied) == ["first", "second"]
    assert await ask(database, "SELECT count(*) FROM items") == 1


async def test_a_database_can_be_noted_as_migrated(database: Database) -> None:
    async with database.engine.begin() as connection:
        await connection.run_sync(models().create_all)
    await make_folder(database)
    migrations = Migrations(database)
    await migrations.stamp("head")
    assert await migrations.find_problem() is None
    assert await migrations.upgrade() == []


async def test_an_unknown_revision_in_the_database_is_explained(database: Database) -> None:
    await make_folder(database)
    add_migration("newer", "first", "pass")
    await Migrations(database).upgrade()
    remove_migration("newer")
    for work in (Migrations(database).read_state, Migrations(database).upgrade):
        with pytest.raises(
            MigrationError, match="There is no revision newer in migrations"
        ) as caught:
            await work()  # type: ignore[operator]
        assert "another version of the\nprogram" in caught.value.hint
