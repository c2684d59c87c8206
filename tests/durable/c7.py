"""C7: deploy again and again while clients read answers; every answer is complete at its client.

    python -m tests.durable.c7
    python -m tests.durable.c7 --answers 20 --deploys 1 --database sqlite

Each deploy starts a new server and a new worker, sends the clients to the new server, and ends the
old ones with SIGTERM. An answer whose worker ends begins anew, after a `reset`.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.channels.events import Browser
from tests.channels.streams_processes import Process, Web, Worker, ending
from tools.postgresql import Server

ANN = {"X-User": "ann"}
#: Seconds after which an answer that is not complete is lost.
PATIENCE = 300.0


@dataclass
class Fleet:
    """The processes of the program.

    Attributes:
        url: The address of the database.
        processes: All processes, for the end.
    """

    url: str
    processes: list[Process]
    web: Web = field(init=False)
    worker: Worker = field(init=False)

    def start(self) -> None:
        """Start a server and a worker, to which clients go from now on."""
        web, worker = Web(self.url), Worker(self.url)
        self.processes += [web, worker]
        self.web, self.worker = web, worker

    def deploy(self) -> None:
        """Replace the server and the worker."""
        old = (self.web, self.worker)
        self.start()
        for process in old:
            process.ask_to_stop()
        for process in old:
            process.stop()


async def run(url: str, answers: int, items: int, deploys: int) -> str:
    """Run the campaign; return the figures.

    Raises:
        AssertionError: An answer is not complete.
    """
    begin = time.monotonic()
    with ending() as processes, tempfile.TemporaryDirectory() as folder:
        gate = Path(folder, "deployed")
        fleet = Fleet(url, processes)
        await asyncio.to_thread(fleet.start)
        limits = httpx.Limits(max_connections=None)
        async with httpx.AsyncClient(timeout=60, limits=limits) as client:
            browsers = [Browser(lambda: fleet.web.url, dict(ANN)) for _ in range(answers)]
            paths = [await ask(client, fleet.web.url, items, gate) for _ in browsers]
            following = [
                asyncio.create_task(browser.follow(client, path))
                for browser, path in zip(browsers, paths, strict=True)
            ]
            for _ in range(deploys):
                await asyncio.to_thread(fleet.deploy)
            await asyncio.to_thread(gate.touch)
            done, late = await asyncio.wait(following, timeout=PATIENCE)
    for task in done:
        task.result()
    assert not late, f"{len(late)} answers did not end"
    check(browsers, items)
    connections = sum(browser.connections for browser in browsers)
    resets = sum(event.name == "reset" for browser in browsers for event in browser.events)
    return (
        f"{answers} answers of {items} items complete, over {connections} connections, with "
        f"{deploys} deploys and {resets} restarts ({time.monotonic() - begin:.0f} s)"
    )


async def ask(client: httpx.AsyncClient, base: str, items: int, gate: Path) -> str:
    """Start an answer of ten items per second, which waits near its end until a file is there."""
    gates = [str(gate.parent), str(gate)]
    question = {"text": "x", "count": items, "pause": 0.1, "gates": gates}
    response = await client.post(f"{base}/answers", json=question, headers=ANN)
    response.raise_for_status()
    path: str = response.json()["url"]
    return path


def check(browsers: list[Browser], items: int) -> None:
    """Compare what each client shows with the whole answer.

    Raises:
        AssertionError: An item is missing, is there twice, or is in another place.
    """
    whole = [f'{{"number":{number},"text":"x"}}' for number in range(1, items + 1)]
    for browser in browsers:
        assert browser.events[-1].name == "end", browser.events[-1]
        assert browser.items == whole, browser.events
        ids = [event.id for event in browser.events if event.id]
        assert len(set(ids)) == len(ids), "an event came twice"


@contextmanager
def empty_database(kind: str) -> Iterator[str]:
    """Yield the address of an empty database."""
    if kind == "sqlite":
        with tempfile.TemporaryDirectory() as folder:
            yield f"sqlite+aiosqlite:///{Path(folder, 'c7.db')}"
    else:
        with Server() as server:
            yield server.url("postgres", "asyncpg")


def main(arguments: list[str] | None = None) -> int:
    """Run the campaign; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.durable.c7", description=__doc__)
    parser.add_argument("--answers", type=int, default=200)
    parser.add_argument("--items", type=int, default=150, help="of each answer, ten per second")
    parser.add_argument("--deploys", type=int, default=3)
    parser.add_argument("--database", choices=("postgresql", "sqlite"), default="postgresql")
    options = parser.parse_args(arguments)
    with empty_database(options.database) as url:
        try:
            figures = asyncio.run(run(url, options.answers, options.items, options.deploys))
        except AssertionError as error:
            sys.stdout.write(f"C7 FAILED  {error}\n")
            return 1
    sys.stdout.write(f"C7 ok  {figures}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
