"""Measure what one `@app.middleware("http")` adds to a request.

    python -m benchmarks.middleware            on uvloop where it is installed
    python -m benchmarks.middleware fastapi    the same on FastAPI

Prints microseconds of the processor, the least of many rounds: other programs only add to them.
"""

from __future__ import annotations

import asyncio
import importlib
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextvars import copy_context
from time import process_time
from typing import Any

import anyio

from benchmarks.drive import ignore, new_event_loop, receiver

ROUNDS = 60
REQUESTS = 100
ITEMS = 100
PATHS = ("/short", "/waiting", "/dependency", "/lines")


def build(framework: Any, layers: int) -> Any:
    """Make an application with so many functions as middleware."""
    app = framework.FastAPI()

    async def session() -> AsyncIterator[int]:
        yield 1

    async def short() -> dict[str, int]:
        return {"a": 1}

    async def waiting() -> dict[str, int]:
        await asyncio.sleep(0)
        return {"a": 1}

    async def dependency(number: int = framework.Depends(session)) -> dict[str, int]:
        return {"a": number}

    async def lines() -> AsyncIterator[int]:
        for number in range(ITEMS):
            yield number

    async def through(request: Any, call_next: Any) -> Any:
        return await call_next(request)

    for path, endpoint in zip(PATHS, (short, waiting, dependency, lines), strict=True):
        app.get(path)(endpoint)
    for _ in range(layers):
        app.middleware("http")(through)
    return app


def scope_of(path: str) -> dict[str, Any]:
    """Make the scope of one request."""
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(b"host", b"testserver")],
        "client": ("127.0.0.1", 5000),
        "server": ("testserver", 80),
        "state": {},
    }


async def nothing() -> None:
    """Do nothing."""


async def in_task() -> None:
    """Run something in a task, and wait for it."""
    await asyncio.get_running_loop().create_task(nothing(), context=copy_context())


async def in_scope() -> None:
    """Open a cancel scope."""
    with anyio.CancelScope():
        await nothing()


async def in_task_with_scope() -> None:
    """Run something in a task, inside of a cancel scope."""
    await asyncio.get_running_loop().create_task(in_scope(), context=copy_context())


async def in_task_group() -> None:
    """Run something in a task group of AnyIO."""
    async with anyio.create_task_group() as group:
        group.start_soon(nothing)


PARTS = (in_task, in_task_with_scope, in_task_group)
Job = Callable[[], Awaitable[None]]


async def least(jobs: dict[str, Job]) -> dict[str, float]:
    """Time jobs in turns; return microseconds for each, the least of all rounds."""
    found: dict[str, float] = {}
    for _ in range(ROUNDS):
        for name, job in jobs.items():
            begin = process_time()
            for _ in range(REQUESTS):
                await job()
            taken = (process_time() - begin) / REQUESTS * 1e6
            found[name] = min(taken, found.get(name, taken))
    return found


async def main(name: str) -> None:
    """Measure and print."""
    framework = importlib.import_module(name)
    jobs: dict[str, Job] = {part.__name__: part for part in PARTS}
    for layers in (0, 1, 3):
        app = build(framework, layers)
        for path in PATHS:
            jobs[f"{path} {layers}"] = lambda app=app, path=path: app(  # type: ignore[misc]  # bound now
                scope_of(path), receiver(b""), ignore
            )
    found = await least(jobs)
    for part in PARTS:
        print(f"{part.__name__:20} {found[part.__name__]:8.1f}")
    print(f"\n{name:20} {'none':>8} {'one adds':>10} {'three add':>10}")
    for path in PATHS:
        none, one, three = (found[f"{path} {layers}"] for layers in (0, 1, 3))
        print(f"{path:20} {none:8.1f} {one - none:10.1f} {three - none:10.1f}")


if __name__ == "__main__":
    loop, loop_name = new_event_loop()
    print(f"{sys.version.split()[0]}, {loop_name}")
    loop.run_until_complete(main(sys.argv[1] if len(sys.argv) > 1 else "pronghorn"))
