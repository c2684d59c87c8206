"""Cancellation from outside reaches the application behind a middleware, as in Starlette."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import anyio
import fastapi
import pytest
from starlette.background import BackgroundTask
from starlette.responses import PlainTextResponse, Response

import pronghorn
from tests.middleware.client import Client
from tests.middleware.endpoints import Refused

#: What waits when the cancellation comes.
STAGES = ("endpoint", "middleware", "response", "background", "shielded endpoint")
#: The same in the background task of a route without anything else that waits.
STAGES += ("short background",)


class Cancellable:
    """One program that waits in one place, and whatever cancels it there.

    Args:
        events: Who did what.
        waits: Set when it waits.
        let_go: Ends the waiting of what is shielded.
    """

    def __init__(self, framework: Any, stage: str, layers: int) -> None:
        self.events: list[tuple[str, Any]] = []
        self.waits = asyncio.Event()
        self.let_go = asyncio.Event()
        self.stage = stage
        self.app = app = framework.FastAPI()

        async def dependency() -> AsyncIterator[None]:
            try:
                yield
            except BaseException as error:
                self.note("dependency", type(error).__name__)
                raise
            finally:
                await asyncio.sleep(0.001)  # closing is shielded
                self.note("dependency", "closed")

        @app.get("/", dependencies=[framework.Depends(dependency)])
        async def root() -> Response:
            await self.stop_at("endpoint")
            if stage == "shielded endpoint":
                with anyio.CancelScope(shield=True):
                    self.waits.set()
                    await self.let_go.wait()
                self.note(stage, "shield ends")
                await asyncio.sleep(0.001)
                self.note(stage, "after the shield")
            return PlainTextResponse("plain", background=BackgroundTask(self.background))

        if stage == "short background":

            @app.get("/short")
            async def short() -> Response:
                return PlainTextResponse("plain", background=BackgroundTask(self.background))

        for number in range(layers):
            self.add_middleware(number)

    def add_middleware(self, number: int) -> None:
        @self.app.middleware("http")
        async def middleware(request: Any, call_next: Any) -> Any:
            try:
                response = await call_next(request)
                if number == 0:
                    await self.stop_at("middleware")
                return response
            except BaseException as error:
                self.note(f"middleware {number}", type(error).__name__)
                raise

    async def background(self) -> None:
        await self.stop_at("background")
        await self.stop_at("short background")

    async def stop_at(self, stage: str) -> None:
        """Wait for ever, if this is the place."""
        if stage != self.stage:
            return
        self.waits.set()
        try:
            await asyncio.Event().wait()
        except BaseException as error:
            self.note(stage, type(error).__name__)
            await self.notice_again()
            raise

    async def notice_again(self) -> None:
        """AnyIO cancels again what goes on to wait; what is shielded may wait."""
        try:
            await asyncio.sleep(0)
        except asyncio.CancelledError:
            self.note(self.stage, "cancelled again")
        with anyio.CancelScope(shield=True):
            await asyncio.sleep(0.001)
            self.note(self.stage, "cleaned up")

    def note(self, who: str, what: Any) -> None:
        self.events.append((who, what))

    async def send(self, message: Any) -> None:
        if not message.get("more_body", False):
            self.note("sent", message["type"])
        if message["type"] == "http.response.start":
            await self.stop_at("response")


async def by_task(program: Cancellable, run: Callable[[], Any]) -> None:
    """Cancel the task of the request."""
    task = asyncio.ensure_future(run())
    await program.waits.wait()
    task.cancel()
    await asyncio.sleep(0.001)
    program.let_go.set()
    await asyncio.wait([task])
    program.note("cancelled", task.cancelled())


async def by_anyio_scope(program: Cancellable, run: Callable[[], Any]) -> None:
    """Cancel a scope that somebody has opened around the application."""
    with anyio.CancelScope() as scope:
        task = asyncio.ensure_future(cancel_later(program, scope))
        await run()
    program.note("cancelled", scope.cancelled_caught)
    await task


async def cancel_later(program: Cancellable, scope: anyio.CancelScope) -> None:
    await program.waits.wait()
    scope.cancel()
    await asyncio.sleep(0.001)
    program.let_go.set()


async def by_anyio_group(program: Cancellable, run: Callable[[], Any]) -> None:
    """Fail beside the application, in a task group around it."""

    async def fail() -> None:
        await program.waits.wait()
        asyncio.get_running_loop().call_later(0.001, program.let_go.set)
        raise Refused("beside")

    try:
        async with anyio.create_task_group() as group:
            group.start_soon(fail)
            await run()
    except ExceptionGroup as error:
        program.note("raised", repr(error.exceptions))


async def by_asyncio_group(program: Cancellable, run: Callable[[], Any]) -> None:
    """The same with a task group of asyncio."""

    async def fail() -> None:
        await program.waits.wait()
        asyncio.get_running_loop().call_later(0.001, program.let_go.set)
        raise Refused("beside")

    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(fail())
            await run()
    except ExceptionGroup as error:
        program.note("raised", repr(error.exceptions))


WAYS = (by_task, by_anyio_scope, by_anyio_group, by_asyncio_group)


async def events_of(framework: Any, way: Any, stage: str, layers: int) -> dict[str, list[Any]]:
    """What each part of a program does, in order; the parts are in several tasks."""
    program = Cancellable(framework, stage, layers)
    client = Client(program.app, "/short" if stage == "short background" else "/")
    client.send = program.send  # type: ignore[method-assign]  # it may have to wait
    await asyncio.wait_for(way(program, client.run), 5)
    return {
        part: [what for who, what in program.events if who == part] for part, _ in program.events
    }


@pytest.mark.anyio
@pytest.mark.parametrize("layers", [1, 3])
@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("way", WAYS)
async def test_cancellation_reaches_everything(way: Any, stage: str, layers: int) -> None:
    found = await events_of(pronghorn, way, stage, layers)
    assert found == await events_of(fastapi, way, stage, layers)


@pytest.mark.anyio
@pytest.mark.parametrize("framework", [fastapi, pronghorn])
async def test_an_endpoint_that_cancels_its_task_gives_no_response(framework: Any) -> None:
    app, seen = framework.FastAPI(), list[str]()

    @app.middleware("http")
    async def middleware(request: Any, call_next: Any) -> Any:
        try:
            return await call_next(request)
        except Exception as error:
            seen.append(str(error))
            raise

    @app.get("/")
    async def endpoint() -> None:
        task = asyncio.current_task()
        assert task is not None
        task.cancel()
        await asyncio.sleep(0)

    client = Client(app)
    with pytest.raises(RuntimeError, match="No response returned"):
        await client.run()
    assert seen == ["No response returned."]
    assert client.status == 500


@pytest.mark.anyio
async def test_a_background_task_that_cancels_itself_ends_quietly() -> None:
    app = pronghorn.FastAPI()

    @app.middleware("http")
    async def middleware(request: Any, call_next: Any) -> Any:
        return await call_next(request)

    async def background() -> None:
        raise asyncio.CancelledError

    @app.get("/")
    async def endpoint() -> Response:
        return PlainTextResponse("plain", background=BackgroundTask(background))

    assert (await Client(app).run()).body == b"plain"
