"""Processes that are alive, that die, that are taken for dead, and that come back."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, insert, literal, select, update

from pronghorn.exceptions import SetupError
from pronghorn.nodes import Nodes, now_ms
from pronghorn.nodes.node import NODES
from pronghorn.sql import Database
from tests.contract.servers import PATIENCE
from tests.nodes.stopped import stop
from tools.postgresql import Server

pytestmark = pytest.mark.anyio
PROJECT = Path(__file__).parents[2]
FAST = {"beat": 0.1, "dead_after": 0.6}


def start(url: str) -> subprocess.Popen[str]:
    """Start a node in a process of its own."""
    command = [sys.executable, "-m", "tests.nodes.beating", url]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=PROJECT)


@asynccontextmanager
async def other_process(url: str) -> AsyncIterator[tuple[str, subprocess.Popen[str]]]:
    """Run a node in a process of its own; yields its id and the process."""
    with start(url) as process:
        try:
            assert process.stdout
            # Not in this thread: the event loop may be in a transaction that locks the database.
            line = await asyncio.to_thread(process.stdout.readline)
            yield line.strip(), process
        finally:
            process.kill()


async def until(condition: Callable[[], Any]) -> None:
    """Wait for something that nobody announces."""
    for _ in range(round(PATIENCE / 0.02)):
        if await condition():
            return
        await asyncio.sleep(0.02)
    raise TimeoutError


async def ids(nodes: Nodes) -> set[str]:
    return {node.id for node in await nodes.list()}


async def test_the_clock_is_that_of_the_database_in_milliseconds(database: Database) -> None:
    async with database.transaction() as session:
        first = await session.scalar(select(now_ms(database.engine.dialect)))
        await asyncio.sleep(0.01)
        second = await session.scalar(select(now_ms(database.engine.dialect.name)))
    assert isinstance(first, int)
    assert second is not None
    assert first < second
    assert abs(first / 1000 - datetime.now(UTC).timestamp()) < PATIENCE
    await database.dispose()


async def test_one_statement_has_one_time(database: Database) -> None:
    now = now_ms(database.engine.dialect)
    rows = select(literal(1).label("number")).cte("rows", recursive=True)
    rows = rows.union_all(select(rows.c.number + 1).where(rows.c.number < 50_000))
    async with database.transaction(read_only=True) as session:
        times = select(rows.c.number, now.label("time")).subquery()
        assert await session.scalar(select(func.count(times.c.time.distinct()))) == 1
    await database.dispose()


async def test_a_process_has_one_row_for_all_of_its_parts(database: Database) -> None:
    nodes = Nodes.of(database)
    assert Nodes.of(database) is nodes
    async with database.lifespan():
        async with nodes.run("web"):
            async with nodes.run("worker"), nodes.run("web"):
                (node,) = await nodes.list()
                assert node.is_alive
                assert (node.id, node.process) == (nodes.id, os.getpid())
                assert node.host == socket.gethostname()
                assert node.started_at <= node.seen_at
                assert abs(node.seen_at - datetime.now(UTC)) < timedelta(seconds=PATIENCE)
            assert len(await nodes.list()) == 1
        assert await nodes.list() == []


async def test_the_role_names_all_parts_after_a_beat(database: Database) -> None:
    nodes = Nodes.of(database, **FAST)
    async with database.lifespan(), nodes.run("worker"), nodes.run("web"):

        async def is_both() -> bool:
            return [node.role for node in await nodes.list()] == ["web+worker"]

        await until(is_both)


async def test_a_killed_process_is_taken_over_until_nothing_is_left(
    database: Database, database_url: str
) -> None:
    nodes = Nodes.of(database, **FAST)
    calls: list[str] = []

    async def take_over(session: Any, node: str) -> bool:
        assert await session.scalar(select(NODES.c.lost_at).where(NODES.c.id == node))
        calls.append(node)
        return len(calls) >= 3

    nodes.on_death(take_over)
    async with database.lifespan(), nodes.run("worker"):
        async with other_process(database_url) as (node, process):
            assert await ids(nodes) == {nodes.id, node}
            process.kill()

            async def is_gone() -> bool:
                return await ids(nodes) == {nodes.id}

            await until(is_gone)
        assert calls == [node] * 3


async def test_a_process_that_was_stopped_learns_that_it_was_taken_for_dead(
    database: Database, database_url: str
) -> None:
    nodes = Nodes.of(database, **FAST)
    async with (
        database.lifespan(),
        nodes.run("worker"),
        other_process(database_url) as (node, process),
    ):
        await stop(process, database_url)

        async def is_gone() -> bool:
            return node not in await ids(nodes)

        async def is_back() -> bool:
            return node in {one.id for one in await nodes.list() if one.is_alive}

        await until(is_gone)
        process.send_signal(signal.SIGCONT)
        await until(is_back)


async def test_the_program_drops_its_work_once_if_others_took_it(database: Database) -> None:
    nodes = Nodes.of(database, **FAST)
    dropped: list[str] = []

    async def drop() -> None:
        dropped.append(nodes.id)

    nodes.on_lost(drop)
    async with database.lifespan(), nodes.run("worker"):
        async with database.transaction() as session:
            await session.execute(update(NODES).values(lost_at=1))

        async def is_back() -> bool:
            async with database.transaction(read_only=True) as session:
                return list(await session.scalars(select(NODES.c.lost_at))) == [None]

        await until(is_back)
    assert dropped == [nodes.id]


async def test_what_belongs_to_a_node_without_a_row_is_taken_over(database: Database) -> None:
    nodes = Nodes.of(database, **FAST)
    owned = {"gone", nodes.id}
    calls: list[str] = []

    async def owners(session: Any) -> set[str]:
        return owned

    async def take_over(session: Any, node: str) -> bool:
        calls.append(node)
        owned.discard(node)
        return True

    nodes.on_death(take_over, owners=owners)
    async with database.lifespan(), nodes.run("worker"):

        async def is_taken() -> bool:
            return bool(calls)

        await until(is_taken)
    assert calls == ["gone"]


async def test_a_failing_part_is_asked_again_and_stops_no_beat(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    nodes = Nodes.of(database, **FAST)
    calls: list[str] = []

    async def owners(session: Any) -> list[str]:
        return ["gone"]

    async def take_over(session: Any, node: str) -> bool:
        calls.append(node)
        raise ValueError("no way")

    nodes.on_death(take_over, owners=owners)
    async with database.lifespan(), nodes.run("worker"):

        async def is_repeated() -> bool:
            return len(calls) > 1

        await until(is_repeated)
    assert "The dead node gone could not be taken over" in caplog.text


async def test_several_event_loops_share_the_row(database: Database) -> None:
    nodes = Nodes.of(database)
    async with database.lifespan(), nodes.run("web"):

        async def inside() -> None:
            async with database.lifespan(), nodes.run("worker"):
                assert await ids(nodes) == {nodes.id}

        await asyncio.to_thread(asyncio.run, inside())
        assert await ids(nodes) == {nodes.id}
    async with database.lifespan():
        assert await nodes.list() == []


async def test_a_test_that_rolls_back_has_no_row(database: Database) -> None:
    nodes = Nodes.of(database)
    async with database.rollback_everything(), database.lifespan(), nodes.run("web"):
        assert await nodes.list() == []
    await database.dispose()


@pytest.mark.parametrize("driver", ["asyncpg", "psycopg"])
async def test_an_outage_of_the_database_kills_nobody(own_server: Server, driver: str) -> None:
    url = own_server.url(driver=driver)
    database = Database(url)
    nodes = Nodes.of(database, **FAST)
    taken: list[str] = []

    async def take_over(session: Any, node: str) -> bool:
        taken.append(node)
        return True

    nodes.on_death(take_over)
    async with other_process(url) as (node, _), database.lifespan(), nodes.run("worker"):
        await asyncio.to_thread(own_server.halt)
        await asyncio.sleep(nodes.dead_after * 2)
        await asyncio.to_thread(own_server.start)

        async def are_back() -> bool:
            alive = {one.id for one in await nodes.list() if one.is_alive}
            return alive == {nodes.id, node}

        await until(are_back)
    assert taken == []


async def test_times_that_would_kill_everybody_are_refused(database: Database) -> None:
    with pytest.raises(SetupError, match="Nodes beat every 5 s and are dead after 8 s"):
        Nodes.of(database, beat=5, dead_after=8)


async def test_a_process_that_keeps_the_lock_of_its_row_stops_no_beat(postgresql_url: str) -> None:
    database = Database(postgresql_url)
    nodes = Nodes.of(database, **FAST)
    taken: list[str] = []

    async def take_over(session: Any, node: str) -> bool:
        taken.append(node)
        return True

    async def beats() -> bool:
        return {one.id for one in await nodes.list() if one.is_alive} == {nodes.id}

    async def is_gone() -> bool:
        return await ids(nodes) == {nodes.id}

    nodes.on_death(take_over)
    async with database.lifespan(), nodes.run("worker"):
        old = {"id": "stopped", "role": "worker", "host": "other", "process": 1, "version": "1"}
        async with database.transaction() as session:
            await session.execute(insert(NODES).values(**old, started_at=1, since=1, seen_at=1))
        async with database.transaction() as session:
            await session.execute(update(NODES).where(NODES.c.id == "stopped").values(process=2))
            for _ in range(20):
                await until(beats)
                await asyncio.sleep(nodes.beat)
            assert taken == []
        await until(is_gone)
    assert taken == ["stopped"]
    await database.dispose()
