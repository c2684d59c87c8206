"""One endpoint for many requests that miss the same response at the same time."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable
from enum import Enum
from typing import Any

from pronghorn.cache.entries import Entry


class Outcome(Enum):
    """The end of a flight that has brought no response for others."""

    #: The response must not be stored, or the endpoint has failed: each request runs its own.
    EACH_FOR_ITSELF = "each for itself"
    #: The first request has ended, as its client has left: the next one is the first.
    AGAIN = "again"


class Flight:
    """An endpoint that runs for the first of several equal requests, which the others await."""

    def __init__(self) -> None:
        self._landed = asyncio.Event()
        self._outcome: Entry | Outcome = Outcome.AGAIN

    def land(self, outcome: Entry | Outcome) -> None:
        """Let the other requests go on."""
        self._outcome = outcome
        self._landed.set()

    async def wait(self) -> Entry | Outcome:
        """Return what the endpoint of the first request has brought."""
        await self._landed.wait()
        return self._outcome


class Flights:
    """The flights of one route."""

    def __init__(self) -> None:
        self._flying: dict[Hashable, Flight] = {}

    def find(self, name: Hashable) -> Flight | None:
        """Return the flight of this name in the running event loop, or None."""
        return self._flying.get(_in_loop(name))

    def start(self, name: Hashable) -> Flight:
        """Return a new flight."""
        flight = self._flying[_in_loop(name)] = Flight()
        return flight

    def end(self, name: Hashable, outcome: Entry | Outcome) -> None:
        """End a flight, for those that wait and for those that come."""
        self._flying.pop(_in_loop(name)).land(outcome)


def _in_loop(name: Hashable) -> tuple[Any, Hashable]:
    return asyncio.get_running_loop(), name
