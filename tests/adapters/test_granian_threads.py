"""The scheduling policy of the thread that waits for sockets in a Granian worker."""

from __future__ import annotations

import asyncio
import os
import select
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import Any

import httpx
import pytest

from pronghorn.adapters import granian_threads
from pronghorn.adapters.granian_threads import spare_the_loop
from tests.contract.conftest import eventually
from tests.contract.servers import ROOT, Server

#: The policies by name; only Linux has them, and elsewhere nothing changes.
USUAL = os.SCHED_OTHER if sys.platform == "linux" else None
PATIENT = os.SCHED_BATCH if sys.platform == "linux" else None
CHOSEN = os.SCHED_IDLE if sys.platform == "linux" else None


def policy(thread: int) -> int | None:
    return os.sched_getscheduler(thread) if sys.platform == "linux" else None


@contextmanager
def waiting_thread(chosen: int | None = USUAL) -> Iterator[int]:
    """A thread that waits for sockets, as the number that the system gives it."""
    here, there = socket.socketpair()
    started = Event()

    def wait() -> None:
        if chosen is not None:
            os.sched_setscheduler(0, chosen, os.sched_param(0))
        poll = select.epoll() if sys.platform == "linux" else select.poll()
        poll.register(here.fileno(), select.EPOLLIN if sys.platform == "linux" else select.POLLIN)
        started.set()
        poll.poll(30)

    thread = Thread(target=wait)
    thread.start()
    started.wait()
    try:
        yield thread.native_id or 0
    finally:
        there.send(b"x")
        thread.join()
        here.close()
        there.close()


async def soon(holds: Callable[[], bool]) -> None:
    """Wait until something holds."""
    for _ in range(200):
        if holds():
            return
        await asyncio.sleep(0.01)
    assert holds()


async def look_and_wait() -> None:
    """Long enough for some looks."""
    await asyncio.sleep(granian_threads.INTERVAL * 5)


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(granian_threads, "INTERVAL", 0.01)


def test_a_thread_that_starts_later() -> None:
    async def main() -> int | None:
        spare_the_loop(asyncio.get_running_loop())
        with waiting_thread() as thread:
            await soon(lambda: policy(thread) == PATIENT)
        return policy(0)

    assert asyncio.run(main()) == USUAL


def test_threads_that_are_there_already() -> None:
    async def main() -> None:
        with waiting_thread() as thread:
            spare_the_loop(asyncio.get_running_loop())
            await look_and_wait()
            assert policy(thread) == USUAL

    asyncio.run(main())


def test_a_policy_that_was_chosen_stays() -> None:
    async def main() -> None:
        spare_the_loop(asyncio.get_running_loop())
        with waiting_thread(CHOSEN) as thread:
            await look_and_wait()
            assert policy(thread) == CHOSEN

    asyncio.run(main())


def test_a_system_that_forbids_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def forbid(*_: Any) -> None:
        raise PermissionError

    async def main() -> None:
        spare_the_loop(asyncio.get_running_loop())
        with waiting_thread() as thread:
            monkeypatch.setattr(os, "sched_setscheduler", forbid, raising=False)
            await look_and_wait()
            assert policy(thread) == USUAL

    asyncio.run(main())


def test_a_system_that_does_not_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    def hide(*_: Any) -> None:
        raise PermissionError

    async def main() -> None:
        with waiting_thread() as thread:
            monkeypatch.setattr(os, "listdir", hide)
            spare_the_loop(asyncio.get_running_loop())
            await look_and_wait()
            assert policy(thread) == USUAL

    asyncio.run(main())


def test_a_worker_of_granian() -> None:
    """One thread of it is patient; that of the event loop and the others are as usual."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    server = Server("rsgi", "tests.adapters.program_of_worker:app", environment)
    try:
        expected = {"of the event loop": USUAL, "patient": 1 if sys.platform == "linux" else 0}
        eventually(lambda: httpx.get(f"{server.url}/policies").json(), expected)
    finally:
        server.stop()
