"""A contestant as a process on one core, and the processor time of processes."""

from __future__ import annotations

import os
import socket
import subprocess
import tempfile
import time
import urllib.error
from collections.abc import Mapping
from pathlib import Path

from benchmarks.processes import cpu_seconds
from benchmarks.service.contestants import Contestant
from benchmarks.service.requests import Request, send

APPS = Path(__file__).parent / "apps"
START_SECONDS = 30


class StartError(Exception):
    """A contestant did not start, or answered wrongly; the message describes it."""


class Running:
    """A contestant that was started; what it prints goes to a file.

    Args:
        contestant: The contestant.
        interpreter: The interpreter of its environment.
        variables: The environment variables of its process.
        core: The processor to pin it to; None leaves it to the system.
    """

    def __init__(
        self,
        contestant: Contestant,
        interpreter: Path,
        variables: Mapping[str, str],
        core: int | None,
    ) -> None:
        self.contestant = contestant
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        command = [part.format(port=self.port) for part in contestant.command]
        self._output = tempfile.TemporaryFile("w+")  # noqa: SIM115 - closed by `stop`
        self._process = subprocess.Popen(
            [str(interpreter), *command],
            cwd=APPS,
            env={**os.environ, **variables},
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=subprocess.STDOUT,
            preexec_fn=pin(core),  # noqa: PLW1509 - Linux, and nothing else runs here
            start_new_session=True,
        )
        try:
            self._wait()
        except BaseException:
            self.stop()
            raise

    def _wait(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                if send(self.url, Request("GET", self.contestant.ready)).status == 200:
                    return
            except (OSError, ValueError, urllib.error.URLError):
                pass
            time.sleep(0.1)
        raise StartError(f"{self.contestant.name} did not start:\n{self.read_output()[-2000:]}")

    @property
    def url(self) -> str:
        """The beginning of all URLs."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def process_id(self) -> int:
        """The number of its first process."""
        return self._process.pid

    def read_output(self) -> str:
        """Return what it has printed, its access log included."""
        size = self._output.seek(0, os.SEEK_END)
        return os.pread(self._output.fileno(), size, 0).decode(errors="replace")

    def cpu_seconds(self) -> float:
        """Return the processor time of the process and its children so far."""
        return cpu_seconds(self._process.pid)

    def stop(self) -> None:
        """End the contestant and every process that it started."""
        for sign in (15, 9):
            if self._process.poll() is None:
                os.killpg(self._process.pid, sign)
            try:
                self._process.wait(10)
                break
            except subprocess.TimeoutExpired:
                continue
        self._output.close()


def pin(core: int | None) -> object:
    """Return the function that pins a new process to a core."""
    return None if core is None else lambda: os.sched_setaffinity(0, {core})
