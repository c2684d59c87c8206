"""One process that measures how one framework grows; started by `benchmarks.growth`.

    python -m benchmarks.grown pronghorn routes 1000      microseconds per request
    python -m benchmarks.grown pronghorn depth 20         the same, for a chain of dependencies
    python -m benchmarks.grown pronghorn document 100     the same, for /openapi.json
    python -m benchmarks.grown pronghorn middleware 5     the same, with middlewares of three kinds
    python -m benchmarks.grown pronghorn bodies 1000000   the same, for a body in and a body out
    python -m benchmarks.grown pronghorn start            milliseconds and MiB of a large program

Prints one JSON object.
"""

from __future__ import annotations

import asyncio
import gc
import importlib
import json
import resource
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from benchmarks.scenario import Scenario

ROUNDS = 7
#: Bytes that a server passes on at a time.
PIECE = 65_536
ROUND_SECONDS = 0.08


class Clock:
    """Milliseconds since its creation, of this process alone and of wall time."""

    def __init__(self) -> None:
        self.cpu = time.process_time()
        self.wall = time.perf_counter()

    def read(self) -> dict[str, float]:
        """Return both; other programs on the machine affect CPU time least."""
        return {
            "cpu_milliseconds": (time.process_time() - self.cpu) * 1000,
            "wall_milliseconds": (time.perf_counter() - self.wall) * 1000,
        }


def select(framework: str) -> Any:
    """Make `import fastapi` mean one framework, and import it."""
    if framework == "pronghorn":
        importlib.import_module("pronghorn.as_fastapi")
    return importlib.import_module("fastapi")


def application(framework: str, name: str, number: int) -> Any:
    """Make one of the applications of `benchmarks.apps.growing`."""
    select(framework)
    return getattr(importlib.import_module("benchmarks.apps.growing"), name)(number)


def resident_mebibytes() -> float:
    """Return the resident memory of this process; its peak on systems without /proc."""
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text(encoding="utf-8").splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


# --- one request -----------------------------------------------------------------------------


async def request(app: Any, scenario: Scenario) -> None:
    """Send one request and check its status."""
    seen: list[int] = []

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            seen.append(message["status"])

    await app(scenario.scope(), arriving(scenario.body)(), send)
    if seen != [scenario.status]:
        raise SystemExit(f"{scenario.name}: status {seen}, not {scenario.status}")


def arriving(body: bytes) -> Callable[[], Callable[[], Awaitable[Any]]]:
    """Return a function that makes the ASGI `receive` of one request, whose body is in pieces."""
    pieces = [body[start : start + PIECE] for start in range(0, len(body), PIECE)] or [b""]
    messages = [{"type": "http.request", "body": piece, "more_body": True} for piece in pieces]
    messages[-1]["more_body"] = False

    def new_receive() -> Callable[[], Awaitable[Any]]:
        waiting = iter(messages)

        async def receive() -> Any:
            message = next(waiting, None)
            return await asyncio.get_running_loop().create_future() if message is None else message

        return receive

    return new_receive


async def microseconds(app: Any, scenario: Scenario) -> float:
    """Return the processor time of one request: the best round, because noise only ever adds."""
    from benchmarks.drive import ignore

    receiver = arriving(scenario.body)
    for _ in range(3):
        await request(app, scenario)
    best = float("inf")
    count = 1
    for _ in range(ROUNDS):
        scopes = [scenario.scope() for _ in range(count)]
        gc.collect()
        gc.freeze()
        started = time.process_time()
        for scope in scopes:
            await app(scope, receiver(), ignore)
        per_request = (time.process_time() - started) / count
        gc.unfreeze()
        best = min(best, per_request)
        count = max(3, int(ROUND_SECONDS / per_request))
    return best * 1e6


def time_requests(app: Any, **scenarios: Scenario) -> dict[str, float]:
    """Time requests to one application."""
    from benchmarks.drive import new_event_loop

    loop, _ = new_event_loop()
    asyncio.set_event_loop(loop)
    run = loop.run_until_complete
    return {name: run(microseconds(app, scenario)) for name, scenario in scenarios.items()}


# --- measurements ----------------------------------------------------------------------------


def measure_routes(framework: str, number: int) -> dict[str, float]:
    """Time the first route, the last one and a path that no route has."""
    app = application(framework, "with_routes", number)
    return time_requests(
        app,
        first=Scenario("first", Scenario, "/resource0/42"),
        last=Scenario("last", Scenario, f"/resource{number - 1}/42"),
        nowhere=Scenario("nowhere", Scenario, "/nowhere/42", status=404),
    )


def measure_depth(framework: str, depth: int) -> dict[str, float]:
    """Time a request that passes through a chain of dependencies."""
    app = application(framework, "with_dependencies", depth)
    return time_requests(app, request=Scenario("depth", Scenario, "/depth"))


def measure_document(framework: str, number: int) -> dict[str, float]:
    """Time a request for the document, after it has been made."""
    app = application(framework, "with_routes", number)
    return time_requests(app, request=Scenario("document", Scenario, "/openapi.json"))


def measure_start(framework: str, _: int) -> dict[str, float]:
    """Time import, declaration and first request of a large program; measure its memory."""
    clock = Clock()
    select(framework).FastAPI  # noqa: B018 - the access imports it
    imported = clock.read()["cpu_milliseconds"]
    app = importlib.import_module("benchmarks.apps.growing").large()
    declared = clock.read()["cpu_milliseconds"]
    scenario = Scenario("first", Scenario, "/group7/things3/42")
    asyncio.new_event_loop().run_until_complete(request(app, scenario))
    return {
        **clock.read(),
        "import_milliseconds": imported,
        "declare_milliseconds": declared - imported,
        "resident_mebibytes": resident_mebibytes(),
    }


def measure_middleware(framework: str, number: int) -> dict[str, float]:
    """Time a request through middlewares of each kind."""
    select(framework)
    build = importlib.import_module("benchmarks.apps.layered").build
    found = {}
    for kind in ("pure", "standard", "http"):
        scenario = Scenario("item", Scenario, "/items/42")
        found |= time_requests(build(kind, number), **{kind: scenario})
    return found


def measure_bodies(framework: str, size: int) -> dict[str, float]:
    """Time a body of a size into the application, and out of it."""
    select(framework)
    module = importlib.import_module("benchmarks.apps.layered")
    body = json.dumps(module.lines(size), separators=(",", ":")).encode()
    kind = ((b"content-type", b"application/json"),)
    return time_requests(
        module.bodies(size),
        **{"in": Scenario("in", Scenario, "/orders", "POST", headers=kind, body=body)},
        out=Scenario("out", Scenario, "/orders"),
    )


def measure_models(framework: str, _: int) -> dict[str, float]:
    """Time Pydantic's part of `start`: 300 models, without a route that uses them."""
    select(framework)
    growing = importlib.import_module("benchmarks.apps.growing")
    clock = Clock()
    growing.models()
    return clock.read()


MEASUREMENTS = {
    "routes": measure_routes,
    "depth": measure_depth,
    "document": measure_document,
    "middleware": measure_middleware,
    "bodies": measure_bodies,
    "start": measure_start,
    "models": measure_models,
}


def main(framework: str, what: str, number: str = "0") -> None:
    """Measure one thing and print it."""
    print(json.dumps(MEASUREMENTS[what](framework, int(number))))


if __name__ == "__main__":
    main(*sys.argv[1:])
