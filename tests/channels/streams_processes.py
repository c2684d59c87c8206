"""Servers and workers of `streams_program` in processes of their own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx

from tests.contract.servers import PATIENCE, free_port

PROJECT = Path(__file__).parents[2]
PROGRAM = "tests.channels.streams_program"


class Process:
    """A process of the program.

    Args:
        url: The address of the database.
        arguments: The command line behind `python -m`.
    """

    def __init__(self, url: str, *arguments: str) -> None:
        environment = {**os.environ, "DATABASE_URL": url, "PYTHONPATH": str(PROJECT)}
        self._process = subprocess.Popen(
            [sys.executable, "-m", *arguments],
            cwd=PROJECT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=None,
            text=True,
        )

    def wait_for_line(self, text: str) -> None:
        """Wait until it prints a text."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if text in line:
                return
        raise AssertionError("the process has ended")

    def stop(self) -> None:
        """End it as an operator does."""
        self._process.terminate()
        self._process.wait(PATIENCE)

    def ask_to_stop(self) -> None:
        """Send SIGTERM, and do not wait."""
        self._process.terminate()

    def kill(self) -> None:
        """End it as a power cut would."""
        with suppress(ProcessLookupError):
            self._process.kill()
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()


class Worker(Process):
    """A worker, once it runs jobs."""

    def __init__(self, url: str) -> None:
        super().__init__(url, PROGRAM)
        self.wait_for_line("ready")


class Web(Process):
    """A server, once it answers."""

    def __init__(self, url: str, *options: str) -> None:
        self.port = free_port()
        entrypoint = ("--entrypoint", f"{PROGRAM}:app")
        address = ("--host", "127.0.0.1", "--port", str(self.port))
        super().__init__(
            url, "pronghorn", "run", *entrypoint, *address, "--no-access-log", *options
        )
        self._wait_until_it_answers()

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    def _wait_until_it_answers(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                httpx.get(f"{self.url}/text").raise_for_status()
            except httpx.TransportError:
                assert time.monotonic() < deadline
                time.sleep(0.05)
            else:
                return


@contextmanager
def ending(*processes: Process) -> Iterator[list[Process]]:
    """End processes at the end of the block, with those that are added to the list."""
    running = list(processes)
    try:
        yield running
    finally:
        for process in running:
            process.kill()
