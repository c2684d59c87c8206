"""Endpoints end at their timeout, and when their client leaves, once and with their clean-up."""

from __future__ import annotations

import asyncio
import math
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from typing import Any

import anyio
import pytest
from starlette.middleware.base import BaseHTTPMiddleware

from pronghorn import APIRouter, BackgroundTasks, Depends, FastAPI, Request, UploadFile
from pronghorn.exceptions import EndpointTimeout, HTTPException
from pronghorn.responses import JSONResponse, StreamingResponse

SOON = 0.05
LONG = 30.0
FORM = b'--b\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\nabc\r\n--b--\r\n'


class Client:
    """A client that can leave, and a record of what was sent to it."""

    def __init__(self, app: Any, path: str, method: str = "GET", body: bytes = b"") -> None:
        self.app = app
        self.messages: list[Any] = []
        self.gone = asyncio.Event()
        self.answered = asyncio.Event()
        headers = [(b"content-type", b"multipart/form-data; boundary=b")] if body else []
        self.scope: dict[str, Any] = {"type": "http", "method": method, "path": path}
        self.scope |= {"query_string": b"", "headers": headers, "asgi": {"spec_version": "2.3"}}
        self._parts = [{"type": "http.request", "body": body}]

    async def receive(self) -> Any:
        if self._parts:
            return self._parts.pop()
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Any) -> None:
        self.messages.append(message)
        if message["type"] == "http.response.body":
            self.answered.set()

    async def run(self) -> None:
        await self.app(self.scope, self.receive, self.send)

    @property
    def status(self) -> int:
        return int(self.messages[0]["status"])

    @property
    def body(self) -> bytes:
        return b"".join(part.get("body", b"") for part in self.messages[1:])


class Program:
    """A program whose endpoints and dependencies note what happens to them."""

    def __init__(self, layer: str = "none", **options: Any) -> None:
        self.log: list[str] = []
        self.waits = asyncio.Event()
        self.release = threading.Event()
        self.app = FastAPI(dependencies=[Depends(self.outer)], **options)
        LAYERS[layer](self.app)

    def noting(self, name: str) -> Iterator[None]:
        try:
            yield
        except BaseException as error:
            self.log.append(f"{name} {type(error).__name__}")
            raise
        finally:
            self.log.append(f"{name} closed")

    async def outer(self) -> AsyncIterator[None]:
        try:
            yield
        except BaseException as error:
            self.log.append(f"outer {type(error).__name__}")
            raise
        finally:
            await asyncio.sleep(0)
            self.log.append("outer closed")

    async def wait(self) -> None:
        self.waits.set()
        try:
            await asyncio.sleep(LONG)
        except asyncio.CancelledError:
            self.log.append("cancelled")
            await asyncio.sleep(0)  # The endpoint may wait for its own clean-up.
            self.log.append("cleaned")
            raise

    async def leave(self, client: Client) -> None:
        """Run a request, whose client leaves once the endpoint waits."""
        task = asyncio.create_task(client.run())
        await asyncio.wait_for(self.waits.wait(), LONG)
        client.gone.set()
        await asyncio.wait_for(task, LONG)


class PlainLayer:
    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        async def receive_here() -> Any:
            return await receive()

        async def send_here(message: Any) -> None:
            await send(message)

        await self.app(scope, receive_here, send_here)


async def pass_on(request: Any, call_next: Any) -> Any:
    return await call_next(request)


LAYERS: dict[str, Any] = {
    "none": lambda app: None,
    "plain": lambda app: app.add_middleware(PlainLayer),
    "http": lambda app: app.add_middleware(BaseHTTPMiddleware, dispatch=pass_on),
}
CANCELLED = ["cancelled", "cleaned", "outer CancelledError", "outer closed"]
pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("mode")]


# --- timeouts -------------------------------------------------------------------------------------


@pytest.mark.parametrize("layer", LAYERS)
async def test_a_timeout_is_answered_after_the_clean_up(layer: str) -> None:
    program = Program(layer)

    @program.app.get("/", timeout=SOON)
    async def slow() -> None:
        await program.wait()

    client = Client(program.app, "/")
    await client.run()
    assert (client.status, client.body) == (504, b'{"detail":"Gateway Timeout"}')
    assert program.log == CANCELLED


@pytest.mark.parametrize("layer", LAYERS)
async def test_a_thread_is_answered_at_once_and_closes_when_it_ends(layer: str) -> None:
    program = Program(layer)

    @program.app.get("/", timeout=SOON)
    def slow() -> str:
        program.release.wait(LONG)
        program.log.append("thread ended")
        return "late"

    client = Client(program.app, "/")
    task = asyncio.create_task(client.run())
    await asyncio.wait_for(client.answered.wait(), LONG)
    assert (client.status, program.log) == (504, [])
    program.release.set()
    await task
    assert program.log == ["thread ended", "outer CancelledError", "outer closed"]
    assert [part["type"] for part in client.messages].count("http.response.start") == 1


async def test_an_endpoint_may_answer_with_what_it_has() -> None:
    program = Program()

    @program.app.get("/", timeout=SOON)
    async def partial() -> str:
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(LONG)
        return "partial"

    client = Client(program.app, "/")
    await client.run()
    assert (client.status, client.body) == (200, b'"partial"')


async def test_an_endpoint_that_goes_on_is_answered_nevertheless(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("pronghorn.run.guarded.PATIENCE", SOON)
    program = Program()
    goes_on = asyncio.Event()

    @program.app.get("/", timeout=SOON)
    async def stubborn(tasks: BackgroundTasks) -> str:
        tasks.add_task(program.log.append, "background")
        try:
            await asyncio.sleep(LONG)
        except asyncio.CancelledError:
            await goes_on.wait()
        return "late"

    client = Client(program.app, "/")
    task = asyncio.create_task(client.run())
    await asyncio.wait_for(client.answered.wait(), LONG)
    goes_on.set()
    await task
    assert (client.status, len(client.messages)) == (504, 2)
    assert program.log == ["outer CancelledError", "outer closed"]


async def test_a_response_that_has_begun_goes_on() -> None:
    program = Program()

    async def parts() -> AsyncIterator[bytes]:
        for _ in range(4):
            yield b"x"
            await asyncio.sleep(SOON)

    @program.app.get("/", timeout=SOON)
    async def stream() -> StreamingResponse:
        return StreamingResponse(parts())

    @program.app.get("/rest", timeout=SOON)
    async def rest(tasks: BackgroundTasks) -> int:
        tasks.add_task(asyncio.sleep, SOON * 2)
        tasks.add_task(program.log.append, "background")
        return 1

    client = Client(program.app, "/")
    await client.run()
    assert (client.status, client.body) == (200, b"xxxx")
    program.log.clear()
    await Client(program.app, "/rest").run()
    assert program.log == ["background", "outer closed"]


async def test_a_stream_without_a_first_part_is_answered() -> None:
    program = Program()

    @program.app.get("/", timeout=SOON)
    async def stream() -> AsyncIterator[int]:
        await program.wait()
        yield 1

    client = Client(program.app, "/")
    await client.run()
    assert client.status == 504
    assert program.log == CANCELLED


async def test_clean_up_is_not_interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    program = Program()

    async def saving() -> AsyncIterator[None]:
        yield
        await asyncio.sleep(SOON * 4)
        program.log.append("saved")

    @program.app.get("/", timeout=SOON)
    async def save(saved: None = Depends(saving, scope="function")) -> int:
        return 1

    client = Client(program.app, "/")
    await client.run()
    assert (client.status, program.log) == (200, ["saved", "outer closed"])
    monkeypatch.setattr("pronghorn.run.guarded.PATIENCE", SOON)
    program.log.clear()
    client = Client(program.app, "/")
    await client.run()
    assert (client.status, program.log) == (504, ["saved", "outer CancelledError", "outer closed"])


async def test_handlers_of_the_program_answer() -> None:
    program = Program(timeout=SOON)

    @program.app.exception_handler(EndpointTimeout)
    async def answer(request: Request, error: EndpointTimeout) -> JSONResponse:
        return JSONResponse({"path": request.url.path, "seconds": error.seconds}, 503)

    @program.app.get("/coroutine")
    async def coroutine() -> None:
        await asyncio.sleep(LONG)

    @program.app.get("/thread")
    def thread() -> None:
        program.release.wait(LONG)

    for path in ("/coroutine", "/thread"):
        client = Client(program.app, path)
        asyncio.get_running_loop().call_later(SOON * 4, program.release.set)
        client.scope |= {"headers": [(b"host", b"a")], "server": ("a", 80), "scheme": "http"}
        await client.run()
        assert client.status == 503
        assert client.body == b'{"path":"%b","seconds":0.05}' % path.encode()
    assert issubclass(EndpointTimeout, HTTPException)


async def test_the_innermost_timeout_applies() -> None:
    program = Program(timeout=SOON)
    inner, nested = APIRouter(timeout=LONG), APIRouter(prefix="/nested")
    mounted = FastAPI()
    released = asyncio.Event()

    async def pause() -> int:
        await released.wait()
        return 1

    program.app.get("/app")(pause)
    program.app.get("/none", timeout=math.inf)(pause)
    program.app.get("/longer", timeout=LONG)(pause)
    inner.get("/router")(pause)
    inner.get("/route", timeout=SOON)(pause)
    nested.get("/app")(pause)
    mounted.get("/own")(pause)
    mounted.get("/shorter", timeout=SOON)(pause)
    program.app.include_router(inner)
    program.app.include_router(nested)
    program.app.include_router(inner, prefix="/included", timeout=SOON)
    program.app.mount("/mounted", mounted)

    ends_early = ["/app", "/route", "/nested/app", "/mounted/shorter"]
    outlasts = ["/none", "/longer", "/router", "/included/router", "/mounted/own"]
    early, late = (
        [Client(program.app, path) for path in paths] for paths in (ends_early, outlasts)
    )
    waiting = [asyncio.create_task(client.run()) for client in late]
    await asyncio.gather(*(client.run() for client in early))
    released.set()
    await asyncio.gather(*waiting)
    assert [client.status for client in early] == [504] * len(early)
    assert [client.status for client in late] == [200] * len(late)


async def test_a_cancellation_by_somebody_else_is_not_a_timeout() -> None:
    program = Program(timeout=LONG, on_disconnect="cancel")

    @program.app.get("/")
    async def slow() -> None:
        await program.wait()

    client = Client(program.app, "/")
    task = asyncio.create_task(client.run())
    await program.waits.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (client.messages, program.log) == ([], CANCELLED)


def test_trio_has_timeouts() -> None:
    app = FastAPI()

    @app.get("/", timeout=SOON)
    async def slow() -> None:
        await anyio.sleep(LONG)

    messages: list[Any] = []

    async def main() -> None:
        async def receive() -> Any:
            return {"type": "http.request", "body": b""}

        async def send(message: Any) -> None:
            messages.append(message)

        scope: Any = {"type": "http", "method": "GET", "path": "/", "query_string": b""}
        await app(scope | {"headers": []}, receive, send)

    anyio.run(main, backend="trio")
    assert messages[0]["status"] == 504


# --- clients that leave ---------------------------------------------------------------------------


@pytest.mark.parametrize("layer", LAYERS)
async def test_a_client_that_leaves_cancels_once(layer: str) -> None:
    program = Program(layer, on_disconnect="cancel")

    @program.app.get("/")
    async def slow() -> None:
        await program.wait()

    client = Client(program.app, "/")
    await program.leave(client)
    assert program.log == CANCELLED
    assert client.status == 499


@pytest.mark.parametrize("on_disconnect", [None, "continue"])
async def test_by_default_the_endpoint_runs_on(on_disconnect: Any) -> None:
    program = Program(on_disconnect="cancel" if on_disconnect else None)
    ends = asyncio.Event()

    @program.app.get("/", on_disconnect=on_disconnect)
    async def slow(request: Request) -> str:
        program.waits.set()
        await ends.wait()
        program.log.append("done")
        return "done"

    client = Client(program.app, "/")
    task = asyncio.create_task(client.run())
    await program.waits.wait()
    client.gone.set()
    await asyncio.sleep(SOON)
    ends.set()
    await task
    assert (program.log, client.body) == (["done", "outer closed"], b'"done"')


async def test_the_body_stays_for_its_readers() -> None:
    program = Program(on_disconnect="cancel")

    @program.app.post("/file")
    async def file(file: UploadFile, request: Request) -> None:
        program.log.append((await file.read()).decode())
        program.file = file  # type: ignore[attr-defined]  # looked at below
        await program.wait()

    @program.app.post("/raw")
    async def raw(request: Request) -> int:
        await asyncio.sleep(0)
        return sum([len(part) async for part in request.stream()])

    client = Client(program.app, "/raw", "POST", FORM)
    await client.run()
    assert client.body == str(len(FORM)).encode()
    program.log.clear()
    client = Client(program.app, "/file", "POST", FORM)
    await program.leave(client)
    assert program.log == ["abc", *CANCELLED]
    assert program.file.file.closed  # type: ignore[attr-defined]  # set above


async def test_background_tasks_run_although_the_client_has_left() -> None:
    program = Program(on_disconnect="cancel")

    async def background() -> None:
        program.waits.set()
        await asyncio.sleep(SOON)
        program.log.append("background")

    class Slow(JSONResponse):
        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            program.waits.set()
            await asyncio.sleep(SOON)
            await super().__call__(scope, receive, send)

    @program.app.get("/")
    async def endpoint(tasks: BackgroundTasks) -> int:
        tasks.add_task(background)
        return 1

    @program.app.get("/slow")
    async def slow(tasks: BackgroundTasks) -> JSONResponse:
        tasks.add_task(background)
        return Slow(1)

    for path in ("/", "/slow"):
        program.waits.clear()
        program.log.clear()
        client = Client(program.app, path)
        await program.leave(client)
        assert (client.status, program.log) == (200, ["background", "outer closed"])


async def test_a_def_endpoint_runs_to_its_end() -> None:
    program = Program(on_disconnect="cancel")
    loop = asyncio.get_running_loop()

    @program.app.get("/")
    def blocking() -> int:
        loop.call_soon_threadsafe(program.waits.set)
        program.release.wait(LONG)
        return 1

    client = Client(program.app, "/")
    loop.call_later(SOON * 2, program.release.set)
    await program.leave(client)
    assert (client.status, program.log) == (200, ["outer closed"])


async def test_a_dependency_in_a_thread_ends_before_the_cancellation() -> None:
    program = Program(on_disconnect="cancel")
    loop = asyncio.get_running_loop()

    def blocking() -> Iterator[None]:
        loop.call_soon_threadsafe(program.waits.set)
        program.release.wait(LONG)
        yield from program.noting("blocking")

    @program.app.get("/")
    async def endpoint(value: None = Depends(blocking)) -> None:
        program.log.append("not reached")

    client = Client(program.app, "/")
    loop.call_later(SOON * 2, program.release.set)
    await program.leave(client)
    closed = ["blocking CancelledError", "blocking closed"]
    assert program.log == [*closed, "outer CancelledError", "outer closed"]
    assert client.status == 499
