"""One process that measures other shapes of traffic on one framework; for `benchmarks.shapes`.

python -m benchmarks.shaped pronghorn events       how many events per second; see SHAPES
python -m benchmarks.shaped pronghorn serve 8001   serves the application for the upload

Prints one JSON object.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from benchmarks.drive import Message, Receive, ignore, new_event_loop
from benchmarks.grown import select
from benchmarks.scenario import Scenario

ROUNDS = 7
ROUND_SECONDS = 0.15
PIECE = 64 * 1024
ECHOES = 1000
FILE_BYTES = 100_000
LONG_FILE_BYTES = 10_000_000
BODY_BYTES = 1_000_000

Once = Callable[[], Awaitable[int]]


def application() -> Any:
    """Return the application, declared on the framework that was selected."""
    return importlib.import_module("benchmarks.apps.shapes").app


def in_pieces(body: bytes) -> Receive:
    """Return a `receive` that hands over a body in the pieces in which a socket delivers it."""
    pieces = [body[start : start + PIECE] for start in range(0, len(body), PIECE)] or [b""]
    left = iter(pieces)
    count = len(pieces)

    async def receive() -> Message:
        nonlocal count
        if not count:
            await asyncio.get_running_loop().create_future()
        count -= 1
        return {"type": "http.request", "body": next(left), "more_body": count > 0}

    return receive


async def send_request(app: Any, scenario: Scenario) -> bytes:
    """Send one request, check the status, and return the body of the response."""
    status, body = 0, bytearray()

    async def send(message: Message) -> None:
        nonlocal status
        status = message.get("status", status)
        body.extend(message.get("body", b""))

    await app(scenario.scope(), in_pieces(scenario.body), send)
    if status != scenario.status:
        raise SystemExit(f"{scenario.name}: status {status}: {bytes(body[:300])!r}")
    return bytes(body)


# --- what one turn of each shape is; each returns how many it has counted --------------------


def streaming(path: str, mark: bytes) -> Once:
    """Read a stream to its end. Its items are counted the first time."""
    app, scenario = application(), Scenario(path, Scenario, path)
    count = 0

    async def once() -> int:
        nonlocal count
        if not count:
            count = (await send_request(app, scenario)).count(mark)
        else:
            await app(scenario.scope(), in_pieces(b""), ignore)
        return count

    return once


def echoing() -> Once:
    """Send messages through one WebSocket connection and count those that come back."""
    app = application()

    async def once() -> int:
        sent = returned = 0

        async def receive() -> Message:
            nonlocal sent
            sent += 1
            if sent == 1:
                return {"type": "websocket.connect"}
            if sent > ECHOES + 1:
                return {"type": "websocket.disconnect", "code": 1000}
            return {"type": "websocket.receive", "text": "hello"}

        async def send(message: Message) -> None:
            nonlocal returned
            returned += message["type"] == "websocket.send"

        scope = {**Scenario("echo", Scenario, "/echo").scope(), "type": "websocket"}
        scope["subprotocols"] = []
        await app(scope, receive, send)
        return returned

    return once


def receiving(path: str) -> Once:
    """Take a JSON body of one megabyte."""
    app = application()
    row = {"id": 1, "name": "A lamp for the desk", "price": 12.5, "tags": ["light", "home"]}
    rows = [row] * (BODY_BYTES // len(json.dumps(row)))
    headers = ((b"content-type", b"application/json"),)
    body = json.dumps(rows).encode()
    scenario = Scenario("body", Scenario, path, method="POST", headers=headers, body=body)

    async def once() -> int:
        return int(json.loads(await send_request(app, scenario))["rows"] == len(rows))

    return once


def serving_files(size: int) -> Once:
    """Send a static file."""
    folder = Path(tempfile.mkdtemp())
    (folder / "page.txt").write_bytes(b"x" * size)
    app = importlib.import_module("benchmarks.apps.shapes").with_files(folder)
    scenario = Scenario("file", Scenario, "/static/page.txt")

    async def once() -> int:
        return int(len(await send_request(app, scenario)) == size)

    return once


SHAPES: dict[str, Callable[[], Once]] = {
    "events": lambda: streaming("/events", b"\n\n"),
    "lines": lambda: streaming("/lines", b"\n"),
    "echo": echoing,
    "models": lambda: receiving("/rows"),
    "data": lambda: receiving("/data"),
    "file": lambda: serving_files(FILE_BYTES),
    "long_file": lambda: serving_files(LONG_FILE_BYTES),
}


async def per_second(once: Once) -> float:
    """Return the rate per second of processor time, from the best round."""
    await once()
    best = 0.0
    for _ in range(ROUNDS):
        count, started = 0, time.process_time()
        while (passed := time.process_time() - started) < ROUND_SECONDS:
            done = await once()
            if not done:
                raise SystemExit("An answer was not as expected.")
            count += done
        best = max(best, count / passed)
    return best


def main(framework: str, what: str, port: str = "0") -> None:
    """Measure one shape, or serve for the upload."""
    select(framework)
    if what == "serve":
        uvicorn = importlib.import_module("uvicorn")
        uvicorn.run(application(), port=int(port), log_level="warning")
        return
    loop, _ = new_event_loop()
    asyncio.set_event_loop(loop)
    print(json.dumps({"per_second": loop.run_until_complete(per_second(SHAPES[what]()))}))


if __name__ == "__main__":
    main(*sys.argv[1:])
