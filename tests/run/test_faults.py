"""The source of a stream is closed whenever sending it fails."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from typing import Any

import fastapi
import fastapi.responses
import pytest
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import ClientDisconnect
from starlette.types import Message

import pronghorn
import pronghorn.responses
import pronghorn.sse

#: What a server may raise at a send; and that the client leaves while it waits there.
FAULTS: dict[str, Any] = {
    "refused": OSError,
    "left": ClientDisconnect,
    "cancelled": asyncio.CancelledError,
    "broken": RuntimeError,
    "waits": None,
}
PARTS = 3


class Log:
    """What has happened to the source of a stream, and around it."""

    def __init__(self) -> None:
        self.open = 0
        self.events: list[Any] = []
        #: Without references the garbage collector would close them.
        self.kept: list[Any] = []

    def keep(self, source: Any) -> Any:
        self.kept.append(source)
        return source


async def generator(log: Log) -> AsyncIterator[str]:
    log.open += 1
    try:
        for number in range(PARTS):
            yield str(number)
    finally:
        await asyncio.sleep(0)  # clean-up may wait
        log.open -= 1


def blocking(log: Log) -> Iterator[str]:
    log.open += 1
    try:
        for number in range(PARTS):
            yield str(number)
    finally:
        log.open -= 1


class Closable:
    """An iterator that is no generator, and has to be closed."""

    def __init__(self, log: Log) -> None:
        self.log = log
        self.numbers = iter(range(PARTS))
        self.log.open += 1
        self.is_open = True

    def shut(self) -> None:
        self.log.open -= self.is_open
        self.is_open = False

    def following(self, end: type[Exception]) -> str:
        for number in self.numbers:
            return str(number)
        self.shut()
        raise end


class AsyncClosable(Closable):
    def __aiter__(self) -> Any:
        return self

    async def __anext__(self) -> str:
        return self.following(StopAsyncIteration)

    async def aclose(self) -> None:
        self.shut()


class BlockingClosable(Closable):
    def __iter__(self) -> Any:
        return self

    def __next__(self) -> str:
        return self.following(StopIteration)

    def close(self) -> None:
        self.shut()


class Iterable:
    """Makes a generator for each iteration."""

    def __init__(self, log: Log) -> None:
        self.log = log

    def __aiter__(self) -> Any:
        return self.log.keep(generator(self.log))


SOURCES = [generator, blocking, AsyncClosable, BlockingClosable, Iterable]


def add_returning(framework: Any, app: Any, source: Any, log: Log) -> None:
    @app.get("/")
    async def returned() -> Any:
        return framework.responses.StreamingResponse(log.keep(source(log)))


def add_own(framework: Any, app: Any, source: Any, log: Log) -> None:
    class OwnResponse(framework.responses.StreamingResponse):  # type: ignore[misc]  # any class
        async def stream_response(self, send: Any) -> None:
            await super().stream_response(send)

    @app.get("/")
    def returned() -> Any:
        return OwnResponse(log.keep(source(log)))


def add_raw(framework: Any, app: Any, source: Any, log: Log) -> None:
    add_yielding(app, source, log, response_class=framework.responses.StreamingResponse)


def add_events(framework: Any, app: Any, source: Any, log: Log) -> None:
    add_yielding(app, source, log, response_class=framework.sse.EventSourceResponse)


def add_yielding(app: Any, source: Any, log: Log, **options: Any) -> None:
    if source is blocking:

        @app.get("/", **options)
        def yielding_in_thread() -> Iterator[str]:
            yield from blocking(log)
    else:

        @app.get("/", **options)
        async def yielding() -> AsyncIterator[str]:
            log.open += 1
            try:
                for number in range(PARTS):
                    yield str(number)
            finally:
                log.open -= 1


def add_lines(framework: Any, app: Any, source: Any, log: Log) -> None:
    add_yielding(app, source, log)


SHAPES = [(add, source) for add in (add_returning, add_own) for source in SOURCES]
SHAPES += [
    (add, source) for add in (add_raw, add_events, add_lines) for source in (generator, blocking)
]
NAMES = [f"{add.__name__[4:]}-{source.__name__}" for add, source in SHAPES]


class PlainMiddleware:
    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        async def wrapped_send(message: Message) -> None:
            await send(message)

        await self.app(scope, receive, wrapped_send)


async def passing(request: Any, call_next: Any) -> Any:
    return await call_next(request)


LAYERS: dict[str, Any] = {
    "none": lambda app, framework: None,
    "http": lambda app, framework: app.middleware("http")(passing),
    "plain": lambda app, framework: app.add_middleware(PlainMiddleware),
    "gzip": lambda app, framework: app.add_middleware(GZipMiddleware, minimum_size=1),
    "cors": lambda app, framework: app.add_middleware(CORSMiddleware),
}


async def outcome(framework: Any, shape: Any, layer: str, fault: str, at: int, spec: str) -> Log:
    """What has happened when the send of a number has failed."""
    log = Log()

    async def dependency(tasks: framework.BackgroundTasks) -> AsyncIterator[None]:
        tasks.add_task(log.events.append, "background")
        try:
            yield
        except BaseException as error:
            log.events.append(type(error).__name__)
            raise
        finally:
            log.events.append("dependency closed")

    app = framework.FastAPI(dependencies=[framework.Depends(dependency)])
    shape[0](framework, app, shape[1], log)
    LAYERS[layer](app, framework)
    sent, gone = 0, asyncio.Event()

    async def send(message: Message) -> None:
        nonlocal sent
        sent += 1
        if sent < at:
            return
        if FAULTS[fault] is not None:
            raise FAULTS[fault]("on purpose")
        gone.set()
        await asyncio.sleep(3600)

    requests = [{"type": "http.request", "body": b""}]

    async def receive() -> Message:
        if requests:
            return requests.pop()
        await gone.wait()
        return {"type": "http.disconnect"}

    scope: Any = {"type": "http", "method": "GET", "path": "/", "query_string": b""}
    scope |= {"headers": [(b"accept-encoding", b"gzip")], "asgi": {"spec_version": spec}}
    with suppress(Exception, asyncio.CancelledError):
        async with asyncio.timeout(5):
            await app(scope, receive, send)
    log.events.append(log.open)
    return log


async def assert_closed(shape: Any, layer: str, fault: str) -> None:
    for spec in ("2.3", "2.4") if fault != "waits" else ("2.3",):
        for at in range(1, PARTS + 3):
            found = await outcome(pronghorn, shape, layer, fault, at, spec)
            assert found.open == 0, (at, spec)
            assert found.events.count("dependency closed") == 1, (at, spec)


@pytest.mark.anyio
@pytest.mark.usefixtures("mode")
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("shape", SHAPES, ids=NAMES)
async def test_what_a_stream_reads_from_is_closed(shape: Any, fault: str) -> None:
    await assert_closed(shape, "none", fault)


#: Starlette's own middleware does not see either that the client leaves while it sends.
BEHIND = [(fault, layer) for layer in LAYERS for fault in FAULTS]
BEHIND.remove(("waits", "http"))


@pytest.mark.anyio
@pytest.mark.parametrize(("fault", "layer"), BEHIND)
async def test_it_is_closed_behind_middleware(fault: str, layer: str) -> None:
    for shape in ((add_returning, generator), (add_returning, blocking), (add_events, generator)):
        await assert_closed(shape, layer, fault)


@pytest.mark.anyio
@pytest.mark.usefixtures("mode")
@pytest.mark.parametrize("fault", ["left", "cancelled", "broken", "waits"])
async def test_dependencies_and_background_work_end_as_in_fastapi(fault: str) -> None:
    shape = (add_returning, generator)
    for at in range(1, PARTS + 4):
        spec = "2.3" if fault == "waits" else "2.4"
        found = await outcome(pronghorn, shape, "none", fault, at, spec)
        expected = await outcome(fastapi, shape, "none", fault, at, spec)
        assert found.events[:-1] == expected.events[:-1], at
