"""One worker: runs the applications on one framework and times them when asked.

    python -m benchmarks.drive pronghorn

Reads one JSON command a line from standard input and answers with one JSON object a line:

    {"do": "list"}                     the scenarios, the loop, the versions
    {"do": "load", "scenario": 3}      build the application, warm it up, answer with its response
    {"do": "time", "requests": 500}    microseconds per request, mean of that many
"""

from __future__ import annotations

import asyncio
import base64
import gc
import importlib
import json
import sys
import time
import traceback
from collections.abc import Awaitable, Callable
from importlib import metadata
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from benchmarks.scenario import Scenario

WARM_UP_REQUESTS = 50
COMMAND_SECONDS = 60
PACKAGES = ("fastapi", "starlette", "pydantic", "pydantic-core", "anyio", "uvloop")

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]


def new_event_loop() -> tuple[asyncio.AbstractEventLoop, str]:
    """Return uvloop's event loop if uvloop is installed, as uvicorn does, and its name."""
    try:
        uvloop = importlib.import_module("uvloop")
    except ImportError:
        return asyncio.new_event_loop(), "asyncio"
    return uvloop.new_event_loop(), "uvloop"


def versions() -> dict[str, str]:
    """Return the versions of the installed packages that take part."""
    found = {}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def receiver(body: bytes) -> Receive:
    """Return an ASGI `receive` that returns a body once and then waits, as a server does."""
    pending = True

    async def receive() -> Message:
        nonlocal pending
        if pending:
            pending = False
            return {"type": "http.request", "body": body, "more_body": False}
        await asyncio.get_running_loop().create_future()
        raise RuntimeError("A future that nobody resolves was resolved.")

    return receive


async def ignore(message: Message) -> None:
    """Take a message and do nothing with it."""


class Worker:
    """Answers the commands of `benchmarks.run`."""

    def __init__(self, scenarios: list[Scenario], loop_name: str, framework: str) -> None:
        self.scenarios = scenarios
        self.loop_name = loop_name
        self.framework = framework
        self.scenario = scenarios[0]
        self.app: Any = None

    async def answer(self, command: Message) -> Message:
        """Run one command and return its result; an exception becomes part of it."""
        try:
            match command:
                case {"do": "list"}:
                    return self.describe()
                case {"do": "load", "scenario": int(number)}:
                    return await self.load(number)
                case {"do": "time", "requests": int(requests)}:
                    return {"microseconds": await self.time(requests)}
                case _:
                    return {"error": f"unknown command {command}"}
        except asyncio.CancelledError:
            return {"error": f"no response within {COMMAND_SECONDS} seconds"}
        except Exception:  # noqa: BLE001 - whatever an application raises belongs into the table
            return {"error": traceback.format_exc()}

    def describe(self) -> Message:
        """Return what this worker runs."""
        scenarios = [{"name": one.name, "is_routing": one.is_routing} for one in self.scenarios]
        return {
            "framework": self.framework,
            "loop": self.loop_name,
            "versions": versions(),
            "scenarios": scenarios,
        }

    async def load(self, number: int) -> Message:
        """Build an application, request it once for the comparison, and warm it up."""
        self.scenario = self.scenarios[number]
        self.app = self.scenario.build()
        messages: list[Message] = []

        async def keep(message: Message) -> None:
            messages.append(message)

        await self.app(self.scenario.scope(), receiver(self.scenario.body), keep)
        await self.time(WARM_UP_REQUESTS)
        return self.response(messages)

    def response(self, messages: list[Message]) -> Message:
        """Return the parts of a response on which the two frameworks must agree."""
        start = messages[0]
        body = b"".join(message.get("body", b"") for message in messages[1:])
        headers = sorted((name.decode(), value.decode()) for name, value in start["headers"])
        return {
            "status": start["status"],
            "expected_status": self.scenario.status,
            "headers": headers,
            "body": base64.b64encode(body).decode(),
        }

    async def time(self, requests: int) -> float:
        """Return the microseconds of one request, as the mean of several in a row.

        The garbage collector runs as on a server. Objects that exist before are frozen, so that the
        other scenarios do not affect this one.
        """
        scenario, app = self.scenario, self.app
        body = scenario.body
        scopes = [scenario.scope() for _ in range(requests)]
        gc.collect()
        gc.freeze()
        started = time.perf_counter()
        for scope in scopes:
            await app(scope, receiver(body), ignore)
        ended = time.perf_counter()
        gc.unfreeze()
        await asyncio.sleep(0)
        return (ended - started) * 1e6 / requests


def main(framework: str) -> None:
    """Answer commands until standard input ends."""
    if framework == "pronghorn":
        importlib.import_module("pronghorn.as_fastapi")
    fastapi = importlib.import_module("fastapi")
    home = fastapi.FastAPI.__module__.partition(".")[0]
    if home != framework:
        raise SystemExit(f"`import fastapi` gave {home}, not {framework}")
    scenarios = importlib.import_module("benchmarks.scenarios").SCENARIOS
    loop, loop_name = new_event_loop()
    asyncio.set_event_loop(loop)
    worker = Worker(scenarios, loop_name, framework)
    for line in sys.stdin:
        task = loop.create_task(worker.answer(json.loads(line)))
        watchdog = loop.call_later(COMMAND_SECONDS, task.cancel)
        answer = loop.run_until_complete(task)
        watchdog.cancel()
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
