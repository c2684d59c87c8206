"""One process that sends or runs the jobs of a contestant.

    python -m benchmarks.durable.drive prepare CONTESTANT URL
    python -m benchmarks.durable.drive enqueue CONTESTANT URL COUNT   as fast as it can
    python -m benchmarks.durable.drive run CONTESTANT URL COUNT       what waits already
    python -m benchmarks.durable.drive wait CONTESTANT URL COUNT      what comes, one at a time
    python -m benchmarks.durable.drive send CONTESTANT URL COUNT      to the process that waits

The last line is an object of JSON. `wait` prints a line before that, when it is ready.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import sys
import time
from importlib import import_module
from typing import Any

from benchmarks.drive import new_event_loop
from benchmarks.durable.contestants import CONTESTANTS, Contestant
from benchmarks.durable.notes import NOTES, wait_for

#: Requests of a server that enqueue at the same time.
SENDERS = 10
WARM_UP = 20
#: Jobs that come one at a time: the shortest and the longest time between two, in seconds.
PAUSE = (0.1, 0.2)
#: Seconds until a worker that has just started has looked into its queues.
SETTLE_SECONDS = 1.5


async def enqueue(module: Any, _: Contestant, url: str, count: int) -> None:
    """Print how many jobs a second a process enqueues, some at the same time."""
    async with module.open_sender(url) as send:
        await asyncio.gather(*(send(0) for _ in range(WARM_UP)))
        left = iter(range(count))

        async def send_some() -> None:
            for _ in left:
                await send(time.monotonic_ns())

        begin = time.perf_counter()
        await asyncio.gather(*(send_some() for _ in range(SENDERS)))
        end({"per_second": count / (time.perf_counter() - begin)})


async def run(module: Any, contestant: Contestant, url: str, count: int) -> None:
    """Print how many jobs a second a worker begins, from the first to the last one."""
    async with module.run_worker(url, **contestant.options):
        await wait_for(count + WARM_UP)
        begins = sorted(begin for _, begin in NOTES)
        end({"per_second": (len(begins) - 1) / (begins[-1] - begins[0]) * 1e9})


async def wait(module: Any, contestant: Contestant, url: str, count: int) -> None:
    """Print the milliseconds between the call that enqueues a job and its begin."""
    async with module.run_worker(url, **contestant.options):
        print("ready", flush=True)
        await wait_for(count + WARM_UP)
        end({"milliseconds": [(begin - sent) / 1e6 for sent, begin in NOTES if sent]})


async def send_slowly(module: Any, _: Contestant, url: str, count: int) -> None:
    """Enqueue jobs one at a time, at times that no look into a queue keeps step with."""
    pauses = random.Random(1)
    async with module.open_sender(url) as send:
        await asyncio.sleep(SETTLE_SECONDS)
        for _ in range(WARM_UP):
            await send(0)
        await asyncio.sleep(SETTLE_SECONDS)
        for _ in range(count):
            await asyncio.sleep(pauses.uniform(*PAUSE))
            await send(time.monotonic_ns())
        end({})


async def prepare(module: Any, _: Contestant, url: str, count: int) -> None:
    """Create the tables."""
    await module.prepare(url)
    end({})


def end(result: Any) -> None:
    """Print the result, and end the process.

    Nobody uses the store again, so nothing has to be put in order; and the receiver of Taskiq may
    not end when it is cancelled.
    """
    print(json.dumps(result), flush=True)
    os._exit(0)


COMMANDS = {
    "prepare": prepare,
    "enqueue": enqueue,
    "run": run,
    "wait": wait,
    "send": send_slowly,
}


def main(command: str, name: str, url: str, count: str = "0") -> None:
    """Do what a command says, and print its result."""
    contestant = CONTESTANTS[name]
    module = import_module(f"benchmarks.durable.{contestant.module}")
    with asyncio.Runner(loop_factory=lambda: new_event_loop()[0]) as runner:
        runner.run(COMMANDS[command](module, contestant, url, int(count)))


if __name__ == "__main__":
    main(*sys.argv[1:])
