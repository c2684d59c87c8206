"""Run a server of Redis for the tests of limits and channels."""

from __future__ import annotations

import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Self

from tools.programs import PROGRAMS

#: Runs the server until the standard input ends.
GUARD = '"$@" & server=$!; read _; kill -9 $server; wait $server'
#: The seconds that the server may take to start.
PATIENCE = 30.0


class RedisStartError(Exception):
    """The server does not start."""


class RedisServer:
    """A temporary server on a free port of this machine.

    It stops, and its files go, with `stop` and at the end of a `with` block; it also stops when the
    process that started it ends in any way. It writes each change to a file, so that a restart
    loses nothing.

    Attributes:
        port: Its port, also after a restart.
    """

    def __init__(self) -> None:
        """Start the server.

        Raises:
            MissingProgramError: Its program is missing.
            RedisStartError: It does not start.
        """
        self._program = PROGRAMS["redis"].prepare()
        self._folder = Path(tempfile.mkdtemp(prefix="pronghorn-redis-"))
        self._process: subprocess.Popen[bytes] | None = None
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = int(probe.getsockname()[1])
        try:
            self.start()
        except BaseException:
            self.stop()
            raise

    def __enter__(self) -> Self:
        """Return the server."""
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the server."""
        self.stop()

    @property
    def url(self) -> str:
        """The address of its first database."""
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start the server, also again after `halt`, on its port and with its files."""
        options = {"port": self.port, "bind": "127.0.0.1", "dir": self._folder, "save": ""}
        options |= {"appendonly": "yes", "appendfsync": "no", "loglevel": "warning"}
        given = [part for name, value in options.items() for part in (f"--{name}", str(value))]
        self._process = subprocess.Popen(
            ["sh", "-c", GUARD, "guard", self._program, *given],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is for the tests, which stop the server afterwards.
        )
        deadline = time.monotonic() + PATIENCE
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RedisStartError(f"{self._program} does not start on port {self.port}.")
            time.sleep(0.02)

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
                connection.sendall(b"PING\r\n")
                return connection.recv(7).startswith(b"+PONG")
        except OSError:
            return False

    def halt(self) -> None:
        """Kill the server and keep its files."""
        if self._process is not None:
            self._process.communicate()  # It closes the standard input.
            self._process = None

    def stop(self) -> None:
        """Stop the server and remove its files. The second call does nothing."""
        self.halt()
        shutil.rmtree(self._folder, ignore_errors=True)
