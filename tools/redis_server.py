"""Find the server of Redis for the tests of channels, install it where that is allowed, and run it.

python tools/redis_server.py   # prints the path of the program
"""

from __future__ import annotations

import fcntl
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Self

ADVICE = """The tests of limits and channels need the server of Redis or Valkey, not found here.
Install it, on Debian or Ubuntu with

    sudo apt-get install redis-server

or name the program: make test REDIS=/path/to/redis-server"""
#: While it says no, Debian's package does not start a server on the port of everybody's server.
POLICY = Path("/usr/sbin/policy-rc.d")
#: Runs the server until the standard input ends.
GUARD = '"$@" & server=$!; read _; kill -9 $server; wait $server'
#: The seconds that the server may take to start.
PATIENCE = 30.0


class MissingRedisError(Exception):
    """There is no server, or it does not start; the message says what to do."""


def find_program() -> str | None:
    """Return the path of the server: `REDIS`, or the program on the `PATH`."""
    chosen = os.environ.get("REDIS")
    if chosen:
        return chosen if os.access(chosen, os.X_OK) else None
    return shutil.which("redis-server") or shutil.which("valkey-server")


def prepare_program() -> str:
    """Return the path of the server, which apt installs if the user may do that.

    Raises:
        MissingRedisError: There is none, and it cannot be installed here.
    """
    program = find_program()
    chosen = os.environ.get("REDIS")
    if program is None and chosen:
        raise MissingRedisError(f"REDIS={chosen} is not a program.")
    if program is None and os.geteuid() == 0 and shutil.which("apt-get"):
        with Path(tempfile.gettempdir(), "pronghorn-redis.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # Sections of `.ci/run` may ask at the same time.
            program = find_program() or _install()
    if program is None:
        raise MissingRedisError(ADVICE)
    return program


def _install() -> str | None:
    print("Installing Redis (once) ...", file=sys.stderr, flush=True)
    is_ours = not POLICY.exists()
    if is_ours:
        POLICY.write_text("#!/bin/sh\nexit 101\n", encoding="utf-8")
        POLICY.chmod(0o755)
    for command in (["update"], ["install", "--yes", "--no-install-recommends", "redis-server"]):
        subprocess.run(
            ["apt-get", "--quiet", "-oDPkg::Lock::Timeout=300", *command],
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=sys.stderr,
            env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
        )
    if is_ours:
        POLICY.unlink()
    return find_program()


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
            MissingRedisError: Its program is missing, or it does not start.
        """
        self._program = prepare_program()
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
                raise MissingRedisError(f"{self._program} does not start on port {self.port}.")
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


def main() -> None:
    """Print the path of the program."""
    try:
        print(prepare_program())
    except MissingRedisError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
