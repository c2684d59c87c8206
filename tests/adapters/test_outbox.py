"""Responses that are kept until the end of the turn, and transports that close before it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextvars import copy_context
from typing import Any

import pytest

from pronghorn.adapters.uvicorn.ordered_transport import OrderedTransport
from pronghorn.adapters.uvicorn.outbox import Outbox


class RecordingTransport(asyncio.Transport):
    """Keeps what happens to it."""

    def __init__(self) -> None:
        super().__init__()
        self.events: list[Any] = []

    def write(self, data: Any) -> None:
        self.events.append(bytes(data))

    def close(self) -> None:
        self.events.append("close")

    def is_closing(self) -> bool:
        return "close" in self.events


def run(work: Callable[[Outbox, RecordingTransport], None]) -> list[Any]:
    """What has happened to a transport at the end of the turn in which `work` runs."""

    async def turn() -> list[Any]:
        transport = RecordingTransport()
        work(Outbox(asyncio.get_running_loop()), transport)
        await asyncio.sleep(0)
        return transport.events

    return asyncio.run(turn())


def test_responses_are_written_at_the_end_of_the_turn() -> None:
    seen: list[Any] = []

    def work(outbox: Outbox, transport: RecordingTransport) -> None:
        outbox.write(transport, b"o", b"ne")
        outbox.write(transport, b"t", b"wo")
        seen.extend(transport.events)

    assert run(work) == [b"one", b"two"]
    assert seen == []


def test_nothing_is_written_to_a_transport_that_is_closing() -> None:
    def work(outbox: Outbox, transport: RecordingTransport) -> None:
        outbox.write(transport, b"o", b"ne")
        transport.close()

    assert run(work) == ["close"]


def test_a_transport_that_fails_leaves_the_others_alone() -> None:
    class Broken(RecordingTransport):
        def write(self, data: Any) -> None:
            raise RuntimeError("the handler is closed")

    reported: list[Any] = []

    def work(outbox: Outbox, transport: RecordingTransport) -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda loop, context: reported.append(context["exception"]))
        outbox.write(Broken(), b"o", b"ne")
        outbox.write(transport, b"t", b"wo")

    assert run(work) == [b"two"]
    assert [str(error) for error in reported] == ["the handler is closed"]


@pytest.mark.parametrize(
    ("work", "event"),
    [
        (lambda transport: transport.write(b"two"), b"two"),
        (lambda transport: transport.close(), "close"),
    ],
)
def test_responses_come_before_what_else_happens(work: Callable[[Any], None], event: Any) -> None:
    def turn(outbox: Outbox, transport: RecordingTransport) -> None:
        outbox.write(transport, b"o", b"ne")
        work(OrderedTransport(transport, outbox, copy_context()))

    assert run(turn) == [b"one", event]
