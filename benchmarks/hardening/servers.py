"""Start the servers that are attacked, each in a process of its own."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.processes import START_SECONDS, ServerProcess, StartError, family

ROOT = Path(__file__).resolve().parents[2]
#: The state of a socket that listens, in `/proc/net/tcp`.
LISTENING = "0A"
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


class Server(ServerProcess):
    """A server under attack.

    Args:
        kind: A key of `KINDS`.
        command: The command, in which `{port}` is the port to listen on.
        variables: All environment variables of its process.

    Raises:
        StartError: It does not answer in time.
    """

    def __init__(self, kind: str, command: Sequence[str], variables: Mapping[str, str]) -> None:
        self.kind = kind
        super().__init__(command, ROOT, variables, core=None)
        try:
            self.wait(self._answers)
        except StartError as error:
            self.stop()
            raise StartError(f"{KINDS[kind].title}: {error}") from None
        except BaseException:
            self.stop()
            raise

    @property
    def framework(self) -> str:
        """The package that its program imports."""
        return KINDS[self.kind].framework

    def processes(self) -> list[int]:
        """Return the numbers of its processes, the first of which was started here."""
        return family(self.process_id)

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

    def open_files(self) -> int:
        """Return how many files and sockets its processes have open."""
        return sum(len(os.listdir(f"/proc/{number}/fd")) for number in self.processes())

    def count_connections(self) -> int:
        """Return how many connections its processes hold, by the system's table."""
        held = 0
        for line in Path("/proc/net/tcp").read_text(encoding="utf-8").splitlines()[1:]:
            fields = line.split()
            is_ours = int(fields[1].partition(":")[2], 16) == self.port
            # One that no process has accepted, or that is closed, has no inode.
            held += is_ours and fields[3] != LISTENING and fields[9] != "0"
        return held

    def _answers(self) -> bool:
        with socket.create_connection(("127.0.0.1", self.port), timeout=START_SECONDS) as client:
            client.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            return bool(client.recv(1))


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
    command = [interpreter, *(part.format(program=program) for part in chosen.command)]
    command += ["--port", "{port}", *(options if chosen.framework == "pronghorn" else ())]
    variables = {**os.environ, "PYTHONPATH": str(ROOT), "HARDENING_FRAMEWORK": chosen.framework}
    server = Server(kind, command, {**variables, **(environment or {})})
    try:
        yield server
    finally:
        server.stop()
