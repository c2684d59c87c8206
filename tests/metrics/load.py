"""A program under load whose workers are killed, and the scrapes of it meanwhile."""

from __future__ import annotations

import http.client
import json
import os
import signal
import time
from collections import Counter
from pathlib import Path
from threading import Event, Thread

from tests.cli.processes import Server
from tests.metrics.scrapes import Scrape

PROGRAM = """
import os
from prometheus_client import Counter, Gauge
from pronghorn import FastAPI
from pronghorn.metrics import Metrics

app = FastAPI()
Metrics().attach(app)
orders = Counter("orders", "Orders.")
open_orders = Gauge("open_orders", "Open orders.", multiprocess_mode="liveall")

@app.get("/pid")
async def read_pid() -> int:
    return os.getpid()

@app.get("/items/{number}")
async def read_item(number: int) -> int:
    orders.inc()
    open_orders.set(number)
    return number

@app.get("/directory")
async def read_directory() -> str:
    return os.environ["PROMETHEUS_MULTIPROC_DIR"]
"""


def ask(port: int, path: str) -> tuple[int, bytes]:
    """Ask on a connection of its own, so that any worker may answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


class Load:
    """Requests from several threads until the end of the block.

    Args:
        port: The port of the server.
    """

    def __init__(self, port: int, clients: int = 2) -> None:
        self._port = port
        self._ended = Event()
        #: Number of responses by status, and of connections that broke.
        self.answered: Counter[int] = Counter()
        self.broken = 0
        self._threads = [Thread(target=self._ask, args=(one,)) for one in range(clients)]

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def _ask(self, client: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=20)
        number = 0
        while not self._ended.is_set():
            number += 1
            try:
                connection.request("GET", f"/items/{client * 1_000_000 + number}")
                response = connection.getresponse()
                response.read()
                self.answered[response.status] += 1
                time.sleep(0.001)  # The machine also has to start workers.
            except (OSError, http.client.HTTPException):
                self.broken += 1
                connection.close()
            if number % 50 == 0:
                connection.close()  # so that new workers get some
        connection.close()


class Scraping:
    """Scrapes again and again until the end of the block, each checked against the one before.

    Args:
        port: The port of the server.
    """

    def __init__(self, port: int) -> None:
        self._port = port
        self._ended = Event()
        self.count = 0
        self.last: Scrape | None = None
        self.wrong: list[BaseException] = []
        self._thread = Thread(target=self._scrape)

    def __enter__(self) -> Scraping:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _scrape(self) -> None:
        while not self._ended.is_set() and not self.wrong:
            try:
                status, body = ask(self._port, "/metrics")
            except (OSError, http.client.HTTPException):
                continue  # The worker that answered was killed.
            try:
                assert status == 200, body
                self.check(body.decode())
            except BaseException as error:  # noqa: BLE001 - raised in the test's thread
                self.wrong.append(error)
            time.sleep(0.02)

    def check(self, text: str) -> Scrape:
        """Check a scrape against the one before, and return it."""
        found = Scrape(text)
        if found.requests():
            found.check_histograms()
        if self.last is not None:
            found.check_after(self.last)
        self.count += 1
        self.last = found
        return found


def find_workers(server: Server, number: int) -> set[int]:
    """Wait until a number of workers serve, and return their process ids."""
    while True:
        found: set[int] = set()
        for _ in range(number * 8):
            found.add(json.loads(ask_patiently(server.port, "/pid")))
        if len(found) == number:
            return found
        time.sleep(0.05)


def kill_workers(server: Server, number: int, deaths: int) -> set[int]:
    """Kill one worker after the other, each when the one before is replaced; return the dead.

    Args:
        server: The server.
        number: The number of its workers.
        deaths: The number of workers to kill.
    """
    dead: set[int] = set()
    while len(dead) < deaths:
        victim = min(find_workers(server, number))
        os.kill(victim, signal.SIGKILL)
        dead.add(victim)
        while find_workers(server, number) & dead:
            time.sleep(0.02)
    return dead


def ask_patiently(port: int, path: str) -> bytes:
    """Ask until a worker answers that was not killed meanwhile."""
    while True:
        try:
            return ask(port, path)[1]
        except (OSError, http.client.HTTPException):
            time.sleep(0.02)


def directory_of(server: Server) -> Path:
    """The directory that the workers share."""
    return Path(json.loads(ask_patiently(server.port, "/directory")))
