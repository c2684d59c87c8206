"""Context variables that the application sets are visible in the middleware around it."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator
from contextvars import ContextVar
from typing import Any

import pytest

from pronghorn import BackgroundTasks, Depends, FastAPI, Request
from pronghorn.middleware.inner_run import InnerRun
from pronghorn.responses import StreamingResponse
from tests.middleware.client import Client
from tests.middleware.endpoints import Refused

user: ContextVar[str] = ContextVar("user", default="nobody")
place: ContextVar[str] = ContextVar("place")


def note(seen: list[Any]) -> None:
    seen.append((user.get(), place.get("unset")))


class Noting:
    """An application, and what a plain layer outside of its middleware sees afterwards."""

    def __init__(self) -> None:
        self.app = FastAPI()
        self.seen: list[Any] = []

    def middleware(self, dispatch: Any) -> None:
        self.app.middleware("http")(dispatch)

    async def run(self, path: str = "/") -> Client:
        async def outermost(scope: Any, receive: Any, send: Any) -> None:
            try:
                await self.app(scope, receive, send)
            finally:
                note(self.seen)

        return await Client(outermost, path).run()


@pytest.mark.anyio
@pytest.mark.parametrize("layers", [1, 3])
async def test_set_inside_and_reset_inside(layers: int) -> None:
    noting = Noting()

    async def dependency() -> AsyncIterator[None]:
        tokens = user.set("ada"), place.set("dependency")
        yield
        user.reset(tokens[0])
        place.reset(tokens[1])

    async def tell(request: Request, call_next: Any) -> Any:
        note(noting.seen)
        response = await call_next(request)
        note(noting.seen)
        return response

    @noting.app.get("/", dependencies=[Depends(dependency)])
    async def root() -> None:
        place.set("endpoint")

    for _ in range(layers):
        noting.middleware(tell)
    await noting.run()
    before, after = ("nobody", "unset"), ("ada", "endpoint")
    assert noting.seen == [before] * layers + [after] * layers + [before]


@pytest.mark.anyio
@pytest.mark.parametrize("is_followed", [False, True])
async def test_set_by_an_endpoint_and_by_a_task_after_the_response(is_followed: bool) -> None:
    """Without the task, the application has ended before its response is sent."""
    noting = Noting()

    async def later() -> None:
        place.set("task")

    async def root() -> None:
        user.set("ada")

    async def followed_root(background: BackgroundTasks) -> None:
        user.set("ada")
        background.add_task(later)

    async def tell(request: Request, call_next: Any) -> Any:
        response = await call_next(request)
        note(noting.seen)
        return response

    noting.app.get("/")(followed_root if is_followed else root)
    noting.middleware(tell)
    await noting.run()
    assert noting.seen == [("ada", "unset"), ("ada", "task" if is_followed else "unset")]


@pytest.mark.anyio
async def test_set_by_a_failing_endpoint() -> None:
    noting = Noting()

    async def tell(request: Request, call_next: Any) -> Any:
        try:
            return await call_next(request)
        except Refused:
            note(noting.seen)
            raise

    @noting.app.get("/")
    async def root() -> None:
        user.set("ada")
        raise Refused("by the endpoint")

    noting.middleware(tell)
    with pytest.raises(Refused):
        await noting.run()
    assert noting.seen == [("ada", "unset"), ("ada", "unset")]


@pytest.mark.anyio
async def test_set_while_the_body_is_made() -> None:
    noting = Noting()

    async def tell(request: Request, call_next: Any) -> Any:
        response = await call_next(request)

        async def through() -> AsyncIterator[bytes]:
            async for chunk in response.body_iterator:
                note(noting.seen)
                yield chunk

        return StreamingResponse(through())

    @noting.app.get("/")
    async def lines() -> AsyncIterator[int]:
        for number in range(2):
            place.set(f"chunk {number}")
            yield number

    noting.middleware(tell)
    await noting.run()
    assert [where for _, where in noting.seen[:2]] == ["chunk 0", "chunk 1"]


@pytest.mark.anyio
async def test_what_the_middleware_sets_later_is_its_own() -> None:
    noting = Noting()

    async def dependency() -> AsyncIterator[None]:
        token = user.set("ada")
        yield
        user.reset(token)

    async def sets(request: Request, call_next: Any) -> Any:
        token = place.set("middleware")
        response = await call_next(request)
        place.reset(token)
        user.set("the middleware's")
        return response

    @noting.app.get("/", dependencies=[Depends(dependency)])
    async def root(background: BackgroundTasks) -> None:
        background.add_task(note, noting.seen)

    noting.middleware(sets)
    await noting.run()
    assert noting.seen == [("ada", "middleware"), ("the middleware's", "unset")]


@pytest.mark.anyio
async def test_values_are_compared_by_identity() -> None:
    """A value may have an `__eq__` of its own that is no use here."""

    class Odd:
        def __eq__(self, other: object) -> bool:
            raise Refused("to be compared")

        __hash__ = None  # type: ignore[assignment]

    held: ContextVar[Any] = ContextVar("held", default=None)
    held.set(Odd())
    noting, inner = Noting(), Odd()

    async def tell(request: Request, call_next: Any) -> Any:
        response = await call_next(request)
        noting.seen.append(held.get() is inner)
        return response

    @noting.app.get("/")
    async def root() -> None:
        held.set(inner)

    noting.middleware(tell)
    await noting.run()
    assert noting.seen[0] is True


@pytest.mark.anyio
async def test_call_next_in_a_task_keeps_variables_to_that_task() -> None:
    noting = Noting()

    async def dependency() -> AsyncIterator[None]:
        token = place.set("dependency")
        yield
        place.reset(token)

    async def apart(request: Request, call_next: Any) -> Any:
        response = await asyncio.create_task(call_next(request))
        note(noting.seen)
        return response

    @noting.app.get("/", dependencies=[Depends(dependency)])
    async def root() -> None:
        return None

    noting.middleware(apart)
    assert (await noting.run()).status == 200
    assert noting.seen == [("nobody", "unset")] * 2


def count_inner_runs() -> int:
    return sum(type(found) is InnerRun for found in gc.get_objects())


@pytest.mark.anyio
@pytest.mark.usefixtures("short_ways")  # the request object of the general way is in a cycle
async def test_nothing_of_a_request_is_left_for_the_collector() -> None:
    noting = Noting()

    async def through(request: Request, call_next: Any) -> Any:
        return await call_next(request)

    @noting.app.get("/")
    async def root() -> str:
        return "hello"

    noting.middleware(through)
    await noting.run()
    gc.collect()
    gc.disable()
    try:
        before = count_inner_runs()  # other tests may have left some that something refers to
        await noting.run()
        await asyncio.sleep(0)
        assert count_inner_runs() == before
    finally:
        gc.enable()
