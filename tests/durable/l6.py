"""L6: a process is killed after the commit and before the response. The retry gets the response.

`python -m tests.durable.l6 --rounds 20` with a SQLite file; the short form is in
tests/idempotency/test_processes.py.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path
from typing import Any

import httpx

from tests.contract.servers import PATIENCE, Server

PROGRAM = "tests.idempotency.served:app"


def post(server: Server, key: str) -> httpx.Response:
    """Send a payment."""
    headers = {"Idempotency-Key": key}
    body = {"name": key}
    return httpx.post(f"{server.url}/killed", json=body, headers=headers, timeout=PATIENCE)


def run(url: str, key: str) -> httpx.Response:
    """Kill a server between the commit and the response; return the answer to the retry.

    Raises:
        AssertionError: The first request was answered.
    """
    environment: dict[str, Any] = {**os.environ, "DATABASE_URL": url}
    server = Server("uvicorn", PROGRAM, {**environment, "DIES": "1"})
    try:
        post(server, key)
        raise AssertionError("the process has answered")
    except httpx.TransportError:
        assert server.process.wait(PATIENCE) == -9
    finally:
        server.stop()
    server = Server("uvicorn", PROGRAM, environment)
    try:
        return post(server, key)
    finally:
        server.stop()


def check(response: httpx.Response, key: str) -> None:
    """Refuse an answer that is no replay.

    Raises:
        AssertionError: The endpoint ran again.
    """
    assert response.status_code == 201
    assert response.json() == {"name": key}
    assert response.headers["idempotency-replayed"] == "true"


def main() -> None:
    """Run the campaign on a SQLite file, or on the database of an option."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--database", default="")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        url = options.database or f"sqlite:///{Path(folder) / 'l6.db'}"
        for number in range(options.rounds):
            check(run(url, f"key {number}"), f"key {number}")
        print(f"L6: {options.rounds} kills, {options.rounds} replays")


if __name__ == "__main__":
    main()
