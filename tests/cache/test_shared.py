"""Several processes with one store, and a store that is away."""

import asyncio
import logging
import pickle
from typing import Any, ClassVar

import anyio
import pytest

from pronghorn import FastAPI, Response
from pronghorn.cache import Cache, Cached
from tests.cache.asking import client_of, wait_for
from tests.cache.stores import Shared

pytestmark = pytest.mark.anyio


class Process:
    """One of several processes with the same program: an application and its cache."""

    def __init__(self, url: str, data: dict[str, Any], **options: Any) -> None:
        self.cache = Cache(url, **options)
        self.app = FastAPI()
        self.calls = 0

        @self.app.get("/value", cache=Cached("1h", tags=["value"], store=self.cache))
        async def read() -> Response:
            self.calls += 1
            value = data["value"]
            if "gate" in data:
                data["began"].set()
                await data["gate"].wait()
            return Response(value, headers={"x-snowman": "\xe9"})

    async def get(self) -> str:
        async with client_of(self.app) as client:
            response = await client.get("/value")
        assert (response.status_code, response.headers["x-snowman"]) == (200, "\xe9")
        return str(response.text)


async def test_they_share_responses_and_invalidations(shared: Shared) -> None:
    data = {"value": "old"}
    one, other = Process(shared.url, data), Process(shared.url, data)
    assert [await one.get(), await other.get()] == ["old", "old"]
    assert (one.calls, other.calls) == (1, 0)
    data["value"] = "new"
    assert [await one.get(), await other.get()] == ["old", "old"]
    await other.cache.invalidate("value")
    assert [await one.get(), await other.get()] == ["new", "new"]
    assert (one.calls, other.calls) == (2, 0)


async def test_one_of_them_runs_the_endpoint(shared: Shared) -> None:
    data: dict[str, Any] = {"value": "old", "gate": asyncio.Event(), "began": asyncio.Event()}
    processes = [Process(shared.url, data) for _ in range(3)]
    waiting = [asyncio.create_task(one.get()) for one in processes for _ in range(20)]
    await data["began"].wait()
    await asyncio.sleep(0.2)
    data["gate"].set()
    assert set(await asyncio.gather(*waiting)) == {"old"}
    assert sum(one.calls for one in processes) == 1


async def test_an_invalidation_of_another_process_meets_a_running_endpoint(shared: Shared) -> None:
    data: dict[str, Any] = {"value": "old", "gate": asyncio.Event(), "began": asyncio.Event()}
    one, other = Process(shared.url, data), Process(shared.url, data)
    slow = asyncio.create_task(one.get())
    await data["began"].wait()
    data["value"] = "new"
    await other.cache.invalidate("value")
    data["gate"].set()
    assert await slow == "old"
    assert [await one.get(), await other.get()] == ["new", "new"]


@pytest.mark.parametrize("stop", ["stop", "hang"])
async def test_without_its_store_endpoints_run(
    shared: Shared, stop: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    process = Process(shared.url, {"value": "old"}, timeout="50ms")
    await process.get()
    getattr(shared, stop)()
    for _ in range(20):
        assert await process.get() == "old"
    assert process.calls == 21
    assert [one.message.partition(", ")[0] for one in caplog.records] == ["The store of the cache"]
    assert shared.asked < 20  # It is left alone for a while.
    shared.start()
    with anyio.fail_after(20):
        calls = process.calls
        while calls != process.calls or calls == 21:
            calls = process.calls
            await process.get()
            await asyncio.sleep(0.1)


async def test_an_invalidation_waits_for_the_store(shared: Shared) -> None:
    data = {"value": "old"}
    process = Process(shared.url, data, timeout="50ms")
    await process.get()
    shared.stop()
    data["value"] = "new"
    await process.cache.invalidate("value")
    shared.start()
    with anyio.fail_after(20):
        while process.calls < 2 or await process.get() != "new":
            assert await process.get() == "new"  # Either from the endpoint, or from the store.
            await asyncio.sleep(0.1)


class Bomb:
    """Tells if somebody unpickles it."""

    exploded: ClassVar[list[str]] = []

    def __reduce__(self) -> Any:
        return Bomb.exploded.append, ("unpickled",)


@pytest.mark.parametrize(
    "rubbish",
    [
        pickle.dumps(Bomb()),
        b"bytes:" + pickle.dumps(Bomb()),
        b"bytes:",
        b"bytes:[1]\n",
        b"bytes:\x80\x04.",
        b"7",
        b"bytes:null\nx",
    ],
)
async def test_what_others_write_is_not_read(shared: Shared, rubbish: bytes) -> None:
    process = Process(shared.url, {"value": "old"})
    await process.get()
    for key in list(shared.store):
        shared.store[key] = (None, rubbish)
    assert await process.get() == "old"
    assert process.calls == 2
    assert Bomb.exploded == []


async def test_a_request_that_is_cancelled_lets_go_of_its_lock(shared: Shared) -> None:
    data: dict[str, Any] = {"value": "old", "gate": asyncio.Event(), "began": asyncio.Event()}
    one, other = Process(shared.url, data), Process(shared.url, data)

    async def count_locks() -> int:
        return sum(":lock:" in key for key in shared.store)

    first = asyncio.create_task(one.get())
    await data["began"].wait()
    data["began"].clear()
    second = asyncio.create_task(other.get())
    first.cancel()
    await data["began"].wait()
    data["gate"].set()
    assert await second == "old"
    assert (one.calls, other.calls) == (1, 1)
    await wait_for(count_locks, 0)
