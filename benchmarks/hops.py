"""Calls of a function in a worker thread: AnyIO's way and ours, alone and many at a time.

    taskset -c 0 python -m benchmarks.hops

prints the microseconds of processor time per call, the least of some rounds in turn. One core is
what a worker process has on a busy server; with an idle one beside it, a call wakes that.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import anyio.to_thread

from benchmarks.drive import new_event_loop
from pronghorn.core.threads.hop import run_in_thread

CALLS, ROUNDS = 4000, 9
#: How many tasks call at a time; AnyIO has 40 tokens, so the last number waits for some.
TASKS = (1, 8, 32, 200)

Hop = Callable[[Callable[[], Any]], Awaitable[Any]]
WAYS: dict[str, Hop] = {"AnyIO": anyio.to_thread.run_sync, "pronghorn": run_in_thread}


async def call_often(hop: Hop, calls: int) -> None:
    """Call a function that does nothing, one call after the other."""
    for _ in range(calls):
        await hop(int)


async def measure(hop: Hop, tasks: int) -> float:
    """Return the microseconds of one call, as the mean of one round."""
    calls = CALLS // tasks
    started = time.process_time()
    await asyncio.gather(*[call_often(hop, calls) for _ in range(tasks)])
    return (time.process_time() - started) * 1e6 / (calls * tasks)


async def compare() -> None:
    """Print a line for each number of tasks."""
    print("tasks" + "".join(f"{name:>12}" for name in WAYS) + "   ratio")
    for tasks in TASKS:
        least = dict.fromkeys(WAYS, float("inf"))
        for _ in range(ROUNDS):
            for name, hop in WAYS.items():
                least[name] = min(least[name], await measure(hop, tasks))
        first, last = least.values()
        print(f"{tasks:5}{first:12.1f}{last:12.1f}{first / last:8.1f}")


if __name__ == "__main__":
    loop, loop_name = new_event_loop()
    print(loop_name)
    loop.run_until_complete(compare())
