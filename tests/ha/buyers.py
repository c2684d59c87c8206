"""Clients that order all the time, repeat what failed with the same key, and read the order."""

from __future__ import annotations

import asyncio
import random
import time
import uuid
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count

import httpx

#: Seconds after which a client gives an answer up.
GIVE_UP = 30.0
#: Seconds from a failure to the next attempt.
PAUSE = 0.2


@dataclass
class Buyers:
    """The clients, and what they have seen.

    Attributes:
        url: The address of the proxy.
        clients: The number of those that order; each has one request at a time.
        readers: The number of those that only read, one request after the other.
        pause: Seconds between two orders of a client.
        seconds: How long the job of each order takes.
        acknowledged: The id of each order that was answered with 201, by its number.
        errors: What failed: the second, and how.
        told_to_wait: Answers that the first request with the key is still running.
        unread: Orders that were answered with 201, and not found then.
        answered_by: Who has answered, as host and version, and how often; the host of an answer
            that was kept for a repeat is `kept`.
        slowest: The longest time of a request that was answered.
        slowest_request: Which one that was, and when it was sent.
    """

    url: str
    clients: int
    readers: int = 0
    pause: float = 0.0
    seconds: float = 0.0
    acknowledged: dict[int, int] = field(default_factory=dict)
    errors: list[tuple[float, str]] = field(default_factory=list)
    told_to_wait: int = 0
    unread: list[int] = field(default_factory=list)
    answered_by: Counter[tuple[str, str]] = field(default_factory=Counter)
    slowest: float = 0.0
    slowest_request: str = ""

    def __post_init__(self) -> None:
        self._numbers = count(1)
        self._is_over = False

    @property
    def requests(self) -> int:
        """The requests that were answered as they should."""
        return sum(self.answered_by.values())

    @asynccontextmanager
    async def buying(self) -> AsyncIterator[None]:
        """Order during a block; the requests that run at its end are finished."""
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
        async with httpx.AsyncClient(
            base_url=self.url, timeout=GIVE_UP, limits=limits, trust_env=False
        ) as client:
            doing = [self._buy] * self.clients + [self._read] * self.readers
            running = [asyncio.create_task(each(client)) for each in doing]
            try:
                await self.wait_for_more()
                yield
                await self.wait_for_more()
            finally:
                self._is_over = True
                await asyncio.gather(*running)

    async def wait_for_more(self) -> None:
        """Wait until each client could have ordered once more."""
        wanted = len(self.acknowledged) + self.clients
        async with asyncio.timeout(4 * GIVE_UP):
            while len(self.acknowledged) < wanted:  # noqa: ASYNC110 - what a client has seen
                await asyncio.sleep(0.05)

    async def _buy(self, client: httpx.AsyncClient) -> None:
        while not self._is_over:
            number = next(self._numbers)
            body = {"number": number, "seconds": self.seconds}
            headers = {"Idempotency-Key": str(uuid.uuid4())}
            bought = await self._repeat(client, "POST", "/orders", 201, json=body, headers=headers)
            self.acknowledged[number] = int(str(bought["id"]))
            read = await self._repeat(client, "GET", f"/orders/{bought['id']}", 200)
            if read.get("number") != number:
                self.unread.append(number)
            await asyncio.sleep(self.pause)

    async def _read(self, client: httpx.AsyncClient) -> None:
        while not self._is_over:
            if not self.acknowledged:
                await asyncio.sleep(PAUSE)
                continue
            number, id_ = random.choice(list(self.acknowledged.items())[-100:])
            read = await self._repeat(client, "GET", f"/orders/{id_}", 200)
            if read.get("number") != number:
                self.unread.append(number)

    async def _repeat(
        self, client: httpx.AsyncClient, method: str, path: str, status: int, **given: object
    ) -> dict[str, object]:
        """Send a request until it is answered; return the answer, an empty one for a 404."""
        while True:
            begin = time.monotonic()
            try:
                response = await client.request(method, path, **given)  # type: ignore[arg-type]
            except httpx.TransportError as error:
                self.errors.append((begin, f"{method} {path}: {error!r}"))
            else:
                if response.status_code == status:
                    answer: dict[str, object] = response.json()
                    self.answered_by[_who(response, answer), str(answer["tag"])] += 1
                    self._note_time(time.monotonic() - begin, f"{method} {path}", answer)
                    return answer
                if response.status_code == 404:
                    return {}
                if response.status_code == 409:
                    self.told_to_wait += 1
                else:
                    self.errors.append((begin, f"{method} {path}: {response.status_code}"))
            await asyncio.sleep(PAUSE)

    def _note_time(self, seconds: float, what: str, answer: dict[str, object]) -> None:
        if seconds > self.slowest:
            sent = datetime.fromtimestamp(time.time() - seconds, UTC)
            self.slowest = seconds
            self.slowest_request = f"{what}, sent {sent:%H:%M:%S.%f}, answered by {answer['host']}"

    @property
    def kept(self) -> int:
        """The repeats that got the answer of the first request, which had been lost on its way."""
        return sum(number for (host, _), number in self.answered_by.items() if host == "kept")

    def answers_since(self, before: Counter[tuple[str, str]]) -> Counter[str]:
        """Return how often each host has answered since a copy of `answered_by` was made."""
        found: Counter[str] = Counter()
        for (host, _), number in (self.answered_by - before).items():
            found[host] += number
        return found

    def describe_errors(self) -> str:
        """Return how many of each kind there are."""
        kinds = Counter(text.partition(": ")[2].partition("(")[0] for _, text in self.errors)
        return ", ".join(f"{number} times {kind}" for kind, number in kinds.items()) or "none"


def _who(response: httpx.Response, answer: dict[str, object]) -> str:
    return "kept" if "idempotency-replayed" in response.headers else str(answer["host"])
