"""A request fails, or is cancelled, at each of its awaits: all clean-up runs exactly once."""

from __future__ import annotations

import asyncio
import gc
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import fastapi
import pytest
from sqlalchemy import text

import pronghorn
from pronghorn.sql import Database
from tests.run.sweep import SHAPES, Program, Run

pytestmark = pytest.mark.anyio
#: `make sweep` has more: it looks for garbage after each request, and repeats everything.
IS_LONG = "PRONGHORN_SWEEP" in os.environ
ROUNDS = int(os.environ.get("PRONGHORN_SWEEP", "1"))


@contextmanager
def complaints() -> Iterator[list[str]]:
    """Collect what Python says about coroutines, tasks and generators that were thrown away."""
    found: list[str] = []
    loop = asyncio.get_running_loop()
    before = sys.unraisablehook
    loop.set_exception_handler(lambda _, context: found.append(str(context)))
    sys.unraisablehook = lambda about: found.append(f"{about.exc_value!r} in {about.object!r}")
    try:
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            yield found
            gc.collect()
        found += [str(warning.message) for warning in warned]
    finally:
        sys.unraisablehook = before
        loop.set_exception_handler(None)


async def sweep(program: Program, kind: str) -> list[Run]:
    """Return the runs with a fault at each await, in order."""
    runs = []
    for at in range(1, 100):
        runs.append(await program.request(kind, at))
        if IS_LONG:
            gc.collect()
        if not runs[-1].reached:
            return runs
    raise AssertionError("The request has no end.")


@pytest.mark.usefixtures("mode")
@pytest.mark.parametrize("kind", ["raise", "cancel", "late"])
@pytest.mark.parametrize("shape", SHAPES if IS_LONG else ["json", "stream", "lines in thread"])
async def test_each_part_ends_exactly_once(shape: str, kind: str, tmp_path: Path) -> None:
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'notes.db'}")
    async with database.transaction() as session:
        await session.execute(text("CREATE TABLE notes (id INTEGER)"))
    pool: Any = database.engine.pool
    program = Program(pronghorn, shape, database.session)
    for _ in range(ROUNDS):
        with complaints() as found:
            runs = await sweep(program, kind)
        assert [(run.at, run.unbalanced(), run.events) for run in runs if run.unbalanced()] == []
        assert (found, pool.checkedout()) == ([], 0)
        assert runs[-1].status == 200
        assert {"outer+", "nested+", "blocking+"} <= set(runs[-1].events)
        assert len(runs) >= 8
    async with database.transaction() as session:
        rows = await session.scalar(text("SELECT count(*) FROM notes"))
    if not IS_LONG:
        # A cancellation that comes during COMMIT leaves a row without an answer.
        fewest = sum(run.inserted and run.has_answered for run in runs)
        most = sum(run.inserted and run.has_returned for run in runs)
        assert (most if kind == "raise" else fewest) <= rows <= most
    await database.dispose()


@pytest.mark.parametrize("shape", ["json", "def"])
async def test_effects_have_the_order_of_fastapi(shape: str) -> None:
    """FastAPI runs all clean-up of these shapes, too, when an await raises."""
    ours = await sweep(Program(pronghorn, shape), "raise")
    theirs = await sweep(Program(fastapi, shape), "raise")
    assert [(run.events, run.status, type(run.outcome)) for run in ours] == [
        (run.events, run.status, type(run.outcome)) for run in theirs
    ]
