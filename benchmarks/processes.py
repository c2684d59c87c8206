"""A server as a process on one core, and the processor time of it and of its children."""

from __future__ import annotations

import os
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
START_SECONDS = 30
STOP_SECONDS = 10


class StartError(Exception):
    """A server did not start, or answered wrongly; the message describes it."""


class ServerProcess:
    """A server that was started; what it prints goes to a file.

    Args:
        command: The command, in which `{port}` is the port to listen on.
        folder: The folder in which it runs.
        variables: All environment variables of the process.
        core: The processor to pin it to; None leaves it to the system.
    """

    def __init__(
        self, command: Sequence[str], folder: Path, variables: Mapping[str, str], core: int | None
    ) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self._output = tempfile.TemporaryFile("w+")  # noqa: SIM115 - closed by `stop`
        self._process = subprocess.Popen(
            [part.format(port=self.port) for part in command],
            cwd=folder,
            env=dict(variables),
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=subprocess.STDOUT,
            preexec_fn=pin(core),  # noqa: PLW1509 - Linux, and nothing else runs here
            start_new_session=True,
        )

    def wait(self, is_ready: Callable[[], bool]) -> None:
        """Wait until the server is ready.

        Args:
            is_ready: Asks the server; an `OSError` or a `ValueError` means that it is not ready.

        Raises:
            StartError: The server has ended, or is not ready in time.
        """
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                if is_ready():
                    return
            except (OSError, ValueError):
                pass
            time.sleep(0.1)
        raise StartError(f"it did not start:\n{self.read_output()[-2000:]}")

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
        number = self._output.fileno()  # The server writes at its position, which must not move.
        return os.pread(number, os.fstat(number).st_size, 0).decode(errors="replace")

    def send_signal(self, number: int) -> None:
        """Send a signal to its first process."""
        self._process.send_signal(number)

    def wait_for_end(self, seconds: float) -> int | None:
        """Return the exit code of the first process; None if it does not end in time."""
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def cpu_seconds(self) -> float:
        """Return the processor time of the process and its children so far."""
        return cpu_seconds(self._process.pid)

    def stop(self) -> None:
        """End the server and every process that it started, without draining: SIGINT, SIGKILL."""
        for sign in (2, 9):
            if self._process.poll() is None:
                os.killpg(self._process.pid, sign)
            try:
                self._process.wait(STOP_SECONDS)
                break
            except subprocess.TimeoutExpired:
                continue
        self._output.close()


def pin(core: int | None) -> Callable[[], None] | None:
    """Return the function that pins a new process to a core; None pins it to none."""
    return None if core is None else lambda: os.sched_setaffinity(0, {core})


def cpu_seconds(root: int) -> float:
    """Return the processor time of a process and its descendants so far, user and system."""
    return sum(_ticks(number) for number in family(root)) / TICKS


def family(root: int) -> list[int]:
    """Return a process and its descendants."""
    found = [root]
    for number in found:
        for children in Path(f"/proc/{number}/task").glob("*/children"):
            try:
                found += [int(child) for child in children.read_text().split()]
            except OSError:
                continue
    return found


def _ticks(number: int) -> int:
    try:
        fields = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return int(fields[11]) + int(fields[12])
