"""One worker: a program on one framework with one tool, whose requests are timed when asked.

    python -m benchmarks.watched.worker pronghorn sentry

    python -m benchmarks.watched.worker sdk built-in

The second makes the same spans without a framework. Reads a number of requests a line from standard
input, and answers each with the microseconds of processor time of one request, as the mean of that
many.
"""

from __future__ import annotations

import asyncio
import gc
import importlib
import json
import sys
from time import process_time
from typing import Any

from benchmarks.drive import ignore, new_event_loop, receiver
from benchmarks.middleware import scope_of
from benchmarks.watched import alone
from benchmarks.watched.tools import SDK, TOOLS

WARM_UP_REQUESTS = 300


def build(tool_name: str) -> Any:
    """Return the program with a tool."""
    tool = TOOLS[tool_name]
    tool.start()
    fastapi = importlib.import_module("fastapi")
    app = fastapi.FastAPI()

    async def read_item(item_id: int, q: str = "") -> dict[str, Any]:
        return {"item_id": item_id, "q": q}

    app.get("/items/{item_id}")(read_item)
    tool.attach(app)
    return app


async def serve(app: Any, requests: int) -> float:
    """Send requests one after the other; return the microseconds of one."""
    scopes = [{**scope_of("/items/7"), "query_string": b"q=a"} for _ in range(requests)]
    gc.collect()
    gc.freeze()
    started = process_time()
    for scope in scopes:
        await app(scope, receiver(b""), ignore)
    ended = process_time()
    gc.unfreeze()
    return (ended - started) * 1e6 / requests


async def answer(app: Any) -> str:
    """Return the response to one request, for a comparison."""
    messages: list[Any] = []

    async def keep(message: Any) -> None:
        messages.append(message)

    await app({**scope_of("/items/7"), "query_string": b"q=a"}, receiver(b""), keep)
    headers = sorted((name.decode(), value.decode()) for name, value in messages[0]["headers"])
    return json.dumps([messages[0]["status"], headers, messages[1]["body"].decode()])


def main(framework: str, tool: str) -> None:
    """Answer until standard input ends."""
    if framework == "pronghorn":
        importlib.import_module("pronghorn.as_fastapi")
    app = alone.build() if framework == SDK else build(tool)
    loop, _ = new_event_loop()
    asyncio.set_event_loop(loop)
    print("" if framework == SDK else loop.run_until_complete(answer(app)), flush=True)
    loop.run_until_complete(serve(app, WARM_UP_REQUESTS))
    for line in sys.stdin:
        print(loop.run_until_complete(serve(app, int(line))), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
