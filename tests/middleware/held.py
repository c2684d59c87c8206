"""Deadlines and task groups that the application keeps open while the middleware continues."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import anyio
from starlette.background import BackgroundTask
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from tests.middleware.endpoints import Refused

#: Makes a context manager that ends its block by force, a moment after it was entered.
Holder = Callable[[], Any]
SOON = 0.01


async def _refuse() -> None:
    await asyncio.sleep(SOON)
    raise Refused("in a task group")


@asynccontextmanager
async def asyncio_timeout() -> AsyncIterator[None]:
    async with asyncio.timeout(SOON):
        yield


@asynccontextmanager
async def asyncio_group() -> AsyncIterator[None]:
    async with asyncio.TaskGroup() as group:
        group.create_task(_refuse())
        yield


@asynccontextmanager
async def anyio_timeout() -> AsyncIterator[None]:
    with anyio.fail_after(SOON):
        yield


@asynccontextmanager
async def anyio_move_on() -> AsyncIterator[None]:
    with anyio.move_on_after(SOON):
        yield


@asynccontextmanager
async def anyio_group() -> AsyncIterator[None]:
    async with anyio.create_task_group() as group:
        group.start_soon(_refuse)
        yield


@asynccontextmanager
async def own_cancellation() -> AsyncIterator[None]:
    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().call_later(SOON, task.cancel)
    try:
        yield
    except asyncio.CancelledError:
        task.uncancel()
        raise Refused("by its own cancellation") from None


HOLDERS: dict[str, Holder] = {
    "asyncio.timeout": asyncio_timeout,
    "asyncio.TaskGroup": asyncio_group,
    "anyio.fail_after": anyio_timeout,
    "anyio.move_on_after": anyio_move_on,
    "anyio task group": anyio_group,
    "Task.cancel": own_cancellation,
}


class Held:
    """One program in which `holder` ends something inside, while a middleware outside works.

    Args:
        framework: The engine.
        holder: What holds the code inside.
        place: Who has it open: one of `PLACES`, or "stream".
    """

    def __init__(self, framework: Any, holder: Holder, place: str) -> None:
        self.events: list[Any] = []
        self.holder = holder
        self.ended = asyncio.Event()
        self.app = app = framework.FastAPI()
        self.framework = framework
        getattr(self, f"_in_{place}")()

        @app.middleware("http")
        async def audit(request: Request, call_next: Any) -> Response:
            self.note("before")
            try:
                response: Response = await call_next(request)
            except Exception as error:
                self.note("call_next raised", type(error).__name__)
                raise
            self.note("response", response.status_code)
            if place != "background":  # which begins when this one is through
                await self.ended.wait()
            await asyncio.sleep(0)
            self.note("audited")
            return response

    def note(self, *what: Any) -> None:
        self.events.append(what)

    @asynccontextmanager
    async def hold(self) -> AsyncIterator[None]:
        """The holder, and a note of how it ended."""
        try:
            async with self.holder():
                yield
        except BaseException as error:
            self.note("held code raised", type(error).__name__)
            raise
        finally:
            self.note("held code ended")
            self.ended.set()

    async def wait(self) -> None:
        await asyncio.Event().wait()

    # --- places -------------------------------------------------------------------------------

    def _root(self, dependencies: Any = ()) -> None:
        @self.app.get("/", dependencies=list(dependencies))
        async def root() -> dict[str, int]:
            self.note("endpoint")
            return {"a": 1}

    def _in_dependency(self) -> None:
        async def dependency() -> AsyncIterator[None]:
            async with self.hold():
                yield

        self._root([self.framework.Depends(dependency)])

    def _in_endpoint(self) -> None:
        @self.app.get("/")
        async def root() -> dict[str, int]:
            async with self.hold():
                await self.wait()
            return {"a": 1}

    def _in_layer(self) -> None:
        program = self

        class Around:
            def __init__(self, app: Any) -> None:
                self.app = app

            async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
                async with program.hold():
                    await self.app(scope, receive, send)

        self._root()
        self.app.add_middleware(Around)

    def _in_inner_middleware(self) -> None:
        self._root()

        async def inner(request: Request, call_next: Any) -> Response:
            response: Response = await call_next(request)
            async with self.hold():
                await self.wait()
            return response

        self.app.add_middleware(BaseHTTPMiddleware, dispatch=inner)

    def _in_stream(self) -> None:
        @self.app.get("/")
        async def root() -> AsyncIterator[int]:
            async with self.hold():
                yield 1
                await self.wait()

    def _in_background(self) -> None:
        async def task() -> None:
            async with self.hold():
                await self.wait()

        @self.app.get("/")
        async def root() -> Response:
            return PlainTextResponse("plain", background=BackgroundTask(task))


PLACES = ("dependency", "endpoint", "layer", "inner_middleware", "background")
