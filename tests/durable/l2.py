"""L2: the store of the limits is stopped, slow or full. The declared policy answers, at once.

`python -m tests.durable.l2`; it starts its own PostgreSQL and Redis, and ends with 1 if an answer
took 200 ms or more. The short form, in tests/limits/test_store_away.py, looks at no clock.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.contract.servers import PATIENCE, Server
from tests.durable.limit_clients import serving
from tools.postgresql import Server as PostgreSQL
from tools.redis_server import RedisServer

#: The statuses that the policies answer while the store is away, 6 requests each. In the program
#: a limit of 8 is shared by 4 processes, so each has a part of 2.
EXPECTED = {
    "/hit": [503] * 6,
    "/locally": [200, 200, 429, 429, 429, 429],
    "/openly": [200] * 6,
}
LINE = "The store of the rate limits cannot be asked"


def ask(server: Server) -> float:
    """Ask each policy; return the longest time of an answer in seconds.

    Raises:
        AssertionError: An answer is not that of the policy.
    """
    longest = 0.0
    with httpx.Client(base_url=server.url, timeout=PATIENCE) as client:
        client.get("/text")
        for path, expected in EXPECTED.items():
            found = []
            for _ in expected:
                begin = time.perf_counter()
                found.append(client.get(path, headers={"X-Client": "new"}).status_code)
                longest = max(longest, time.perf_counter() - begin)
            assert found == expected, (path, found)
    return longest


def run(url: str, spoil: Callable[[Server], None], mend: Callable[[], None]) -> float:
    """Return the longest time of an answer while the store is away.

    Args:
        url: The database.
        spoil: Makes the store unusable for a server.
        mend: Makes it usable again.

    Raises:
        AssertionError: An answer was wrong, or the log has not one line.
    """
    with serving(url, {}) as (server,):
        warm_up(server)
        spoil(server)
        try:
            longest = ask(server)
        finally:
            mend()
        output = server.stop()
    assert output.count(LINE) == 1, output
    return longest


def warm_up(server: Server) -> None:
    """Wait until the store answers in time, which the first connection may not do."""
    deadline = time.monotonic() + PATIENCE
    while httpx.get(f"{server.url}/hit").status_code != 200:
        if time.monotonic() > deadline:
            raise AssertionError("the store does not answer in time")
        time.sleep(0.2)


@contextmanager
def locked(path: Path) -> Iterator[Callable[[Server], None]]:
    """Return a function that takes the lock of a SQLite file and keeps it: a slow store."""
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        yield lambda server: connection.execute("BEGIN IMMEDIATE") and None
    finally:
        connection.close()


def fill(server: Server) -> None:
    """Let the disk of a server be full."""
    assert httpx.get(f"{server.url}/full").status_code == 200


def nothing() -> None:
    """Mend nothing."""


def run_slow(folder: Path) -> float:
    """Run with a file that another process has locked."""
    path = folder / "slow.db"
    with locked(path) as lock:
        return run(f"sqlite:///{path}", lock, nothing)


def run_full(folder: Path) -> float:
    """Run with a file that cannot grow."""
    return run(f"sqlite:///{folder / 'full.db'}", fill, nothing)


def run_silent(postgresql: PostgreSQL, url: str) -> float:
    """Run with a server whose processes are stopped, so that it is silent."""
    pids: list[int] = []

    def stop(server: Server) -> None:
        first = postgresql.process_id
        children = Path(f"/proc/{first}/task/{first}/children").read_text(encoding="utf-8")
        pids.extend([first, *map(int, children.split())])
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)

    def go_on() -> None:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)

    return run(url, stop, go_on)


def run_stopped(postgresql: PostgreSQL, url: str) -> float:
    """Run with a server that has ended."""
    return run(url, lambda server: postgresql.halt(), postgresql.start)


def run_redis(redis: RedisServer, way: str) -> float:
    """Run with a Redis that is stopped, silent or full."""
    from redis import Redis

    client = Redis.from_url(redis.url)
    process = int(client.info("server")["process_id"])

    def spoil(server: Server) -> None:
        if way == "stopped":
            redis.halt()
        elif way == "silent":
            os.kill(process, signal.SIGSTOP)
        else:
            client.config_set("maxmemory", 1)

    def mend() -> None:
        if way == "stopped":
            redis.start()
        elif way == "silent":
            os.kill(process, signal.SIGCONT)
        else:
            client.config_set("maxmemory", 0)

    with client:
        client.flushall()
        return run(redis.url, spoil, mend)


def main() -> None:
    """Run the campaign."""
    found = {}
    with tempfile.TemporaryDirectory() as name:
        found["slow"] = run_slow(Path(name))
        found["full"] = run_full(Path(name))
    with PostgreSQL() as postgresql:
        for driver in ("asyncpg", "psycopg"):
            found[f"{driver} silent"] = run_silent(postgresql, postgresql.url(driver=driver))
            found[f"{driver} stopped"] = run_stopped(postgresql, postgresql.url(driver=driver))
    with RedisServer() as redis:
        for way in ("stopped", "silent", "full"):
            found[f"Redis {way}"] = run_redis(redis, way)
    for name, seconds in found.items():
        print(f"L2: {name}: the slowest answer took {seconds * 1000:.0f} ms")
    if max(found.values()) >= 0.2:
        raise SystemExit("L2: an answer took 200 ms or more")


if __name__ == "__main__":
    main()
