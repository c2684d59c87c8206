"""Start servers for one program, each in its own process."""

from __future__ import annotations

import http.client
import io
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
DIRECT = "pronghorn.adapters.uvicorn_protocol:PronghornProtocol"
RUN = ("pronghorn", "run", "--host", "127.0.0.1")
#: Command line of each server; the port is added.
COMMANDS = {
    "uvicorn": ["uvicorn", "{app}", "--http", "httptools", "--port"],
    "protocol": ["uvicorn", "{app}", "--http", DIRECT, "--port"],
    "granian": ["granian", "{app}", "--interface", "asgi", "--port"],
    "run granian": [*RUN, "--server", "granian", "--entrypoint", "{app}", "--port"],
}
#: The maximum number of seconds to wait for a server, on a machine that has much else to do.
PATIENCE = 50.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Server:
    """One running server.

    Args:
        name: A key of `COMMANDS`.
        program: Module and name of the application.
        arguments: More options of the server.
    """

    def __init__(
        self, name: str, program: str, environment: dict[str, str], *arguments: str
    ) -> None:
        self.name = name
        self.port = free_port()
        command = [part.format(app=program) for part in COMMANDS[name]]
        # A file, since nobody reads while the server runs, and a pipe that is full would stop it.
        self._output = tempfile.TemporaryFile("w+")  # noqa: SIM115 - closed by `stop`
        self.process = subprocess.Popen(
            [sys.executable, "-m", *command, str(self.port), *arguments],
            cwd=ROOT,
            env=environment,
            stdout=self._output,
            stderr=subprocess.STDOUT,
        )
        self._wait_until_it_listens()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def _wait_until_it_listens(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                with RawConnection(self.port) as connection:
                    connection.send(b"GET /text HTTP/1.1\r\nHost: test\r\n\r\n")
                    connection.read()
                    return
            except OSError:
                time.sleep(0.05)
        raise RuntimeError(f"{self.name} did not start:\n{self.stop()}")

    def stop(self) -> str:
        """End the server as an operator does; return what it printed, the first time."""
        if self._output.closed:
            return ""
        self.process.terminate()
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        with self._output as output:
            output.seek(0)
            return output.read()


@dataclass
class Answer:
    """One response as it came over a connection."""

    status: int
    headers: dict[str, str]
    body: bytes


class _SharedFile(io.BufferedReader):
    """Survives the end of one response, since the next one comes over the same connection."""

    def close(self) -> None:
        """The connection closes it."""


class RawConnection:
    """A connection on which a test says byte by byte what it sends."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        self._file = _SharedFile(socket.SocketIO(self.socket, "r"))

    def __enter__(self) -> RawConnection:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def read(self, method: str = "GET") -> Answer:
        """The next response."""
        response = http.client.HTTPResponse(self, method=method)  # type: ignore[arg-type]  # has makefile
        response.begin()
        body = response.read()
        headers = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, headers, body)

    def read_bytes(self, count: int) -> bytes:
        """Some bytes before a response, such as an interim one."""
        return self._file.read(count)

    def is_closed_by_server(self) -> bool:
        """Whether nothing more comes; waits for it."""
        return self._file.read(1) == b""

    def makefile(self, *_: Any) -> io.BufferedReader:
        return self._file

    def close(self) -> None:
        self.socket.close()
        io.BufferedReader.close(self._file)


#: The headers of a WebSocket handshake, with the key of the example in RFC 6455, section 1.3.
WEBSOCKET = (
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
)


def request(method: str, target: str, *headers: str, body: bytes = b"") -> bytes:
    """The bytes of a request; a body gets its length."""
    lines = [f"{method} {target} HTTP/1.1", "Host: test", *headers]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body
