"""A database that is away for a moment, or whose listeners die, costs no item."""

from __future__ import annotations

import asyncio

import pytest

from pronghorn.sql import Database
from tests.channels import answers
from tests.channels.answers import Question
from tests.channels.streaming import run, running
from tests.sql.servers import fresh_database
from tools.postgresql import Server

END_OTHERS = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()"""


def expected(count: int) -> list[str]:
    """Return all items of an answer."""
    return [f'{{"number":{number},"text":"x"}}' for number in range(1, count + 1)]


@pytest.mark.parametrize("driver", ["asyncpg", "psycopg"])
def test_a_restart_of_the_database_costs_no_item(own_server: Server, driver: str) -> None:
    async def test(url: str) -> None:
        async with running(Database(url)) as program:
            question = Question(text="x", count=60, pause=0.02)
            stream = (await program.start(answers.answer, question)).id
            shown: list[str] = []
            names: list[str] = []
            async with program.streams.read(stream) as events:
                async for event in events:
                    names.append(event.event or "message")
                    if event.event == "reset":
                        shown = []
                    elif event.event is None:
                        shown.append(event.raw_data or "")
                    if len(names) == 3:
                        await asyncio.to_thread(own_server.restart)
            assert names[-1] == "end"
            assert shown == expected(60)

    with fresh_database(own_server) as name:
        run(lambda: test(own_server.url(name, driver)))


def test_connections_that_die_cost_no_item(own_server: Server) -> None:
    import psycopg

    async def test(url: str, plain: str) -> None:
        async with running(Database(url)) as program:
            question = Question(text="x", count=100, pause=0.02)
            stream = (await program.start(answers.answer, question)).id

            def kill() -> None:
                with psycopg.connect(plain, autocommit=True) as connection:
                    connection.execute(END_OTHERS)

            async def kill_often() -> None:
                while True:
                    await asyncio.to_thread(kill)
                    await asyncio.sleep(0.3)

            killing = asyncio.create_task(kill_often())
            shown: list[str] = []
            async with program.streams.read(stream) as events:
                async for event in events:
                    if event.event == "reset":
                        shown = []
                    elif event.event is None:
                        shown.append(event.raw_data or "")
            killing.cancel()
            await asyncio.wait([killing])
            assert shown == expected(100)

    with fresh_database(own_server) as name:
        run(lambda: test(own_server.url(name, "asyncpg"), own_server.url(name)))
