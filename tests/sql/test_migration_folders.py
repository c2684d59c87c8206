"""Folders of migrations: those of Alembic, broken ones, and what SQLite needs."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import TypeDecorator

from pronghorn.exceptions import EnvironmentMistake
from pronghorn.sql import Database
from pronghorn.sql.migrations import MigrationError, Migrations
from tests.sql.migrated import (
    HEADER,
    add_migration,
    ask,
    list_files,
    make_folder,
    models,
    remove_migration,
)

pytestmark = pytest.mark.anyio


@pytest.fixture
async def database(sqlite_url: str, project: Path) -> AsyncIterator[Database]:
    database = Database(sqlite_url, metadata=models())
    async with database.lifespan(None):
        yield database


@pytest.fixture(autouse=True)
def loggers_stay() -> Iterator[None]:
    """Undo the configuration of logging in Alembic's own `env.py`, which disables all loggers."""
    root = logging.getLogger()
    before = root.level, root.handlers[:]
    yield
    root.setLevel(before[0])
    root.handlers[:] = before[1]
    for name in tuple(root.manager.loggerDict):
        logging.getLogger(name).disabled = False


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory."""
    (folder := tmp_path / "project").mkdir()
    monkeypatch.chdir(folder)
    return folder


async def test_rows_that_refer_to_an_altered_table_stay(database: Database) -> None:
    """SQLite alters a table by dropping it, which would delete them."""
    await make_folder(database)
    await Migrations(database).upgrade()
    await ask(database, "INSERT INTO items (id, name) VALUES (1, 'a')")
    await ask(database, "INSERT INTO orders (id, item_id) VALUES (1, 1)")
    add_migration(
        "longer",
        "first",
        'with op.batch_alter_table("items") as items:\n'
        '    items.alter_column("name", type_=sa.String(100), nullable=False)',
    )
    await Migrations(database).upgrade()
    assert await ask(database, "SELECT count(*) FROM orders") == 1
    with pytest.raises(Exception, match="NOT NULL"):
        await ask(database, "INSERT INTO items (id) VALUES (2)")


async def test_a_migration_that_breaks_references_is_rolled_back(database: Database) -> None:
    await make_folder(database)
    await Migrations(database).upgrade()
    await ask(database, "INSERT INTO items (id, name) VALUES (1, 'a')")
    await ask(database, "INSERT INTO orders (id, item_id) VALUES (1, 1)")
    add_migration("delete", "first", 'op.execute("DELETE FROM items")')
    with pytest.raises(MigrationError, match="1 row in orders would refer to rows of items"):
        await Migrations(database).upgrade()
    assert await ask(database, "SELECT count(*) FROM items") == 1


async def test_reading_makes_no_file(sqlite_url: str, project: Path) -> None:
    database = Database(sqlite_url, metadata=models())
    await make_folder(database)
    state = await Migrations(database).read_state()
    assert [one.revision for one in state.pending] == ["first"]
    assert not (project.parent / "test.db").exists()


async def test_two_ends_are_refused_and_can_be_joined(database: Database) -> None:
    await make_folder(database)
    migrations = Migrations(database)
    add_migration("left", "first", "pass")
    await migrations.upgrade()
    add_migration("right", "first", "pass")
    with pytest.raises(MigrationError) as caught:
        await migrations.upgrade()
    assert caught.value.message == "The migrations in migrations have 2 ends: left, right"
    assert "pronghorn db revision --merge" in caught.value.hint
    migrations.merge("join both")
    assert [one.doc for one in await migrations.upgrade()] == ["", "join both"]
    assert (await migrations.read_state()).pending == []


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("def upgrade(:", "SyntaxError"),
        ("import nowhere_at_all", "ModuleNotFoundError: No module named 'nowhere_at_all'"),
        ("1 / 0", "ZeroDivisionError: division by zero"),
    ],
)
async def test_a_broken_file_is_named(database: Database, code: str, said: str) -> None:
    await make_folder(database)
    file = add_migration("broken", "first", "pass")
    file.write_text(HEADER.split("def upgrade")[0].format(revision="b", down="first") + code)
    for work in (Migrations(database).read_state, Migrations(database).upgrade):
        with pytest.raises(MigrationError) as caught:
            await work()  # type: ignore[operator]
        assert "migrations/versions/broken.py:" in caught.value.message
        assert said in caught.value.message


async def test_without_a_folder_it_says_how_to_begin(database: Database) -> None:
    with pytest.raises(MigrationError) as caught:
        await Migrations(database).upgrade()
    assert caught.value.message == f"There are no migrations in {Path.cwd() / 'migrations'}"
    assert "pronghorn db revision -m" in caught.value.hint


async def test_without_models_a_revision_is_written_by_hand(sqlite_url: str, project: Path) -> None:
    database = Database(sqlite_url, migrations="db/changes")
    async with database.lifespan(None):
        migrations = Migrations(database)
        with pytest.raises(MigrationError, match="does not know the models"):
            await migrations.create_revision("tables")
        assert not project.joinpath("db").exists()
        file = await migrations.create_revision("by hand", empty=True)
        assert file is not None
        assert file.parent == project / "db/changes/versions"
        assert [one.doc for one in await migrations.upgrade()] == ["by hand"]
        assert await migrations.find_problem() is None


class Money(TypeDecorator[int]):
    """A type of the program's own."""

    impl = postgresql.INTEGER
    cache_ok = True


async def test_a_type_of_the_program_is_imported_by_the_migration(database: Database) -> None:
    from sqlalchemy import Column, MetaData, Table

    metadata = MetaData()
    Table("prices", metadata, Column("amount", Money))
    database.metadata = metadata
    file = await Migrations(database).create_revision("prices")
    assert file is not None
    assert f"import {__name__}\n" in file.read_text()


@pytest.mark.parametrize("database_url", ["sqlite", "asyncpg"], indirect=True)
@pytest.mark.parametrize("template", ["async", "generic", "given"])
async def test_a_folder_of_alembic_works(database_url: str, template: str, project: Path) -> None:
    """Alembic's own templates connect by themselves; the cookbook's way takes the connection."""
    database = Database(database_url)  # env.py knows the models.
    folder = project / "alembic"
    config = Config(project / "alembic.ini")
    command.init(config, str(folder), template="generic" if template == "given" else template)
    env = folder / "env.py"
    text = env.read_text().replace(
        "target_metadata = None",
        "from tests.sql.migrated import models\ntarget_metadata = models()",
    )
    if template == "given":
        text = text.split("def run_migrations_online")[0] + (
            'context.configure(connection=config.attributes["connection"], '
            "target_metadata=target_metadata)\n"
            "with context.begin_transaction():\n    context.run_migrations()\n"
        )
    env.write_text(text)
    migrations = Migrations(database, say=lambda _: None)
    assert await migrations.create_revision("create the tables") is not None
    assert [one.doc for one in await migrations.upgrade()] == ["create the tables"]
    assert await ask(database, "SELECT count(*) FROM orders") == 0
    assert await migrations.find_problem() is None
    assert len(await migrations.downgrade("base")) == 1
    await database.dispose()


async def test_alembic_itself_runs_the_folder(
    database: Database, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its command has no event loop, and finds the database by the name in env.py."""
    import asyncio

    await make_folder(database)
    (project / "migrations" / "env.py").write_text(
        "from pronghorn.sql.migrations import run_migrations\n"
        'run_migrations("program_of_alembic:db", include_schemas=False)\n'
    )
    (project / "program_of_alembic.py").write_text(
        "from pronghorn.sql import Database\nfrom tests.sql.migrated import models\n"
        f"db = Database({database.engine.url.render_as_string()!r}, metadata=models())\n"
    )
    (project / "alembic.ini").write_text(
        "[alembic]\nscript_location = migrations\nprepend_sys_path = .\npath_separator = os\n"
    )
    monkeypatch.syspath_prepend(project)
    await asyncio.to_thread(command.upgrade, Config("alembic.ini"), "head")
    assert await ask(database, "SELECT count(*) FROM orders") == 0
    await asyncio.to_thread(command.check, Config("alembic.ini"))
    migrations = Migrations(database)
    assert await migrations.find_problem() is None
    assert await migrations.create_revision("without a template", empty=True) is not None


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://ann:secret@127.0.0.1:1/shop",
        "postgresql+psycopg://ann:secret@127.0.0.1:1/shop",
        "postgresql://ann:secret@nowhere.invalid/shop",
        "sqlite:////nowhere/at/all.db",
    ],
)
async def test_an_unreachable_database_is_one_sentence(url: str, project: Path) -> None:
    database = Database(url, metadata=models())
    await make_folder(database)
    with pytest.raises(EnvironmentMistake, match=r"cannot be (reached|opened): ") as caught:
        await Migrations(database).upgrade()
    assert "secret" not in str(caught.value)
    assert "write: " in str(caught.value)


async def test_the_file_of_a_migration_may_be_missing(database: Database) -> None:
    await make_folder(database)
    add_migration("second", "absent", "pass")
    with pytest.raises(MigrationError, match="absent"):
        await Migrations(database).upgrade()
    remove_migration("second")
    assert list_files() == ["first.py"]
    await Migrations(database).upgrade()
