"""The listener of channels ends without a word, whatever it does when it is cancelled."""

from __future__ import annotations

import asyncio
import logging

import pytest

from pronghorn.channels import notifications
from pronghorn.sql import Database

pytestmark = pytest.mark.anyio


async def listen_and_cancel(db: Database, turns: int) -> None:
    """Cancel a listener some turns of the event loop after it has a connection, until it ends."""
    is_connected = asyncio.Event()
    task = asyncio.create_task(notifications.listen(db, lambda name, number: is_connected.set()))
    await is_connected.wait()
    for _ in range(turns):
        await asyncio.sleep(0)
    while not task.done():  # As `wait_for` of Python 3.11 may swallow one, the hub asks again.
        task.cancel()
        await asyncio.sleep(0)
    assert task.cancelled()


@pytest.mark.parametrize("check", [10.0, 0.0])
async def test_a_listener_that_is_cancelled_again_and_again(
    postgresql_url: str,
    check: float,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """It waits, or asks for a sign of life all the time."""
    monkeypatch.setattr(notifications, "_CHECK", check)
    caplog.set_level(logging.INFO)
    db = Database(postgresql_url)
    for turns in range(0, 40, 2):
        await listen_and_cancel(db, turns)
    await db.dispose()
    assert [record.getMessage() for record in caplog.records] == []


async def test_a_listener_that_is_cancelled_while_it_connects(
    postgresql_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    db = Database(postgresql_url)
    for turns in range(0, 60, 3):
        task = asyncio.create_task(notifications.listen(db, lambda name, number: None))
        for _ in range(turns):
            await asyncio.sleep(0)
        while not task.done():
            task.cancel()
            await asyncio.sleep(0)
    await db.dispose()
    assert [record.getMessage() for record in caplog.records] == []
