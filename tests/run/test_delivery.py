"""Sending a stream: its end, its clean-up, and its idle times."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextvars import ContextVar
from typing import Any

import anyio
import anyio.lowlevel
import pytest
from starlette.background import BackgroundTasks
from starlette.requests import ClientDisconnect
from starlette.responses import StreamingResponse
from starlette.types import Message, Receive, Send

from pronghorn.run.streaming.send import EventDelivery
from tests.run.streaming import EVENTS, LINES, RAW, Client, many, streamer, text_of_one

pytestmark = pytest.mark.anyio


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> Any:
    return request.param


# --- the end of a stream ---


@pytest.mark.parametrize("kind", [LINES, EVENTS, RAW])
async def test_an_endless_stream_that_never_waits_can_be_cancelled(kind: str) -> None:
    async def endless() -> AsyncIterator[str]:
        while True:
            yield "x"

    for spec_version in ("2.3", "2.4"):
        with anyio.move_on_after(0.05) as scope:
            await Client(spec_version).get(streamer(kind).response(endless(), None, None))
        assert scope.cancelled_caught


class Witness:
    """A generator in which a cancel scope is open, and what happened to it."""

    def __init__(self) -> None:
        self.events: list[str] = []
        self.begun_in: Any = None

    async def waiting(self, after: int) -> AsyncIterator[str]:
        """Items, then a wait that only a cancellation ends."""
        self.begun_in = anyio.get_current_task().id
        try:
            with anyio.CancelScope():
                for _ in range(after):
                    yield "x"
                await anyio.sleep_forever()
        finally:
            self._closed()

    async def endless(self) -> AsyncIterator[str]:
        """Items, with clean-up that waits."""
        self.begun_in = anyio.get_current_task().id
        try:
            with anyio.CancelScope():
                while True:
                    yield "x"
        finally:
            await anyio.sleep(0.001)
            self._closed()

    def blocking(self) -> Iterator[str]:
        try:
            while True:
                yield "x"
        finally:
            self.events.append("closed")
            assert threading.current_thread() is not threading.main_thread()

    def _closed(self) -> None:
        assert anyio.get_current_task().id == self.begun_in
        self.events.append("closed")


@pytest.mark.parametrize("kind", [LINES, EVENTS, RAW])
@pytest.mark.parametrize("way", ["waiting", "endless", "blocking"])
async def test_the_generator_is_closed_in_its_task_when_the_client_leaves(
    kind: str, way: str
) -> None:
    witness = Witness()
    generators = {
        "waiting": lambda: witness.waiting(after=3),
        "endless": witness.endless,
        "blocking": witness.blocking,
    }
    client = Client()
    client.on_chunk = lambda _: client.gone.set() if len(client.chunks) >= 3 else None
    background = BackgroundTasks()
    background.add_task(witness.events.append, "background")
    await client.get(streamer(kind).response(generators[way](), None, background))
    assert witness.events == ["closed", "background"]
    assert client.sent[-1]["more_body"]


@pytest.mark.parametrize("kind", [LINES, EVENTS, RAW])
@pytest.mark.parametrize("way", ["endless", "blocking"])
async def test_a_server_that_refuses_to_send_ends_the_stream(kind: str, way: str) -> None:
    witness = Witness()
    client = Client("2.4")
    client.on_chunk = lambda _: client.gone.set() if len(client.chunks) >= 3 else None
    with pytest.raises(ClientDisconnect):
        await client.get(streamer(kind).response(getattr(witness, way)(), None, None))
    assert witness.events == ["closed"]
    assert len(client.chunks) == 3


async def test_a_comment_that_cannot_be_sent_ends_an_idle_stream(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("pronghorn.routing._PING_INTERVAL", 0.03)
    witness = Witness()
    client = Client("2.4")
    client.on_chunk = lambda _: client.gone.set()
    with pytest.raises(ClientDisconnect):
        await client.get(streamer(EVENTS).response(witness.waiting(after=1), None, None))
    assert witness.events == ["closed"]


async def test_cancelling_the_request_closes_the_generator() -> None:
    for way in ("endless", "blocking"):
        witness = Witness()
        with anyio.move_on_after(0.03):
            response = streamer(LINES).response(getattr(witness, way)(), None, None)
            await Client().get(response)
        assert witness.events == ["closed"]


_number = ContextVar("_number", default=0)


async def test_the_generator_runs_in_the_task_of_the_request() -> None:
    async def counting() -> AsyncIterator[int]:
        assert anyio.get_current_task().id == task
        for _ in range(3):
            _number.set(_number.get() + 1)
            yield _number.get()
            await anyio.lowlevel.checkpoint()

    task = anyio.get_current_task().id
    _number.set(5)
    assert await text_of_one(streamer(LINES), counting()) == "6\n7\n8\n"
    assert _number.get() == 8


# --- comments while a stream is idle ---


async def idle_async() -> AsyncIterator[int]:
    yield 1
    await anyio.sleep(0.2)
    yield 2


def idle_blocking() -> Iterator[int]:
    yield 1
    threading.Event().wait(0.2)
    yield 2


@pytest.mark.parametrize("generator", [idle_async, idle_blocking])
@pytest.mark.parametrize("spec_version", ["2.3", "2.4"])
async def test_an_idle_stream_is_kept_alive(
    monkeypatch: pytest.MonkeyPatch, generator: Any, spec_version: str
) -> None:
    monkeypatch.setattr("pronghorn.routing._PING_INTERVAL", 0.03)
    client = Client(spec_version)
    await client.get(streamer(EVENTS).response(generator(), None, None))
    first, *comments, last = client.chunks
    assert (first, last) == (b"data: 1\n\n", b"data: 2\n\n")
    assert set(comments) == {b": ping\n\n"}


async def test_a_busy_stream_has_no_comments() -> None:
    text = await text_of_one(streamer(EVENTS), idle_async())
    assert text == "data: 1\n\ndata: 2\n\n"


async def test_the_interval_can_be_read_from_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(EventDelivery, "ping_interval", staticmethod(lambda: 0.03))
    assert ": ping\n\n" in await text_of_one(streamer(EVENTS), idle_async())


async def test_other_streams_have_no_comments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pronghorn.routing._PING_INTERVAL", 0.03)
    assert await text_of_one(streamer(LINES), idle_async()) == "1\n2\n"


async def test_a_message_waits_for_the_comment_before_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that reads slowly: no two sends at the same time, no comments in between."""
    monkeypatch.setattr("pronghorn.routing._PING_INTERVAL", 0.02)
    client = Client()
    sending: list[Message] = []

    async def slow_send(message: Message) -> None:
        assert not sending
        sending.append(message)
        await anyio.sleep(0.1)
        sending.clear()
        await client.send(message)

    async def one_late() -> AsyncIterator[int]:
        yield 1
        await anyio.sleep(0.05)  # A comment is being sent at its end.
        yield 2

    response = streamer(EVENTS).response(one_late(), None, None)
    await response(client.scope, client.receive, slow_send)
    assert client.chunks == [b"data: 1\n\n", b": ping\n\n", b"data: 2\n\n"]


# --- response classes and wrappers of programs ---


class OwnWay(StreamingResponse):
    """Sends in its own way, which has to be respected."""

    async def stream_response(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": 299, "headers": []})
        chunks = [chunk async for chunk in self.body_iterator]
        await send({"type": "http.response.body", "body": b"|".join(chunks)})


async def test_a_response_class_that_sends_in_its_own_way_does_so() -> None:
    response = streamer(RAW, None, OwnWay).response(many(b"a", b"b"), None, None)
    assert type(response) is OwnWay
    client = await Client().get(response)
    assert (client.status, client.chunks) == (299, [b"a|b"])


async def test_a_program_may_wrap_the_body_iterator() -> None:
    async def loud(chunks: Any) -> AsyncIterator[bytes]:
        async for chunk in chunks:
            yield chunk.upper()

    response = streamer(LINES).response(many("a", "b"), None, None)
    assert isinstance(response, StreamingResponse)
    response.body_iterator = loud(response.body_iterator)
    assert (await Client().get(response)).text == '"A"\n"B"\n'


async def test_a_stream_can_refuse_a_websocket_handshake() -> None:
    client = Client()
    client.scope = {"type": "websocket"}
    await client.get(streamer(RAW, status_code=403).response(many(b"no"), None, None))
    assert [message["type"] for message in client.sent] == [
        "websocket.http.response.start",
        "websocket.http.response.body",
        "websocket.http.response.body",
    ]


async def test_objects_that_only_iterate_are_streamed_too() -> None:
    class Counting:
        async def __aiter__(self) -> AsyncIterator[int]:
            yield 1

    made = streamer(LINES)
    assert await text_of_one(made, Counting()) == "1\n"
    assert await text_of_one(made, [1]) == "1\n"


# --- cost ---


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_a_short_stream_starts_no_task(monkeypatch: pytest.MonkeyPatch) -> None:
    # On a busy machine, three items may take longer than a short stream has.
    monkeypatch.setattr("pronghorn.run.streaming.beside._GRACE", 60.0)
    tasks: list[int] = []

    async def counting() -> AsyncIterator[int]:
        for number in range(3):
            tasks.append(len(asyncio.all_tasks()))
            yield number

    before = len(asyncio.all_tasks())
    for kind in (LINES, EVENTS):
        await text_of_one(streamer(kind), counting())
    assert set(tasks) == {before}


async def unused_receive() -> Message:
    raise AssertionError("nobody has to listen")


@pytest.mark.parametrize("kind", [LINES, RAW])
async def test_nobody_listens_where_the_server_reports_departure_by_itself(kind: str) -> None:
    client = Client("2.4")
    receive: Receive = unused_receive
    response = streamer(kind).response(idle_async() if kind == LINES else many("x"), None, None)
    await response(client.scope, receive, client.send)
    assert not client.sent[-1]["more_body"]
