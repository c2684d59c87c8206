"""The cost of a request, in numbers that are the same on every machine and on every run.

Timings are noise on a shared machine. The number of Python functions that a request calls is not:
it grows when a change makes the engine do more. What a library calls in itself is its own business
and changes with its versions, so only our functions, those of the program, and the functions of
libraries that they call count. Lower the bounds when something gets cheaper.
"""

from __future__ import annotations

import asyncio
import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import pytest
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware

from pronghorn import hooks
from tests.guards.programs import ASKS, program

#: The greatest number of Python functions that the second request of each kind may call. Those
#: of the test itself are among them: receiving, and sending the two messages of an answer.
BOUNDS = {
    "constant": 21,
    "path and query": 24,
    "body": 26,
    # A hop is our own functions, which differ with whether its worker thread is idle already.
    "dependency graph": 50,
    "yield dependency": 35,
    "header, cookie, list": 29,
    "form": 36,
    "bearer": 42,  # one of them lets go of the request object, which would keep the exchange
    "HTTPException": 32,
    "422": 61,
    "404": 33,
    "def endpoint": 42,
    "def endpoint and dependencies": 42,
}
#: Middleware around "constant" -> what it may add to the functions of a request.
OF_LAYERS: dict[str, tuple[type[Any], dict[str, Any], int]] = {
    "CORS": (CORSMiddleware, {"allow_origins": ["https://shop.example"]}, 6),
    "GZip": (GZipMiddleware, {}, 4),
    "trusted hosts": (TrustedHostMiddleware, {"allowed_hosts": ["shop.example"]}, 3),
    "session": (SessionMiddleware, {"secret_key": "a"}, 6),
}
#: What a function as middleware may add; on Python 3.11 its child task waits for a turn.
OF_FUNCTION = 50 if sys.version_info < (3, 12) else 48
#: How often a request goes to a worker thread: neighbours share one hop.
HOPS = {"dependency graph": 1, "def endpoint": 1, "def endpoint and dependencies": 1}
REQUESTS = 50
#: A leak shows every time; a cache of Pydantic's that is being filled does not.
TRIES = 4


@pytest.fixture(autouse=True)
def without_telemetry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other tests of this process, and FastAPI itself, may have put telemetry in place."""
    monkeypatch.delitem(sys.modules, hooks.API_MODULE, raising=False)
    monkeypatch.setattr(hooks, "_mounted", [])


class Called:
    """The Python functions that were called, each call once, however often it was resumed."""

    def __init__(self) -> None:
        #: Each frame, and whether it counts.
        self.frames: dict[FrameType, bool] = {}

    def __call__(self, frame: FrameType, event: str, argument: Any) -> None:
        if event == "call" and frame not in self.frames:
            self.frames[frame] = is_ours(frame) or is_ours(frame.f_back)

    def names(self) -> list[str]:
        """Return the functions that are not called by a library in itself."""
        return [
            f"{frame.f_globals.get('__name__')}.{frame.f_code.co_name}"
            for frame, counts in self.frames.items()
            if counts
        ]


def is_ours(frame: FrameType | None) -> bool:
    """Tell whether a function belongs to pronghorn, to these tests, or is a compiled handler."""
    if frame is None:
        return False
    package = str(frame.f_globals.get("__name__")).partition(".")[0]
    return package in {"pronghorn", "tests"} or frame.f_code.co_filename.startswith("<pronghorn ")


@contextmanager
def called() -> Iterator[Called]:
    """Watch the calls of this thread; what the block itself calls first is not counted."""
    found = Called()
    before = sys.getprofile()
    gc.collect()
    gc.disable()  # what it calls when it runs belongs to nobody's request
    sys.setprofile(found)
    try:
        yield found
    finally:
        sys.setprofile(before)
        gc.enable()


async def second_request(name: str) -> list[str]:
    """The functions that the second request of a kind calls."""
    app = program()
    await ASKS[name].send_to(app)
    with called() as found:
        await ASKS[name].send_to(app)
    return found.names()


@pytest.mark.usefixtures("short_ways")
@pytest.mark.parametrize("name", ASKS)
def test_functions_per_request(name: str) -> None:
    names = asyncio.run(second_request(name))
    assert len(names) <= BOUNDS[name], "\n".join(names)


@pytest.mark.usefixtures("short_ways")
@pytest.mark.parametrize("name", OF_LAYERS)
def test_functions_of_compiled_middleware(name: str) -> None:
    kind, options, most = OF_LAYERS[name]

    async def count() -> tuple[list[str], list[str]]:
        app = program()
        app.add_middleware(kind, **options)
        await ASKS["constant"].send_to(app)
        with called() as found:
            await ASKS["constant"].send_to(app)
        return found.names(), await second_request("constant")

    names, without = asyncio.run(count())
    assert len(names) - len(without) <= most, "\n".join(names)


@pytest.mark.usefixtures("short_ways")
def test_functions_of_a_function_as_middleware() -> None:
    async def through(request: Any, call_next: Any) -> Any:
        return await call_next(request)

    async def count() -> tuple[list[str], list[str]]:
        app = program()
        app.middleware("http")(through)
        await ASKS["constant"].send_to(app)
        with called() as found:
            await ASKS["constant"].send_to(app)
        return found.names(), await second_request("constant")

    names, without = asyncio.run(count())
    assert len(names) - len(without) <= OF_FUNCTION, "\n".join(names)


@pytest.mark.usefixtures("short_ways")
@pytest.mark.parametrize("name", ASKS)
def test_thread_hops_per_request(name: str) -> None:
    names = asyncio.run(second_request(name))
    assert names.count("pronghorn.core.threads.hop.run_in_thread") == HOPS.get(name, 0)


async def growth(name: str) -> tuple[int, int]:
    """How many objects and memory blocks stay after some requests."""
    app = program()
    for _ in range(REQUESTS):
        await ASKS[name].send_to(app)
    kept = []
    for _ in range(TRIES):
        gc.collect()
        objects, blocks = len(gc.get_objects()), sys.getallocatedblocks()
        for _ in range(REQUESTS):
            await ASKS[name].send_to(app)
        gc.collect()
        kept.append((len(gc.get_objects()) - objects, sys.getallocatedblocks() - blocks))
    return min(found[0] for found in kept), min(found[1] for found in kept)


@pytest.mark.parametrize("name", ASKS)
def test_nothing_stays_after_a_request(name: str) -> None:
    objects, blocks = asyncio.run(growth(name))
    assert objects <= 2, "objects that the collector sees"  # lists of this test
    assert blocks < REQUESTS, "blocks of memory: less than one for each request"


FREED = ["constant", "path and query", "body", "dependency graph"]


@pytest.mark.usefixtures("short_ways")
@pytest.mark.parametrize("name", [*FREED, "constant behind layers", "404 behind layers"])
def test_a_request_leaves_no_cycles(name: str) -> None:
    """What has no cycles is freed at once; the collector, which stops everything, need not run."""
    name, _, layers = name.partition(" behind ")

    async def collected() -> int:
        app = program()
        if layers:
            for kind, options, _ in OF_LAYERS.values():
                app.add_middleware(kind, **options)
        for _ in range(3):
            await ASKS[name].send_to(app)
        gc.collect()
        gc.disable()
        try:
            for _ in range(REQUESTS):
                await ASKS[name].send_to(app)
            return gc.collect()
        finally:
            gc.enable()

    assert asyncio.run(collected()) < REQUESTS
