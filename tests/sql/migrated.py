"""A program with models, whose migrations are in the working directory."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, chdir
from pathlib import Path
from typing import Any

import anyio
from sqlalchemy import Column, ForeignKey, Integer, MetaData, String, Table, text

from pronghorn.sql import Database
from pronghorn.sql.migrations import Migrations

HEADER = """
import sqlalchemy as sa
from alembic import op

revision = {revision!r}
down_revision = {down!r}


def upgrade():
    {up}


def downgrade():
    {down_code}
"""


def models() -> MetaData:
    """The tables of a shop: orders refer to items."""
    metadata = MetaData()
    Table("items", metadata, Column("id", Integer, primary_key=True), Column("name", String(50)))
    Table(
        "orders",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("item_id", ForeignKey("items.id", ondelete="CASCADE")),
    )
    return metadata


def add_migration(revision: str, down: str | None, up: str, down_code: str = "pass") -> Path:
    """Write a migration by hand into the folder of the working directory."""
    file = Path("migrations", "versions", f"{revision}.py")
    code = {"up": up.replace("\n", "\n    "), "down_code": down_code}
    file.write_text(HEADER.format(revision=revision, down=down, **code), encoding="utf-8")
    return file


def remove_migration(revision: str) -> None:
    """Remove the file of a migration, as if another version of the program had it."""
    Path("migrations", "versions", f"{revision}.py").unlink()


def list_files() -> list[str]:
    """The names of the files of migrations."""
    return sorted(file.name for file in Path("migrations", "versions").glob("*.py"))


async def make_folder(database: Database) -> None:
    """Make the folder with a migration `first` that creates the tables."""
    migrations = Migrations(database)
    migrations.folder.create()
    add_migration(
        "first",
        None,
        'op.create_table("items", sa.Column("id", sa.Integer, primary_key=True), '
        'sa.Column("name", sa.String(50)))\n'
        'op.create_table("orders", sa.Column("id", sa.Integer, primary_key=True), '
        'sa.Column("item_id", sa.Integer, sa.ForeignKey("items.id", ondelete="CASCADE")))',
        'op.drop_table("orders")\n    op.drop_table("items")',
    )


async def ask(database: Database, statement: str) -> Any:
    """The first value that a statement gives; what it changes is committed."""
    async with database.engine.begin() as connection:
        result = await connection.execute(text(statement))
        return result.scalar() if result.returns_rows else None


@asynccontextmanager
async def open_project(url: str, folder: Path) -> AsyncIterator[Database]:
    """Work in a folder without migrations, with an empty database that has models."""
    await anyio.Path(folder).mkdir()
    database = Database(url, metadata=models())
    with chdir(folder):
        async with database.lifespan(None):
            yield database
