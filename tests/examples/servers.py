"""Start an example like `pronghorn run` does, in its own process."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).parents[2]


def free_port() -> int:
    """Return a port that nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_until_listening(process: subprocess.Popen[bytes], port: int) -> None:
    """Return as soon as a connection is accepted; fail when the process ends first."""
    for _ in range(300):
        assert process.poll() is None, "the server has stopped"
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    pytest.fail("the server does not listen")


@contextmanager
def serve(
    file: str, *options: str, **environment: str
) -> Iterator[tuple[subprocess.Popen[bytes], httpx.Client]]:
    """Start an example, a path below `examples/`; yield its process and a client."""
    port = free_port()
    command = [sys.executable, "-m", "pronghorn", "run", f"examples/{file}"]
    process = subprocess.Popen(
        [*command, "--host", "127.0.0.1", "--port", str(port), *options],
        cwd=ROOT,
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
    )
    try:
        wait_until_listening(process, port)
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
            yield process, client
    finally:
        process.kill()
        process.wait()


def stop(process: subprocess.Popen[bytes]) -> None:
    """Ask the server to stop, and check that it does so in good order."""
    process.send_signal(signal.SIGTERM)
    # A server may also end itself by the very signal, after it has closed everything.
    assert process.wait(timeout=30) in {0, -signal.SIGTERM}
