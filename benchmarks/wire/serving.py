"""A contender as a process on one core."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from benchmarks.processes import cpu_seconds
from benchmarks.wire.contenders import Contender
from benchmarks.wire.environments import APPS, variables
from benchmarks.wire.load import BODY, TARGETS

START_SECONDS = 30
ANSWERS = {
    "GET": {"item_id": 42, "q": "hello", "limit": 10},
    "POST": json.loads(BODY),
}


class StartError(Exception):
    """A contender did not start, or sent a wrong response; the message describes it."""


class Running:
    """A contender that was started.

    Args:
        contender: The contender.
        interpreter: The interpreter of its environment.
        core: The processor to pin it to; None leaves it to the system.
    """

    def __init__(self, contender: Contender, interpreter: Path, core: int | None) -> None:
        self.contender = contender
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        command = [part.format(port=self.port) for part in contender.command]
        self._output = tempfile.TemporaryFile("w+")  # noqa: SIM115 - closed by `stop`
        self._process = subprocess.Popen(
            [str(interpreter), *command],
            cwd=APPS,
            env=variables(contender.environment),
            stdout=self._output,
            stderr=subprocess.STDOUT,
            preexec_fn=None if core is None else lambda: os.sched_setaffinity(0, {core}),  # noqa: PLW1509 - Linux, and nothing else runs here
            start_new_session=True,
        )
        try:
            self._wait()
            if contender.validates:
                self._check()
        except BaseException:
            self.stop()
            raise

    def _wait(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                self.answer("GET")
            except (OSError, ValueError):
                time.sleep(0.1)
            else:
                return
        raise StartError(f"it did not start:\n{self._said()}")

    def _check(self) -> None:
        for method, expected in ANSWERS.items():
            found = self.answer(method)
            if found != expected:
                raise StartError(f"{method} answered {found}, not {expected}")
        if self.status_of_invalid() < 400:
            raise StartError("it accepted a request that is not valid")

    def answer(self, method: str) -> Any:
        """Return the JSON of one response."""
        body = BODY if method == "POST" else None
        request = urllib.request.Request(
            self.url(method),
            data=body,
            method=method,
            headers={"Content-Type": "application/json"} if body else {},
        )
        with urllib.request.urlopen(request, timeout=5) as response:
            return json.loads(response.read())

    def status_of_invalid(self) -> int:
        """Return the status of the response to a body with a price that is not a number."""
        request = urllib.request.Request(
            self.url("POST"),
            data=b'{"name": "pen", "price": "much"}',
            method="POST",
            headers={"Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=5) as response:
                return int(response.status)
        except urllib.error.HTTPError as error:
            return error.code

    def url(self, method: str) -> str:
        """Return the URL for the requests of a method."""
        return f"http://127.0.0.1:{self.port}{TARGETS[method]}"

    def cpu_seconds(self) -> float:
        """Return the processor time of the process and its children so far."""
        return cpu_seconds(self._process.pid)

    def _said(self) -> str:
        self._output.seek(0)
        return self._output.read()[-2000:]

    def stop(self) -> None:
        """End the contender and every process that it started."""
        for sign in (15, 9):
            if self._process.poll() is None:
                os.killpg(self._process.pid, sign)
            try:
                self._process.wait(5)
                break
            except subprocess.TimeoutExpired:
                continue
        self._output.close()
