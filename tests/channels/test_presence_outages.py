"""Connections that end while the database is away are not present for ever."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import pytest

from pronghorn.channels import START, Channels, Event
from pronghorn.sql import Database
from tests.cache.asking import wait_for
from tests.channels.stores import room, run


def test_those_who_leave_while_the_database_is_busy_are_gone_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pronghorn.channels.presence_sql._PATIENCE", 0.2)
    monkeypatch.setattr("pronghorn.channels.presence_sql._BACK", 0.05)
    monkeypatch.setattr("pronghorn.sql.sqlite.BUSY_SECONDS", 0.3)

    async def test() -> None:
        db = Database(f"sqlite:///{tmp_path}/chat.db", pool_timeout=0.5)
        channels = Channels(db)
        async with db.lifespan():
            stays = [channels.presence.stay(room(7).name, {"user": name}) for name in "abc"]
            keys = [await stay.__aenter__() for stay in stays]
            other = sqlite3.connect(f"{tmp_path}/chat.db", isolation_level=None)
            other.execute("BEGIN IMMEDIATE")
            await asyncio.gather(*[stay.__aexit__(None, None, None) for stay in stays[:2]])
            other.execute("ROLLBACK")
            other.close()

            async def find_keys() -> list[str]:
                return [each.key for each in await channels.present(room(7))]

            await wait_for(find_keys, keys[2:])
            await stays[2].__aexit__(None, None, None)
            kinds = []
            async for change in channels.read(room(7).presence, after=START):
                assert isinstance(change, Event)
                kinds.append(change.data.kind)
                if len(kinds) == 6:
                    break
            assert kinds == ["join"] * 3 + ["leave"] * 3

    run(test)
