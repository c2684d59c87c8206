"""Start the servers that are attacked, each in a process of its own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from benchmarks.processes import family

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 50.0
RUN = ("-m", "pronghorn", "run", "--host", "127.0.0.1", "--entrypoint", "{program}")


@dataclass(frozen=True)
class Kind:
    """A server with a framework.

    Attributes:
        title: The head of its column.
        command: The arguments of the interpreter; the port follows behind `--port`.
        framework: The package that the program imports.
    """

    title: str
    command: tuple[str, ...]
    framework: str = "pronghorn"


KINDS = {
    "fastapi": Kind(
        "FastAPI on uvicorn", ("-m", "uvicorn", "{program}", "--host", "127.0.0.1"), "fastapi"
    ),
    "run": Kind("`pronghorn run`", RUN),
    "granian": Kind("pronghorn on Granian", (*RUN, "--server", "granian")),
}


class StartError(Exception):
    """A server did not start; the message has what it printed."""


class Server:
    """A running server.

    Attributes:
        kind: A key of `KINDS`.
        port: Where it listens, on 127.0.0.1.
        process: Its process, or the supervisor of its workers.
    """

    def __init__(
        self, kind: str, port: int, process: subprocess.Popen[str], output: IO[str]
    ) -> None:
        self.kind = kind
        self.port = port
        self.process = process
        self._output = output

    @property
    def url(self) -> str:
        """The URL of its root, without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def framework(self) -> str:
        """The package that its program imports."""
        return KINDS[self.kind].framework

    def processes(self) -> list[int]:
        """Return the numbers of its processes, the first of which was started here."""
        return family(self.process.pid)

    def resident_mib(self) -> float:
        """Return the resident memory of all of its processes."""
        found = 0
        for number in self.processes():
            try:
                lines = Path(f"/proc/{number}/status").read_text(encoding="utf-8").splitlines()
            except OSError:
                continue  # It has ended.
            found += sum(int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))
        return found / 1024

    def log(self) -> bytes:
        """Return what its processes have printed so far."""
        number = self._output.fileno()  # They share its position, which must not be moved.
        return os.pread(number, os.fstat(number).st_size, 0)

    def open_files(self) -> int:
        """Return how many files and sockets its processes have open."""
        return sum(len(os.listdir(f"/proc/{number}/fd")) for number in self.processes())


@contextmanager
def start(
    kind: str,
    program: str,
    options: Sequence[str] = (),
    interpreter: str = sys.executable,
    environment: dict[str, str] | None = None,
) -> Iterator[Server]:
    """Start a server for the length of a block.

    Args:
        kind: A key of `KINDS`.
        program: Module and name of the application.
        options: Options of `pronghorn run`; uvicorn does not get them.
        interpreter: The Python to run it.
        environment: More variables.

    Raises:
        StartError: It does not listen in time.
    """
    chosen = KINDS[kind]
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    command = [part.format(program=program) for part in chosen.command]
    command += ["--port", str(port), *(options if chosen.framework == "pronghorn" else ())]
    variables = {**os.environ, "PYTHONPATH": str(ROOT), "HARDENING_FRAMEWORK": chosen.framework}
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen(
            [interpreter, *command],
            cwd=ROOT,
            env={**variables, **(environment or {})},
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        try:
            if not _listens(process, port):
                output.seek(0)
                raise StartError(f"{chosen.title} did not start:\n{output.read()[-2000:]}")
            yield Server(kind, port, process, output)
        finally:
            _stop(process)


def _listens(process: subprocess.Popen[str], port: int) -> bool:
    """Wait until a server answers; return False if it does not."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as connection:
                connection.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                if connection.recv(1):
                    return True
        except OSError:
            time.sleep(0.05)
    return False


def _stop(process: subprocess.Popen[str]) -> None:
    """End a server as an operator does, and by force if it takes too long."""
    if process.poll() is None:
        process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
