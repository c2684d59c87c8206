"""Run the program of `answers.py` in this process, with a worker and a client."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from pronghorn import FastAPI
from pronghorn.channels.streams import StreamRef, Streams
from pronghorn.jobs import Jobs
from pronghorn.sql import Database
from tests.channels.answers import gates, make_app, told
from tests.channels.events import SentEvent, read_events
from tests.contract.servers import PATIENCE
from tests.sql.servers import fresh_database

ANN, BOB = {"X-User": "ann"}, {"X-User": "bob"}


@dataclass
class Running:
    """The program while it runs."""

    app: FastAPI
    db: Database
    jobs: Jobs
    streams: Streams
    client: httpx.AsyncClient

    async def start(self, producer: Any, *args: Any, **keywords: Any) -> StreamRef:
        """Start a stream of Ann."""
        return await self.streams.start(producer, *args, owner="ann", **keywords)

    async def get(
        self, stream: str, after: str = "", owner: dict[str, str] | None = None
    ) -> httpx.Response:
        """Return the response of a request that follows a stream to its end."""
        headers = dict(ANN if owner is None else owner)
        if after:
            headers["Last-Event-ID"] = after
        return await self.client.get(f"/answers/{stream}", headers=headers)

    async def events(self, stream: str, after: str = "") -> list[SentEvent]:
        """Return the events of a stream to its end."""
        response = await self.get(stream, after)
        assert response.status_code == 200, response.text
        return read_events(response.text)

    async def all_events(self, producer: Any, *args: Any, **keywords: Any) -> list[SentEvent]:
        """Start a stream, and return its events."""
        return await self.events((await self.start(producer, *args, **keywords)).id)


@asynccontextmanager
async def running(
    database: Database, *, worker: bool = True, **options: Any
) -> AsyncIterator[Running]:
    """Run the program on a database.

    Args:
        database: The database.
        worker: Whether a worker runs, too.
        **options: Options of `make_app`.
    """
    told.clear()
    gates.clear()
    app, jobs, streams = make_app(database, **options)
    transport = httpx.ASGITransport(app)
    async with (
        database.lifespan(app),
        httpx.AsyncClient(transport=transport, base_url="http://test") as client,
    ):
        found = Running(app, database, jobs, streams, client)
        if not worker:
            yield found
            return
        async with jobs.worker(app, grace=0.1):
            yield found


def empty_database(request: pytest.FixtureRequest) -> Iterator[Database]:
    """Yield the empty database that a parameter of a fixture names."""
    if request.param == "sqlite":
        yield Database(request.getfixturevalue("sqlite_url"))
        return
    server = request.getfixturevalue("postgresql")
    with fresh_database(server) as name:
        yield Database(server.url(name, request.param))


def run(test: Callable[[], Awaitable[Any]], *, patience: float = PATIENCE) -> Any:
    """Run a test on an event loop of its own, with a generous limit in seconds."""

    async def limited() -> Any:
        async with asyncio.timeout(patience):
            return await test()

    return asyncio.run(limited())


async def until(condition: Callable[[], bool]) -> None:
    """Wait until something has happened that nobody announces."""
    while not condition():  # noqa: ASYNC110 - see above
        await asyncio.sleep(0.01)


def data_of(events: list[SentEvent]) -> list[str]:
    """Return the data of the items."""
    return [event.data for event in events if event.name == "message" and event.data]


def names_of(events: list[SentEvent]) -> list[str]:
    """Return the names of the events."""
    return [event.name for event in events]
