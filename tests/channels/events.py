"""Read server-sent events as a browser does, and come back after a lost connection."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass

import httpx

#: The names of the events after which a client does not come back.
LAST = ("end", "failed")


@dataclass
class SentEvent:
    """One event of a response."""

    data: str = ""
    name: str = "message"
    id: str = ""
    retry: int | None = None


class Reader:
    """Splits lines into events."""

    def __init__(self) -> None:
        self._data: list[str] = []
        self._event = SentEvent()

    def feed(self, line: str) -> SentEvent | None:
        """Take a line; return the event that an empty one ends."""
        if line == "":
            event, self._event = self._event, SentEvent()
            event.data, self._data = "\n".join(self._data), []
            return None if event == SentEvent() else event
        name, _, value = line.partition(": ")
        if name == "data":
            self._data.append(value)
        elif name == "event":
            self._event.name = value
        elif name == "id":
            self._event.id = value
        elif name == "retry":
            self._event.retry = int(value)
        return None


def read_events(text: str) -> list[SentEvent]:
    """Return the events of a complete response."""
    return list(_split(text.split("\n")))


def _split(lines: list[str]) -> Iterator[SentEvent]:
    reader = Reader()
    for line in lines:
        event = reader.feed(line)
        if event is not None:
            yield event


async def stream_events(response: httpx.Response) -> AsyncIterator[SentEvent]:
    """Yield the events of a response while it is received."""
    reader = Reader()
    async for line in response.aiter_lines():
        event = reader.feed(line)
        if event is not None:
            yield event


@dataclass
class Browser:
    """A client that follows a stream to its end, as an `EventSource` does.

    Attributes:
        base: Returns the address of a server that is up; asked before each connection.
        headers: The headers of each request.
        events: The events of all connections.
        connections: How many connections had a response.
    """

    base: Callable[[], str]
    headers: dict[str, str]

    def __post_init__(self) -> None:
        self.events: list[SentEvent] = []
        self.connections = 0
        self.has_begun = asyncio.Event()

    @property
    def items(self) -> list[str]:
        """The data that the page shows: those behind the last `reset`."""
        shown: list[str] = []
        for event in self.events:
            if event.name == "reset":
                shown = []
            elif event.name == "message" and event.data:
                shown.append(event.data)
        return shown

    async def follow(self, client: httpx.AsyncClient, path: str) -> None:
        """Follow until the last event."""
        last_id, retry = "", 100
        while not (self.events and self.events[-1].name in LAST):
            headers = {**self.headers, **({"Last-Event-ID": last_id} if last_id else {})}
            try:
                async with client.stream("GET", self.base() + path, headers=headers) as response:
                    # A database that is busy; the page opens another `EventSource` then.
                    assert response.status_code in (200, 503), response.status_code
                    self.connections += response.status_code == 200
                    async for event in stream_events(response):
                        last_id = event.id or last_id
                        retry = event.retry or retry
                        self.events.append(event)
                        self.has_begun.set()
            except httpx.TransportError:
                pass
            await asyncio.sleep(retry / 1000)
