"""Measure one channel: the time from a publication in one process to clients of another one."""

from __future__ import annotations

import json
import os
import subprocess
import urllib.request
from pathlib import Path
from typing import Any

from benchmarks.connections import raise_file_limit
from benchmarks.durable.queues import try_twice
from benchmarks.durable.stores import POSTGRESQL, REDIS, SQLITE, TITLES, Stores
from benchmarks.processes import ServerProcess, StartError
from benchmarks.record import ROOT, MeasurementError

APP = "benchmarks.durable.feed_app:app"
SUBSCRIBERS = (1, 1000)
SECONDS = 90


def measure_all(python: Path, stores: Stores, messages: int) -> dict[str, Any]:
    """Return the percentiles of each store, with one subscriber and with many.

    Args:
        python: The interpreter of the environment.
        stores: Where each measurement gets an empty store.
        messages: How many messages are published.

    Raises:
        MeasurementError: A message did not come.
    """
    raise_file_limit(max(SUBSCRIBERS))
    found: dict[str, Any] = {}
    for kind in (SQLITE, POSTGRESQL, REDIS):
        found[kind] = {}
        for subscribers in SUBSCRIBERS:
            figures = try_twice(measure, python, stores.make(kind), subscribers, messages)
            found[kind][str(subscribers)] = figures
            print(f"{TITLES[kind]}, {subscribers} subscribers: {figures}", flush=True)
    return found


def measure(python: Path, url: str, subscribers: int, messages: int) -> dict[str, float]:
    """Return the percentiles of the delivery of each message to each subscriber."""
    variables = {**os.environ, "PYTHONPATH": str(ROOT), "STORE": url}
    command = [str(python), "-m", "pronghorn", "run", "--entrypoint", APP, "--no-access-log"]
    command += ["--host", "127.0.0.1", "--port", "{port}"]
    server = ServerProcess(command, ROOT, variables, None)
    try:
        server.wait(lambda: urllib.request.urlopen(f"{server.url}/ready").status == 200)
        return read_delays(python, variables, server.port, subscribers, messages)
    except StartError as error:
        raise MeasurementError(f"The server of events: {error}") from None
    finally:
        server.stop()


def read_delays(
    python: Path, variables: dict[str, str], port: int, subscribers: int, messages: int
) -> dict[str, float]:
    """Subscribe the clients, publish, and return what the clients have noted."""
    numbers = map(str, (port, subscribers, messages))
    command = [str(python), "-m", "benchmarks.durable.clients", *numbers]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as clients:
        try:
            if clients.stdout is None or clients.stdout.readline() != "ready\n":
                raise MeasurementError("The clients could not subscribe.")
            publisher = [str(python), "-m", "benchmarks.durable.publish", str(messages)]
            sent = subprocess.DEVNULL
            subprocess.run(publisher, cwd=ROOT, env=variables, check=True, stdout=sent)
            output, _ = clients.communicate(timeout=SECONDS)
        except subprocess.SubprocessError as error:
            raise MeasurementError(f"The messages did not come: {error}") from None
        finally:
            clients.kill()
    if clients.returncode:
        raise MeasurementError("The clients have failed.")
    figures: dict[str, float] = json.loads(output.splitlines()[-1])
    return figures
