"""Browsers that follow the news, by server-sent events and by WebSocket, and come back."""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import httpx
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from tests.channels.events import stream_events
from tests.durable.world import CampaignError
from tests.ha.buyers import GIVE_UP, PAUSE

#: Messages per second.
PACE = 5.0
#: Seconds until the last message has reached everybody.
PATIENCE = 120.0


@dataclass
class Listener:
    """A client of either kind.

    Attributes:
        url: The address of the proxy.
        numbers: The messages that it has got, in their order.
        resets: How often it was told that messages are gone.
        connections: How often it was connected.
        refused: Answers that were no stream, such as a 503.
        codes: The codes with which its WebSockets were closed; 0 without one.
        has_begun: It will get what is published from now on.
    """

    url: str
    numbers: list[int] = field(default_factory=list)
    resets: int = 0
    connections: int = 0
    refused: int = 0
    codes: list[int] = field(default_factory=list)
    has_begun: asyncio.Event = field(default_factory=asyncio.Event)
    last_id: str = ""

    async def follow_events(self, client: httpx.AsyncClient) -> None:
        """Follow by server-sent events, as an `EventSource` does, until the task is cancelled."""
        retry = PAUSE
        while True:
            headers = {"Last-Event-ID": self.last_id} if self.last_id else {}
            with suppress(httpx.TransportError):
                async with client.stream("GET", f"{self.url}/news", headers=headers) as response:
                    is_stream = response.status_code == 200
                    self.connections += is_stream
                    self.refused += not is_stream
                    async for event in stream_events(response):
                        self.last_id = event.id or self.last_id
                        retry = (event.retry or retry * 1000) / 1000
                        self._take(event.data, is_reset=event.name == "reset")
            await asyncio.sleep(retry)

    async def follow_socket(self, place: str) -> None:
        """Follow by WebSocket from an id, until the task is cancelled."""
        self.last_id = place
        while True:
            try:
                url = f"{self.url}/news?after={self.last_id}"
                async with connect(url, proxy=None, open_timeout=GIVE_UP, max_queue=None) as socket:
                    self.connections += 1
                    self.has_begun.set()
                    async for text in socket:
                        self._take_frame(json.loads(text))
                # The loop ends without an error for the codes 1000 and 1001.
                self.codes.append(socket.close_code or 0)
            except ConnectionClosed as error:
                self.codes.append(error.rcvd.code if error.rcvd else 0)
            except (OSError, InvalidHandshake, TimeoutError):
                self.refused += 1
            await asyncio.sleep(PAUSE + random.random())  # They must not come back all at once.

    def _take_frame(self, frame: dict[str, object]) -> None:
        self.last_id = str(frame["id"])
        self._take(json.dumps(frame.get("data", "")), is_reset="reset" in frame)

    def _take(self, data: str, *, is_reset: bool) -> None:
        self.has_begun.set()
        self.resets += is_reset
        if data.startswith("{") and not is_reset:
            self.numbers.append(json.loads(data)["number"])


@dataclass
class Audience:
    """All listeners, and who publishes.

    Attributes:
        browsers: Those of server-sent events.
        sockets: Those of WebSockets.
        published: The number of messages so far.
        repeats: How often a publication failed, and was repeated.
    """

    browsers: Sequence[Listener]
    sockets: Sequence[Listener]
    published: int = 0
    repeats: int = 0

    @property
    def everybody(self) -> list[Listener]:
        """All listeners."""
        return [*self.browsers, *self.sockets]

    @property
    def codes(self) -> Counter[int]:
        """The codes with which WebSockets were closed."""
        return Counter(code for listener in self.sockets for code in listener.codes)

    @asynccontextmanager
    async def listening(self, url: str) -> AsyncIterator[None]:
        """Publish during a block, and wait until everybody has got everything.

        Raises:
            CampaignError: Somebody has not, in spite of some patience.
        """
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
        timeout = httpx.Timeout(GIVE_UP, read=None)
        async with httpx.AsyncClient(timeout=timeout, limits=limits, trust_env=False) as client:
            place = await self._publish(client, url)
            following = [asyncio.create_task(each.follow_events(client)) for each in self.browsers]
            following += [asyncio.create_task(each.follow_socket(place)) for each in self.sockets]
            try:
                async with asyncio.timeout(PATIENCE):
                    for each in self.everybody:
                        await each.has_begun.wait()
                is_over = asyncio.Event()
                publishing = asyncio.create_task(self._publish_until(client, url, is_over))
                following.append(publishing)
                yield
                is_over.set()
                await publishing
                await self._wait_for_last()
            finally:
                for task in following:
                    task.cancel()
                await asyncio.gather(*following, return_exceptions=True)

    async def _publish(self, client: httpx.AsyncClient, url: str) -> str:
        """Publish the next message; return its id. A failure is repeated, and may come twice."""
        while True:
            with suppress(httpx.TransportError):
                response = await client.post(f"{url}/news", json={"number": self.published})
                if response.status_code == 201:
                    self.published += 1
                    return str(response.json())
            self.repeats += 1
            await asyncio.sleep(PAUSE)

    async def _publish_until(
        self, client: httpx.AsyncClient, url: str, is_over: asyncio.Event
    ) -> None:
        while not is_over.is_set():
            await self._publish(client, url)
            await asyncio.sleep(1 / PACE)

    async def _wait_for_last(self) -> None:
        try:
            async with asyncio.timeout(PATIENCE):
                while self._count_late():  # noqa: ASYNC110 - what clients have seen
                    await asyncio.sleep(0.1)
        except TimeoutError:
            raise CampaignError(
                f"{self._count_late()} listeners did not get the last message"
            ) from None

    def _count_late(self) -> int:
        return sum(each.numbers[-1:] != [self.published - 1] for each in self.everybody)

    def check(self) -> None:
        """Compare what each has got with what was published.

        Raises:
            CampaignError: A message is missing, is there twice, or is in another place.
        """
        # The first message was published before anybody listened, to know the place.
        whole = list(range(1, self.published))
        wrong = [each for each in self.everybody if each.numbers != whole or each.resets]
        if self.repeats:
            raise CampaignError(f"{self.repeats} publications failed")
        if wrong:
            first = sorted(set(whole) ^ set(wrong[0].numbers))[:5]
            raise CampaignError(
                f"{len(wrong)} of {len(self.everybody)} listeners did not get everything once and "
                f"in order; the first differs at {first}, and has {len(wrong[0].numbers)} of "
                f"{len(whole)} messages"
            )
