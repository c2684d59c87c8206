"""`kill -9` of one of two workers: what clients lose, and when it is replaced."""

from __future__ import annotations

import asyncio
import http.client
import os
import signal
import time
from pathlib import Path

from benchmarks.hardening.leaving import load
from benchmarks.hardening.probe import Figure
from benchmarks.hardening.servers import Server

CLIENTS = 32
PATIENCE = 15.0


class KilledWorker:
    """A worker that is killed under load."""

    name = "kill -9 of one of two workers: answers of the other lost, seconds until replaced"
    goal = "0, at most 1 s"
    program = "tests.hardening.leaving_program:app"
    options: tuple[str, ...] = ()
    #: uvicorn and `pronghorn run` read it.
    environment = {"WEB_CONCURRENCY": "2"}

    def run(self, server: Server) -> Figure:
        """Kill the worker that answers first."""
        victim = ask(server.port)
        if victim == server.process_id:
            return Figure("one process", is_reached=False)
        before = set(server.processes())
        at: list[float] = []

        def kill() -> None:
            os.kill(victim, signal.SIGKILL)
            at.append(time.monotonic())

        clients = asyncio.run(load(server.port, "/slow", CLIENTS, kill, 1.0, 0.3))
        unharmed = sum(by not in {victim, None} for client in clients for by in client.lost_by)
        lost = sum(bool(client.lost) for client in clients)
        seconds = find_replacement(server, before) - at[0]
        return Figure(
            f"{unharmed}, {seconds:.1f} s",
            not unharmed and seconds <= 1.0,
            [f"{lost} of {CLIENTS} clients lost an answer of the killed worker"],
        )


def ask(port: int) -> int:
    """Return the number of the process that answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        connection.request("GET", "/")
        return int(connection.getresponse().read())
    finally:
        connection.close()


def find_replacement(server: Server, before: set[int]) -> float:
    """Return the time at which a new process was started; as soon as one is found."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        new = set(server.processes()) - before
        if new:
            return time.monotonic() - age_of(min(new))
        time.sleep(0.01)
    return deadline


def age_of(number: int) -> float:
    """Return for how many seconds a process has lived."""
    fields = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()
    started = int(fields[19]) / os.sysconf("SC_CLK_TCK")
    return time.clock_gettime(time.CLOCK_BOOTTIME) - started


PROBE = KilledWorker()
