"""Send requests as fast as one core can: with wrk, or with a bundled client."""

from __future__ import annotations

import asyncio
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks.processes import pin

CONNECTIONS = 64
BODY = b'{"name":"pen","price":2.5,"tags":["blue","thin"]}'
TARGETS = {"GET": "/items/42?q=hello&limit=10", "POST": "/items"}
LUA = f"""wrk.method = "POST"
wrk.body = '{BODY.decode()}'
wrk.headers["Content-Type"] = "application/json"
"""


def has_wrk() -> bool:
    """Return True if wrk is installed."""
    return shutil.which("wrk") is not None


def requests_per_second(
    method: str,
    url: str,
    seconds: float,
    core: int | None,
    headers: Mapping[str, str] | None = None,
) -> float:
    """Send requests for a while; return the number of responses per second.

    Args:
        method: GET or POST.
        url: The URL.
        seconds: For how long.
        core: The processor for the load; None leaves it to the system.
        headers: More headers of each request.

    Raises:
        RuntimeError: A response was not a success.
    """
    lines = [f"{name}: {value}" for name, value in (headers or {}).items()]
    if has_wrk():
        return _wrk(method, url, seconds, core, lines)
    command = [sys.executable, "-m", "benchmarks.wire.load", method, url, str(seconds), *lines]
    done = subprocess.run(command, check=True, capture_output=True, text=True, preexec_fn=pin(core))
    return float(done.stdout)


def _wrk(method: str, url: str, seconds: float, core: int | None, headers: list[str]) -> float:
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "post.lua"
        script.write_text(LUA)
        arguments = ["-s", str(script)] if method == "POST" else []
        arguments += [word for header in headers for word in ("-H", header)]
        duration = f"{max(1, round(seconds))}s"
        done = subprocess.run(
            ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{duration}", *arguments, url],
            check=True,
            capture_output=True,
            text=True,
            preexec_fn=pin(core),
        )
    if "Non-2xx" in done.stdout:
        raise RuntimeError(done.stdout)
    found = re.search(r"Requests/sec:\s+([\d.]+)", done.stdout)
    if found is None:
        raise RuntimeError(done.stdout + done.stderr)
    return float(found[1])


class Connection(asyncio.Protocol):
    """Sends a request, waits for the response, and starts again."""

    def __init__(self, request: bytes) -> None:
        self._request = request
        self._received = b""
        self.answered = 0
        self.failed = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._send()

    def _send(self) -> None:
        self._transport.write(self._request)  # type: ignore[attr-defined]  # a TCP transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, end, body = self._received.partition(b"\r\n\r\n")
        if not end:
            return
        length = re.search(rb"(?i)content-length: *(\d+)", head)
        if length is None or not head.startswith(b"HTTP/1.1 2"):
            self.failed = True
            self._transport.close()
        elif len(body) >= int(length[1]):
            self._received = b""
            self.answered += 1
            self._send()


async def load_without_wrk(method: str, url: str, seconds: float, *headers: str) -> float:
    """Send requests without wrk. It is slow, so fast servers look slower than they are."""
    parts = urlsplit(url)
    body = BODY if method == "POST" else b""
    lines = [f"{method} {parts.path}{parts.query and '?'}{parts.query} HTTP/1.1", "Host: test"]
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    request = "\r\n".join([*lines, *headers, "", ""]).encode() + body
    loop = asyncio.get_running_loop()
    connections = [Connection(request) for _ in range(CONNECTIONS)]
    begin = time.perf_counter()
    for connection in connections:
        await loop.create_connection(
            lambda connection=connection: connection, parts.hostname, parts.port
        )  # type: ignore[misc]
    await asyncio.sleep(seconds)
    if any(connection.failed for connection in connections):
        raise RuntimeError("An answer was no success, or had no length.")
    return sum(connection.answered for connection in connections) / (time.perf_counter() - begin)


if __name__ == "__main__":
    found = load_without_wrk(sys.argv[1], sys.argv[2], float(sys.argv[3]), *sys.argv[4:])
    print(asyncio.run(found))
