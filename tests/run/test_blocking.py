"""Blocking generators run in worker threads, a little ahead of the client."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any

import anyio
import anyio.from_thread
import anyio.to_thread
import pytest
from starlette.requests import ClientDisconnect
from starlette.types import Message

from tests.run.streaming import EVENTS, LINES, RAW, Client, streamer, text_of_one

pytestmark = pytest.mark.anyio

_number = ContextVar("_number", default=0)


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.mark.parametrize("kind", [LINES, EVENTS, RAW])
async def test_every_item_arrives_once_and_in_order(kind: str) -> None:
    numbers = [str(number) for number in range(2_000)]
    client = await Client().get(streamer(kind).response(iter(numbers), None, None))
    written = {LINES: '"{}"\n', EVENTS: 'data: "{}"\n\n', RAW: "{}"}[kind]
    assert client.chunks == [written.format(number).encode() for number in numbers]


@pytest.mark.parametrize("kind", [LINES, EVENTS, RAW])
async def test_an_item_does_not_wait_for_the_next_one(kind: str) -> None:
    client = Client()
    arrived = threading.Event()
    client.on_chunk = lambda _: arrived.set()

    def conversation() -> Iterator[str]:
        for _ in range(3):
            arrived.clear()
            yield "x"
            assert arrived.wait(timeout=30)

    await client.get(streamer(kind).response(conversation(), None, None))
    assert len(client.chunks) == 3


@pytest.mark.parametrize("kind", [LINES, RAW])
async def test_the_steps_share_one_context(kind: str) -> None:
    def counting() -> Iterator[str]:
        token = _number.set(_number.get() + 1)
        for _ in range(200):
            _number.set(_number.get() + 1)
            yield f"{_number.get()} "
        _number.reset(token)
        yield str(_number.get())

    _number.set(5)
    expected = [*range(7, 207), 5]
    text = await text_of_one(streamer(kind), counting())
    assert [int(number) for number in text.replace('"', "").split()] == expected
    assert _number.get() == 5


async def test_a_generator_may_fill_its_buffer_again() -> None:
    def pages() -> Iterator[memoryview]:
        page = bytearray(1)
        for number in range(100):
            page[0] = number
            yield memoryview(page)

    client = Client()
    chunks: list[bytes] = []

    async def send(message: Message) -> None:
        await anyio.sleep(0.0001)
        chunks.append(bytes(message.get("body", b"")))

    response = streamer(RAW).response(pages(), None, None)
    await response(client.scope, client.receive, send)
    assert b"".join(chunks) == bytes(range(100))


@pytest.mark.parametrize("size", [1, 50_000])
async def test_a_slow_client_holds_the_generator_back(size: int) -> None:
    made = 0

    def endless() -> Iterator[str]:
        nonlocal made
        while True:
            made += 1
            yield "x" * size

    client = Client()
    arrived: list[Message] = []

    async def stuck(message: Message) -> None:
        arrived.append(message)
        if message.get("body"):
            await anyio.sleep_forever()

    with anyio.move_on_after(0.1):
        await streamer(LINES).response(endless(), None, None)(client.scope, client.receive, stuck)
    assert len(arrived) == 2
    assert made * size <= 150_000
    assert made <= 100


async def test_streams_share_the_worker_threads() -> None:
    limiter = anyio.to_thread.current_default_thread_limiter()
    before, limiter.total_tokens = limiter.total_tokens, 1
    clients = [Client(), Client()]

    def until_both_have_three() -> Iterator[str]:
        while any(len(client.sent) < 4 for client in clients):
            yield "x"

    try:
        async with anyio.create_task_group() as group:
            for client in clients:
                response = streamer(LINES).response(until_both_have_three(), None, None)
                group.start_soon(client.get, response)
    finally:
        limiter.total_tokens = before
    assert all(len(client.chunks) >= 3 for client in clients)


async def test_clean_up_needs_no_free_worker() -> None:
    """If every worker waits for what the clean-up gives back, it would never run otherwise."""
    closed = threading.Event()
    client, taken = Client("2.4"), anyio.Event()

    def endless() -> Iterator[str]:
        try:
            while True:
                yield "x"
        finally:
            closed.set()

    def wait_for_clean_up() -> bool:
        anyio.from_thread.run_sync(taken.set)
        return closed.wait(30)

    async def take_the_worker() -> None:
        await client.gone.wait()
        assert await anyio.to_thread.run_sync(wait_for_clean_up)

    async def send(message: Message) -> None:
        if message.get("body"):
            client.gone.set()
            await taken.wait()
        await client.send(message)

    async def stream() -> None:
        response = streamer(RAW).response(endless(), None, None)
        with pytest.raises(ClientDisconnect):
            await response(client.scope, client.receive, send)

    limiter = anyio.to_thread.current_default_thread_limiter()
    before, limiter.total_tokens = limiter.total_tokens, 1
    try:
        async with anyio.create_task_group() as group:
            group.start_soon(take_the_worker)
            group.start_soon(stream)
    finally:
        limiter.total_tokens = before


async def test_an_error_arrives_after_the_items_before_it() -> None:
    client = Client()

    def failing() -> Iterator[int]:
        yield from range(100)
        raise LookupError("late")

    with pytest.raises(LookupError, match="late"):
        await client.get(streamer(LINES).response(failing(), None, None))
    assert len(client.chunks) == 100
