"""A function that makes passwords, as clouds want it, is asked by the engine of jobs, too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy.engine import make_url

from pronghorn.jobs import Jobs
from pronghorn.sql import Database
from tools.postgresql import Server

pytestmark = pytest.mark.anyio


def plain(password: str, asked: list[str]) -> Callable[[], Any]:
    def ask() -> str:
        asked.append("plain")
        return password

    return ask


def asynchronous(password: str, asked: list[str]) -> Callable[[], Any]:
    async def ask() -> str:
        asked.append("async")
        return password

    return ask


@pytest.mark.parametrize("make", [plain, asynchronous])
async def test_a_function_makes_the_password(
    own_server: Server, make: Callable[[str, list[str]], Callable[[], Any]]
) -> None:
    url = make_url(own_server.url(driver="asyncpg"))
    asked: list[str] = []
    ran: list[str] = []

    async def run() -> None:
        ran.append("job")

    db = Database(
        url.set(password="wrong").render_as_string(hide_password=False),
        connect_args={"password": make(str(url.password), asked)},
    )
    jobs = Jobs(db)
    task = jobs.task(name="run")(run)
    async with db.lifespan(), jobs.worker() as worker:
        before = len(asked)
        await jobs.enqueue(task)
        await worker.drain()
    assert ran == ["job"]
    assert before > 1  # By the program, and by the engine.
