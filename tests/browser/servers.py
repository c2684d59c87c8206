"""Start a program behind a server, in a process of its own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

PATIENCE = 20.0
COMMANDS = {
    "pronghorn run": ("pronghorn", "run", "main.py", "--host", "127.0.0.1"),
    "pronghorn dev": ("pronghorn", "dev", "main.py", "--host", "127.0.0.1"),
    "uvicorn": ("uvicorn", "main:app", "--host", "127.0.0.1"),
    "granian": ("granian", "main:app", "--interface", "asgi", "--host", "127.0.0.1"),
}


class Served(NamedTuple):
    """A program that is being served."""

    url: str
    """Its address, without a slash at the end."""
    folder: Path
    """The folder of `main.py`, which a test may edit."""
    process: subprocess.Popen[bytes]
    log: Path

    def stop(self) -> None:
        """End the server and its children."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


def start_server(
    source: str, folder: Path, server: str, options: tuple[str, ...], environment: dict[str, str]
) -> Served:
    """Serve a program and wait until it answers.

    Args:
        source: The program, which is written to `main.py` and defines `app`.
        folder: The folder to write it to.
        server: One of `COMMANDS`.
        options: More options of the server.
        environment: More variables of its process.

    Raises:
        RuntimeError: The server ended, or did not answer in time; the message has its output.
    """
    (folder / "main.py").write_text(source, encoding="utf-8")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    log = folder / "server.log"
    command = [sys.executable, "-m", *COMMANDS[server], "--port", str(port), *options]
    paths = [str(Path.cwd()), os.environ.get("PYTHONPATH", "")]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths)), **environment},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    served = Served(f"http://127.0.0.1:{port}", folder, process, log)
    try:
        wait_until_ready(served)
    except RuntimeError:
        served.stop()
        raise
    return served


def wait_until_ready(served: Served) -> None:
    """Wait until a server answers, whatever the answer is."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and served.process.poll() is None:
        try:
            urlopen(served.url + "/openapi.json", timeout=PATIENCE).close()
        except HTTPError:
            return
        except (URLError, OSError):
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("The server does not answer:\n" + served.log.read_text("utf-8", "replace"))
