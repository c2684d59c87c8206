"""Send requests at a fixed rate, whether or not earlier ones were answered, and time them.

    python -m benchmarks.service.steady < job.json

wrk waits for an answer before it sends the next request of a connection, so a server that stalls
gets fewer requests, and the stall is counted once. Here a request that finds all connections busy
waits, and its time begins when it was due. It runs in the environment of FastAPI and pronghorn.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections import deque
from collections.abc import Sequence
from time import perf_counter
from typing import Any

import httptools
import uvloop

CONNECTIONS = 64
#: Seconds to wait for the last answers.
PATIENCE = 10.0


class Connection(asyncio.Protocol):
    """A connection that sends one request at a time."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._due = 0.0
        self._parser = httptools.HttpResponseParser(self)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._load.idle.append(self)

    def send(self, request: bytes, due: float) -> None:
        """Send a request that was due at a moment."""
        self._due = due
        self._transport.write(request)  # type: ignore[attr-defined]  # a TCP transport

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        """Note an answer; httptools calls it."""
        self._load.note(self, self._parser.get_status_code(), perf_counter() - self._due)
        self._parser = httptools.HttpResponseParser(self)

    def connection_lost(self, error: Exception | None) -> None:
        self._load.lost += 1


class Load:
    """Requests at a fixed rate.

    Args:
        requests: The requests, which are sent in turn.
        rate: Requests per second.
        seconds: How long they are sent.

    Attributes:
        idle: The connections that wait for a request.
        latencies: The seconds from when each request was due to its answer.
        failed: The number of answers that were no success.
        lost: The number of connections that were closed.
    """

    def __init__(self, requests: Sequence[bytes], rate: float, seconds: float) -> None:
        self._requests = requests
        self._rate = rate
        self._total = max(1, round(rate * seconds))
        self._sent = 0
        self._waiting: deque[float] = deque()
        self.idle: list[Connection] = []
        self.latencies: list[float] = []
        self.failed = 0
        self.lost = 0

    def note(self, connection: Connection, status: int, latency: float) -> None:
        """Note an answer, and give its connection the request that has waited longest."""
        self.latencies.append(latency)
        self.failed += not 200 <= status < 300
        if self._waiting:
            self._send(connection, self._waiting.popleft())
        else:
            self.idle.append(connection)

    def _send(self, connection: Connection, due: float) -> None:
        connection.send(self._requests[self._sent % len(self._requests)], due)
        self._sent += 1

    async def run(self, host: str, port: int) -> dict[str, float]:
        """Send all requests; return the percentiles in milliseconds."""
        loop = asyncio.get_running_loop()
        for _ in range(CONNECTIONS):
            await loop.create_connection(lambda: Connection(self), host, port)
        begin = perf_counter()
        planned = 0
        while planned < self._total:
            now = perf_counter()
            # A timer of the loop is exact to a millisecond only, which is not the server's fault:
            # what a tick sends was due at the tick.
            while planned < self._total and begin + planned / self._rate <= now:
                planned += 1
                if self.idle:
                    self._send(self.idle.pop(0), now)
                else:
                    self._waiting.append(now)
            await asyncio.sleep(0.001)
        deadline = perf_counter() + PATIENCE
        while len(self.latencies) < self._total and perf_counter() < deadline:  # noqa: ASYNC110 - polling costs nothing here
            await asyncio.sleep(0.01)
        unanswered = self._total - len(self.latencies)
        return {**percentiles(self.latencies), "failed": self.failed + unanswered + self.lost}


def percentiles(latencies: Sequence[float]) -> dict[str, float]:
    """Return the median and the 99th percentile of seconds, in milliseconds."""
    ordered = sorted(latencies)
    if not ordered:
        return {"p50_milliseconds": 0.0, "p99_milliseconds": 0.0}
    last = len(ordered) - 1
    return {
        "p50_milliseconds": round(ordered[round(last * 0.5)] * 1000, 3),
        "p99_milliseconds": round(ordered[round(last * 0.99)] * 1000, 3),
    }


def main() -> None:
    """Read a job from standard input, and print what was measured."""
    job: dict[str, Any] = json.load(sys.stdin)
    requests = [request.encode() for request in job["requests"]]
    load = Load(requests, job["rate"], job["seconds"])
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        print(json.dumps(runner.run(load.run(job["host"], job["port"]))))


if __name__ == "__main__":
    main()
