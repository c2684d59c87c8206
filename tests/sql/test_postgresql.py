"""What the server learns with each connection, and PgBouncer's mode without settings."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from pronghorn.sql.connect import Engines, close_engines, create_engines
from pronghorn.sql.options import EngineOptions

pytestmark = pytest.mark.anyio

NAMES = ("statement_timeout", "idle_in_transaction_session_timeout", "application_name")


async def settings_of(engines: Engines) -> list[str]:
    async with AsyncSession(engines.read) as session:
        return [str(await session.scalar(text(f"SHOW {name}"))) for name in NAMES]


@pytest.mark.parametrize(
    ("options", "query", "settings"),
    [
        ({}, "", ["30s", "1min", "pronghorn"]),
        ({}, "?application_name=shop", ["30s", "1min", "shop"]),
        (
            {
                "statement_timeout": 1.5,
                "idle_in_transaction_timeout": 0,
                "application_name": "shop",
            },
            "",
            ["1500ms", "0", "shop"],
        ),
        ({"transaction_pooler": True}, "", ["0", "0", "pronghorn"]),
    ],
)
async def test_the_settings_of_a_connection(
    postgresql_url: str, options: EngineOptions, query: str, settings: list[str]
) -> None:
    engines = create_engines(postgresql_url + query, **options)
    assert await settings_of(engines) == settings
    await close_engines(engines)


async def test_the_settings_that_a_program_adds(postgresql_url: str) -> None:
    is_asyncpg = "asyncpg" in postgresql_url
    engines = create_engines(
        f"{postgresql_url}?sslmode=disable",
        connect_args=(
            {"server_settings": {"work_mem": "2MB"}}
            if is_asyncpg
            else {"options": "-c work_mem=2MB"}
        ),
    )
    async with AsyncSession(engines.read) as session:
        assert await session.scalar(text("SHOW work_mem")) == "2MB"
    assert (await settings_of(engines))[0] == "30s"
    await close_engines(engines)


async def test_no_statement_stays_prepared_behind_a_pooler(postgresql_url: str) -> None:
    engines = create_engines(postgresql_url, transaction_pooler=True)
    async with AsyncSession(engines.read) as session:
        for _ in range(8):
            await session.execute(text("SELECT 1"))
        prepared = "SELECT count(*) FROM pg_prepared_statements WHERE statement = 'SELECT 1'"
        assert await session.scalar(text(prepared)) == 0
    await close_engines(engines)
