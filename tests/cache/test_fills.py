"""Many requests at once, and changes while an endpoint runs."""

import asyncio
from enum import Enum
from typing import Any
from uuid import UUID

import anyio
import pytest

from pronghorn import FastAPI, HTTPException, Response
from pronghorn.cache import Cache, Cached
from tests.cache.asking import client_of, wait_for

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("mode")]


class Kind(Enum):
    BIG = "big"


class Source:
    """What an endpoint reads: it may be slow, and it changes."""

    def __init__(self) -> None:
        self.value = "old"
        self.calls = 0
        self.began = asyncio.Event()
        self.may_end = asyncio.Event()
        self.may_end.set()
        self.error: Exception | None = None
        self.headers: dict[str, str] = {}

    async def read(self) -> Response:
        self.calls += 1
        value = self.value
        self.began.set()
        await self.may_end.wait()
        if self.error is not None:
            raise self.error
        return Response(value, headers=self.headers)


@pytest.fixture
def source() -> Source:
    return Source()


def make_app(source: Source, **options: Any) -> FastAPI:
    app = FastAPI()

    @app.get("/value", cache=Cached(options.pop("ttl", "1h"), tags=["value"], **options))
    async def read() -> Response:
        return await source.read()

    return app


async def test_500_misses_and_one_call(cache: Cache, source: Source) -> None:
    source.may_end.clear()
    async with client_of(make_app(source)) as client:
        waiting = [asyncio.create_task(client.get("/value")) for _ in range(500)]
        await source.began.wait()
        await anyio.wait_all_tasks_blocked()
        source.may_end.set()
        found = await asyncio.gather(*waiting)
    assert {one.text for one in found} == {"old"}
    assert source.calls == 1


async def test_a_response_that_is_not_kept_is_not_given_to_those_that_wait(
    cache: Cache, source: Source
) -> None:
    source.may_end.clear()
    source.headers = {"set-cookie": "visit=1"}
    async with client_of(make_app(source)) as client:
        waiting = [asyncio.create_task(client.get("/value")) for _ in range(20)]
        await source.began.wait()
        await anyio.wait_all_tasks_blocked()
        source.may_end.set()
        await asyncio.gather(*waiting)
    assert source.calls == 20


@pytest.mark.parametrize("error", [HTTPException(404), HTTPException(503)])
async def test_an_error_is_not_kept_either(
    cache: Cache, source: Source, error: HTTPException
) -> None:
    source.error = error
    async with client_of(make_app(source)) as client:
        found = await asyncio.gather(*(client.get("/value") for _ in range(3)))
        assert {one.status_code for one in found} == {error.status_code}
        source.error = None
        assert (await client.get("/value")).text == "old"
    assert source.calls == 4


async def test_the_next_one_takes_over_when_the_first_leaves(cache: Cache, source: Source) -> None:
    source.may_end.clear()
    async with client_of(make_app(source)) as client:
        first, *others = [asyncio.create_task(client.get("/value")) for _ in range(20)]
        await source.began.wait()
        await anyio.wait_all_tasks_blocked()
        source.began.clear()
        first.cancel()
        await source.began.wait()
        source.may_end.set()
        found = await asyncio.gather(*others)
    assert {one.text for one in found} == {"old"}
    assert source.calls == 2


async def test_an_old_value_is_not_written_after_an_invalidation(
    cache: Cache, source: Source
) -> None:
    """The endpoint reads before the change, and answers after it."""
    source.may_end.clear()
    async with client_of(make_app(source)) as client:
        slow = asyncio.create_task(client.get("/value"))
        await source.began.wait()
        source.value = "new"
        await cache.invalidate("value")
        source.may_end.set()
        assert (await slow).text == "old"
        assert (await client.get("/value")).text == "new"
        assert (await client.get("/value")).text == "new"
    assert source.calls == 2


async def test_nobody_waits_for_an_endpoint_that_began_before_an_invalidation(
    cache: Cache, source: Source
) -> None:
    source.may_end.clear()
    async with client_of(make_app(source)) as client:
        slow = asyncio.create_task(client.get("/value"))
        await source.began.wait()
        source.value = "new"
        await cache.invalidate("value")
        later = asyncio.create_task(client.get("/value"))
        await anyio.wait_all_tasks_blocked()
        source.may_end.set()
        assert [one.text for one in await asyncio.gather(slow, later)] == ["old", "new"]
        assert (await client.get("/value")).text == "new"


async def test_tags_are_told_apart(cache: Cache) -> None:
    app, calls = FastAPI(), list[str]()

    @app.get("/items/{item_id}", cache=Cached("1h", tags=["items", "item:{item_id}"]))
    async def read(item_id: int) -> int:
        calls.append(str(item_id))
        return item_id

    async def ask() -> str:
        calls.clear()
        async with client_of(app) as client:
            for number in (1, 2):
                await client.get(f"/items/{number}")
        return " ".join(calls)

    assert [await ask(), await ask()] == ["1 2", ""]
    await cache.invalidate("item:2")
    assert [await ask(), await ask()] == ["2", ""]
    await cache.invalidate("others", "item:3")
    assert await ask() == ""
    await cache.invalidate("items")
    assert await ask() == "1 2"
    await cache.clear()
    assert [await ask(), await ask()] == ["1 2", ""]


async def test_a_tag_has_the_value_and_not_what_the_path_says(cache: Cache) -> None:
    """A number, a UUID and an `Enum` may be written in several ways."""
    app, calls = FastAPI(), list[Any]()
    one = UUID(int=0xABC)

    kept = Cached("1h", tags=["{item_id}-{owner}-{kind}"])

    @app.get("/items/{item_id}/{owner}/{kind}", cache=kept)
    async def read(item_id: int, owner: UUID, kind: Kind) -> None:
        calls.append((item_id, owner, kind))

    paths = [
        f"/items/{number}/{owner}/big"
        for number in ("7", "07", "%207", "+7")
        for owner in (str(one), one.hex, str(one).upper())
    ]
    async with client_of(app) as client:
        for _ in range(2):
            for path in paths:
                assert (await client.get(path)).status_code == 200
        assert len(calls) == len(paths)
        assert set(calls) == {(7, one, Kind.BIG)}
        await cache.invalidate(f"7-{one}-big")
        for path in paths:
            await client.get(path)
        assert len(calls) == 2 * len(paths)
        assert (await client.get(f"/items/x/{one}/big")).status_code == 422


async def ask(client: Any) -> str:
    return str((await client.get("/value")).text)


async def test_a_stale_response_is_sent_while_it_is_renewed(cache: Cache, source: Source) -> None:
    async with client_of(make_app(source, ttl="20ms", stale="1h")) as client:
        assert (await client.get("/value")).text == "old"
        source.value = "new"
        source.may_end.clear()
        source.began.clear()
        with anyio.fail_after(20):
            while not source.began.is_set():
                assert (await client.get("/value")).text == "old"
                await asyncio.sleep(0.005)
        for _ in range(20):
            assert (await client.get("/value")).text == "old"
        assert source.calls == 2
        source.may_end.set()
        await wait_for(lambda: ask(client), "new")
    await cache.close()


@pytest.mark.parametrize("is_gone", [False, True])
async def test_what_becomes_of_a_stale_response_that_cannot_be_renewed(
    cache: Cache, source: Source, is_gone: bool
) -> None:
    """An endpoint that fails leaves it; one that says 404 takes it away."""
    async with client_of(make_app(source, ttl="20ms", stale="1h")) as client:
        await client.get("/value")
        source.error = HTTPException(404 if is_gone else 500)
        with anyio.fail_after(20):
            while source.calls < 3:
                response = await client.get("/value")
                assert response.status_code in ((200, 404) if is_gone else (200,))
                await asyncio.sleep(0.005)
        assert (await client.get("/value")).status_code == (404 if is_gone else 200)
    await cache.close()
