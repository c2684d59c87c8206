"""Publish messages, each with its time, from a process that has no subscribers.

python -m benchmarks.durable.publish COUNT   # the variable `STORE` names the store
"""

from __future__ import annotations

import asyncio
import random
import sys
import time

from benchmarks.drive import new_event_loop
from benchmarks.durable.feed_app import Sent, channels, lifespan, news

#: The shortest and the longest time between two messages, in seconds.
PAUSE = (0.05, 0.15)


async def publish(count: int) -> None:
    """Publish messages, at times that no look into a store keeps step with."""
    pauses = random.Random(1)
    async with lifespan():
        for _ in range(count):
            await asyncio.sleep(pauses.uniform(*PAUSE))
            await channels.publish(news, Sent(at=time.monotonic_ns()))


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=lambda: new_event_loop()[0]) as runner:
        runner.run(publish(int(sys.argv[1])))
    print("{}")
