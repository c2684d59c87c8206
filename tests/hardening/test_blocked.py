"""Requests that hold connections never wait for the threads of requests that wait for those."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from typing import Any

import httpx2 as httpx
import pytest
from anyio.to_thread import current_default_thread_limiter

from pronghorn import Depends, FastAPI, UploadFile
from pronghorn.core.threads import claims, hop
from tests.hardening.blocked_program import make_app

CONNECTIONS, TOKENS, REQUESTS = 2, 6, 24
PATHS = ("/eager", "/lazy", "/between", "/mixed", "/background", "/stream")


def serve(
    app: Any, use: Callable[[httpx.AsyncClient], Coroutine[Any, Any, Any]], tokens: int
) -> Any:
    """Return what `use` returns, with a client of an application in a loop with some tokens."""

    async def main() -> Any:
        limiter = current_default_thread_limiter()
        limiter.total_tokens = tokens
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(
            transport=transport, base_url="http://test", timeout=60
        ) as client:
            found = await use(client)
        assert limiter.borrowed_tokens == 0
        (pool,) = hop._of_thread.pools.values()
        assert not pool.claims.of_task
        assert not any(pool.claims._beyond)
        return found

    return asyncio.run(main())


@pytest.fixture(autouse=True)
def impatience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claims, "PATIENCE", 0.01)


@pytest.mark.parametrize("path", PATHS)
def test_no_request_waits_for_ever(mode: str, path: str) -> None:
    app = make_app(CONNECTIONS)

    async def ask(client: httpx.AsyncClient) -> list[httpx.Response]:
        return await asyncio.gather(*[client.get(path) for _ in range(REQUESTS)])

    found = serve(app, ask, TOKENS)
    expected = b"rowrow" if path == "/stream" else b'"row"'
    assert [each.content for each in found] == [expected] * REQUESTS
    assert app.state.pool.free() == CONNECTIONS


def test_probes_and_async_endpoints_answer_while_all_threads_are_blocked(mode: str) -> None:
    app = make_app()
    finish = threading.Event()

    @app.get("/wait")
    def wait() -> bool:
        return finish.wait(60)

    async def ask(client: httpx.AsyncClient) -> list[int]:
        blocked = [asyncio.create_task(client.get("/wait")) for _ in range(60)]
        await asyncio.sleep(0.05)
        found = [(await client.get(path)).status_code for path in ("/live", "/ready", "/async")]
        assert not any(task.done() for task in blocked)
        finish.set()
        return found + [each.status_code for each in await asyncio.gather(*blocked)]

    assert serve(app, ask, TOKENS) == [200] * 63


def test_files_on_disk_are_closed_while_all_threads_are_blocked(mode: str) -> None:
    app = FastAPI()
    finish = threading.Event()
    closed: list[bool] = []

    @app.get("/wait")
    def wait() -> bool:
        return finish.wait(60)

    @app.post("/upload")
    async def upload(file: UploadFile) -> str:
        file.file.rollover()
        kept.append(file)
        return "done"

    kept: list[UploadFile] = []

    async def ask(client: httpx.AsyncClient) -> int:
        blocked = [asyncio.create_task(client.get("/wait")) for _ in range(TOKENS)]
        await asyncio.sleep(0.05)
        answer = await client.post("/upload", files={"file": b"content"})
        closed.extend(file.file.closed for file in kept)
        finish.set()
        await asyncio.gather(*blocked)
        return answer.status_code

    assert serve(app, ask, TOKENS) == 200
    assert closed == [True]


def test_the_limit_of_a_program_holds_while_calls_end(
    mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claims, "PATIENCE", 30.0)
    counted = Counted()
    app = FastAPI()

    def resource() -> Iterator[int]:
        yield 1

    @app.get("/")
    def read(value: int = Depends(resource)) -> int:
        with counted:
            time.sleep(0.001)
        return value

    async def ask(client: httpx.AsyncClient) -> list[Any]:
        return [each.json() for each in await asyncio.gather(*[client.get("/") for _ in range(40)])]

    assert serve(app, ask, 3) == [1] * 40
    assert counted.most <= 3


def test_one_token_means_one_function_at_a_time(mode: str) -> None:
    counted = Counted()
    app = FastAPI()

    def resource() -> Iterator[int]:
        with counted:
            time.sleep(0.03)
        yield 1

    async def between(value: int = Depends(resource)) -> int:
        await asyncio.sleep(0)
        return value

    @app.get("/")
    def read(value: int = Depends(between)) -> int:
        with counted:
            time.sleep(0.03)  # Three times as long as the patience.
        return value

    async def ask(client: httpx.AsyncClient) -> list[Any]:
        return [each.json() for each in await asyncio.gather(*[client.get("/") for _ in range(5)])]

    assert serve(app, ask, 1) == [1] * 5
    assert counted.most == 1


def test_what_fails_keeps_no_token(mode: str) -> None:
    app = FastAPI()

    def fine() -> Iterator[int]:
        yield 1

    def fails(value: int = Depends(fine)) -> Iterator[int]:
        raise RuntimeError(value)
        yield

    @app.get("/entry")
    def read_entry(value: int = Depends(fails)) -> int:
        return value

    @app.get("/endpoint")
    def read_endpoint(value: int = Depends(fine)) -> int:
        raise RuntimeError(value)

    @app.get("/input")
    def read_input(number: int, value: int = Depends(fine)) -> int:
        return number + value

    async def ask(client: httpx.AsyncClient) -> list[int]:
        paths = ("/entry", "/endpoint", "/input?number=x", "/input?number=1")
        return [(await client.get(path)).status_code for path in paths for _ in range(2)]

    assert serve(app, ask, 1) == [500, 500, 500, 500, 422, 422, 200, 200]


@pytest.mark.parametrize("patience", [0.01, 30.0])
def test_a_request_that_is_cancelled_while_it_waits_keeps_no_token(
    mode: str, monkeypatch: pytest.MonkeyPatch, patience: float
) -> None:
    monkeypatch.setattr(claims, "PATIENCE", patience)
    app = FastAPI()
    finish = threading.Event()

    async def resource() -> AsyncIterator[int]:
        yield 1

    @app.get("/wait")
    def wait(value: int = Depends(resource)) -> bool:
        return finish.wait(60)

    async def ask(client: httpx.AsyncClient) -> list[Any]:
        asked = [asyncio.create_task(client.get("/wait")) for _ in range(REQUESTS)]
        await asyncio.sleep(0.05)
        for task in asked[::2]:
            task.cancel()
        await asyncio.sleep(0.05)
        finish.set()
        found = await asyncio.gather(*asked, return_exceptions=True)
        return [each.json() for each in found if isinstance(each, httpx.Response)]

    assert serve(app, ask, TOKENS) == [True] * (REQUESTS // 2)


class Counted:
    """Counts how many threads are inside a block at the same time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = self.most = 0

    def __enter__(self) -> None:
        with self._lock:
            self._inside += 1
            self.most = max(self.most, self._inside)

    def __exit__(self, *error: object) -> None:
        with self._lock:
            self._inside -= 1
