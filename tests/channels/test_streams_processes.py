"""Streams go on when servers stop, workers die and clients leave: real processes."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.channels.events import Browser
from tests.channels.streaming import ANN, run, until
from tests.channels.streams_processes import Web, Worker, ending
from tests.contract.servers import PATIENCE
from tests.sql.servers import fresh_database
from tools.postgresql import Server

#: Seconds, for a test that starts several processes.
LONG = 3 * PATIENCE
pytestmark = pytest.mark.timeout(LONG + 10)


@pytest.fixture(params=["sqlite", "asyncpg"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of an empty database."""
    if request.param == "sqlite":
        yield f"sqlite+aiosqlite:///{tmp_path / 'test.db'}"
        return
    server: Server = request.getfixturevalue("postgresql")
    with fresh_database(server) as name:
        yield server.url(name, request.param)


async def ask(client: httpx.AsyncClient, base: str, **question: Any) -> str:
    """Start an answer; return the path at which it is followed."""
    response = await client.post(f"{base}/answers", json={"text": "x", **question}, headers=ANN)
    assert response.status_code == 202, response.text
    path: str = response.json()["url"]
    return path


def expected(count: int) -> list[str]:
    """Return all items of an answer."""
    return [f'{{"number":{number},"text":"x"}}' for number in range(1, count + 1)]


def test_a_deploy_during_answers_drops_nothing(url: str, tmp_path: Path) -> None:
    async def test() -> None:
        gates = [tmp_path / "middle", tmp_path / "end"]
        old = Web(url)
        with ending(old, Worker(url)) as processes:
            servers = [old]
            async with httpx.AsyncClient(timeout=60) as client:
                question = {"count": 60, "pause": 0.02, "gates": [str(gate) for gate in gates]}
                paths = [await ask(client, old.url, **question) for _ in range(20)]
                browsers = [Browser(lambda: servers[0].url, dict(ANN)) for _ in paths]
                following = [
                    asyncio.create_task(browser.follow(client, path))
                    for browser, path in zip(browsers, paths, strict=True)
                ]
                for browser in browsers:
                    await browser.has_begun.wait()
                servers[0] = await asyncio.to_thread(Web, url)
                processes.append(servers[0])
                old.ask_to_stop()
                gates[0].touch()
                await until(lambda: all(browser.connections > 1 for browser in browsers))
                gates[1].touch()
                await asyncio.gather(*following)
                await asyncio.to_thread(old.stop)
            for browser in browsers:
                assert browser.items == expected(60)
                assert browser.events[-1].name == "end"
                ids = [event.id for event in browser.events if event.id]
                assert len(set(ids)) == len(ids)

    run(test, patience=LONG)


def test_the_producer_goes_on_without_its_client(url: str) -> None:
    async def test() -> None:
        web = Web(url)
        with ending(web, Worker(url)):
            async with httpx.AsyncClient(timeout=60) as client:
                path = await ask(client, web.url, count=30, pause=0.02)
                browser = Browser(lambda: web.url, dict(ANN))
                following = asyncio.create_task(browser.follow(client, path))
                await browser.has_begun.wait()
                following.cancel()
                last_id = browser.events[-1].id
                later = Browser(lambda: web.url, {**ANN, "Last-Event-ID": last_id})
                await later.follow(client, path)
                assert browser.items + later.items == expected(30)

    run(test, patience=LONG)


def test_another_worker_begins_anew_after_a_death(url: str) -> None:
    async def test() -> None:
        web, first = Web(url), Worker(url)
        with ending(web, first) as processes:
            async with httpx.AsyncClient(timeout=60) as client:
                path = await ask(client, web.url, count=40, pause=0.05)
                browser = Browser(lambda: web.url, dict(ANN))
                following = asyncio.create_task(browser.follow(client, path))
                await browser.has_begun.wait()
                await until(lambda: len(browser.events) > 3)
                await asyncio.to_thread(first.kill)
                processes.append(await asyncio.to_thread(Worker, url))
                await following
            resets = [event.data for event in browser.events if event.name == "reset"]
            assert resets == ['{"reason":"restarted"}']
            assert browser.items == expected(40)

    run(test, patience=LONG)
