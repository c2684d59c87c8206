"""Streams of events end when the server of the process is about to; others do not."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from pronghorn import FastAPI
from pronghorn.concurrency import is_stopping, wait_until_stopping
from pronghorn.core.stopping import stopping
from pronghorn.responses import StreamingResponse
from pronghorn.sse import EventSourceResponse

told: list[str] = []
app = FastAPI()


@pytest.fixture(autouse=True)
def anew(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A process whose server has not been told anything."""
    told.clear()
    monkeypatch.setattr(stopping, "is_watched", False)
    yield
    stopping.forget()


@app.get("/endless", response_class=EventSourceResponse)
async def endless() -> AsyncIterator[str]:
    try:
        while True:
            yield "now"
            await asyncio.sleep(60)
    finally:
        await asyncio.sleep(0)  # A clean-up may wait.
        told.append("closed")


@app.get("/polite", response_class=EventSourceResponse)
async def polite() -> AsyncIterator[str]:
    yield "now"
    await wait_until_stopping()
    assert is_stopping()
    yield "farewell"
    told.append("ended")


@app.get("/busy", response_class=EventSourceResponse)
async def busy() -> AsyncIterator[str]:
    time.sleep(0.005)  # noqa: ASYNC251 - blocks, so that others get a turn after this part
    yield "now"
    await wait_until_stopping()
    yield "farewell"


@app.get("/list")
async def read_list() -> StreamingResponse:
    async def parts() -> AsyncIterator[str]:
        yield "first"
        await asyncio.sleep(0.05)
        yield "last"

    return StreamingResponse(parts(), media_type="text/plain")


@app.get("/fails", response_class=EventSourceResponse)
async def fails() -> AsyncIterator[str]:
    try:
        yield "now"
        await asyncio.sleep(60)
    finally:
        raise ValueError("The clean-up fails.")


class Call:
    """A request to the application, and what it has sent so far."""

    def __init__(self, path: str) -> None:
        self.sent: list[Any] = []
        self.begun = asyncio.Event()
        scope = {"type": "http", "method": "GET", "path": path, "headers": [], "query_string": b""}
        self.task = asyncio.create_task(app(scope, self.receive, self.send))

    async def receive(self) -> Any:
        if self.sent:
            await asyncio.Event().wait()
        return {"type": "http.request"}

    async def send(self, message: Any) -> None:
        self.sent.append(message)
        if message.get("body"):
            self.begun.set()

    @property
    def body(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self.sent)

    @property
    def is_complete(self) -> bool:
        return not self.sent[-1].get("more_body", False)


def stop_during(path: str) -> Call:
    """Tell the process that its server ends, when a stream has sent its first part."""

    async def run() -> Call:
        call = Call(path)
        await call.begun.wait()
        stopping.tell()
        await asyncio.wait_for(call.task, 30)
        return call

    return asyncio.run(run())


def test_a_stream_of_events_is_closed_and_complete() -> None:
    call = stop_during("/endless")
    assert call.body == b'data: "now"\n\n'
    assert call.is_complete
    assert told == ["closed"]


def test_a_stream_that_waits_for_it_ends_by_itself() -> None:
    call = stop_during("/polite")
    assert call.body.endswith(b'data: "farewell"\n\n')
    assert call.is_complete
    assert told == ["ended"]


def test_a_stream_that_is_about_to_wait_for_it_does_too() -> None:
    assert stop_during("/busy").body == b'data: "now"\n\ndata: "farewell"\n\n'


def test_other_streams_are_sent_to_their_end() -> None:
    call = stop_during("/list")
    assert call.body == b"firstlast"
    assert call.is_complete


def test_the_error_of_a_clean_up_is_that_of_the_request() -> None:
    with pytest.raises(ValueError, match="The clean-up fails"):
        stop_during("/fails")


def test_a_stream_that_begins_later_ends_too() -> None:
    async def run() -> Call:
        stopping.tell()
        call = Call("/endless")
        await asyncio.wait_for(call.task, 30)
        return call

    assert asyncio.run(run()).is_complete
    assert told == ["closed"]


def test_a_cancellation_from_outside_stays_one() -> None:
    async def run() -> None:
        call = Call("/endless")
        await call.begun.wait()
        stopping.tell()
        call.task.cancel()
        await call.task

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(run())
    assert told == ["closed"]
