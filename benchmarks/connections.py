"""`make bench-connections`: the memory of idle connections and of open WebSockets.

make bench-connections                  four minutes; writes benchmarks/results/connections.json
make bench-connections ARGS="--quick"   1,000 connections instead of 10,000; nothing is written

Each server runs in a fresh process. A connection is used once, for one request or one message, and
then stays open without doing anything. The figure is the growth of the process (PSS) while they are
opened, for each of them. Linux only.
"""

from __future__ import annotations

import argparse
import contextlib
import resource
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.record import ROOT, MeasurementError, environment, medians, table, write
from benchmarks.wire.environments import prepare

APP = "benchmarks.apps.connections:app"
COUNT = 10_000
#: Opened before the first look, so that caches and modules of the server exist already.
FIRST = 500
#: Addresses of this machine in turn, since one has only as many ports as the system allows.
SOURCES = ("127.0.0.2", "127.0.0.3", "127.0.0.4")
SETTLE_SECONDS = 1.0
SERVERS: dict[str, tuple[str, ...]] = {
    "FastAPI on uvicorn": ("-m", "uvicorn", APP, "--no-access-log"),
    "pronghorn on uvicorn, ASGI": (
        "-c",
        "import pronghorn.as_fastapi, uvicorn; uvicorn.main()",
        APP,
        "--no-access-log",
    ),
    "pronghorn run": (
        *("-m", "pronghorn", "run", "--as-fastapi", "--entrypoint", APP),
        "--no-access-log",
    ),
}
REQUEST = b"GET / HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\nUser-Agent: benchmark\r\n\r\n"
BODY = b'{"text": "%b"}' % (b"x" * 20_000)
POST = (
    b"POST /texts HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    b"Content-Length: %d\r\n\r\n%b" % (len(BODY), BODY)
)
HANDSHAKE = (
    b"GET /echo HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
#: "hello" in a text frame, masked with zeros, and the frame that comes back (RFC 6455, 5.2).
MESSAGE = b"\x81\x85\0\0\0\0hello"
REPLY = b"\x81\x05hello"


def keep_alive(connection: socket.socket) -> None:
    """Send a request and read its response."""
    exchange(connection, REQUEST, b"}")


def keep_alive_after_body(connection: socket.socket) -> None:
    """Send a request with a body of 20 kB and read its response."""
    exchange(connection, POST, b"}")


def websocket(connection: socket.socket) -> None:
    """Open a WebSocket, send a message and read its reply."""
    exchange(connection, HANDSHAKE, b"\r\n\r\n")
    exchange(connection, MESSAGE, REPLY)


KINDS: dict[str, tuple[str, Callable[[socket.socket], None]]] = {
    "keep_alive": ("idle keep-alive connection, bytes", keep_alive),
    "posted": ("the same after a JSON body of 20 kB, bytes", keep_alive_after_body),
    "websocket": ("open WebSocket, bytes", websocket),
}


def exchange(connection: socket.socket, sent: bytes, end: bytes) -> None:
    """Send bytes, and read until the bytes with which the reply ends."""
    connection.sendall(sent)
    received = b""
    while not received.endswith(end):
        part = connection.recv(4096)
        if not part:
            raise MeasurementError(f"The server closed a connection after {received!r}.")
        received += part


@contextlib.contextmanager
def serve(python: Path, command: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Start a server. Yields its port and its process number."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = ("--host", "127.0.0.1", "--port", str(port), "--timeout-keep-alive", "600")
    process = subprocess.Popen(
        [str(python), *command, *options],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
    )
    try:
        wait_until_it_answers(port, process)
        yield port, process.pid
    finally:
        process.kill()
        process.wait()


def wait_until_it_answers(port: int, process: subprocess.Popen[bytes]) -> None:
    """Return as soon as the server answers a request."""
    for _ in range(300):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1) as one:
            keep_alive(one)
            return
        if process.poll() is not None:
            break
        time.sleep(0.1)
    raise MeasurementError("A server did not start.")


def read_memory(pid: int) -> int:
    """Return the bytes of memory of a process, shared pages in proportion (PSS)."""
    time.sleep(SETTLE_SECONDS)
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))


def measure(python: Path, server: str, kind: str, count: int) -> float:
    """Return the bytes of each of so many connections to a fresh server."""
    use = KINDS[kind][1]
    with contextlib.ExitStack() as opened, serve(python, SERVERS[server]) as (port, pid):

        def open_all(number: int) -> None:
            for one in range(number):
                source = SOURCES[one % len(SOURCES)], 0
                address = "127.0.0.1", port
                use(opened.enter_context(socket.create_connection(address, 30, source)))

        open_all(FIRST)
        before = read_memory(pid)
        open_all(count)
        return (read_memory(pid) - before) / count


def raise_file_limit(count: int) -> None:
    """Allow this process and the servers as many open files as the connections need."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = count + FIRST + 100
    if most != resource.RLIM_INFINITY and most < needed:
        raise MeasurementError(
            f"{needed:,} open files are necessary; `ulimit -Hn` allows {most:,}."
        )
    resource.setrlimit(resource.RLIMIT_NOFILE, (needed, most))


def run(python: Path, rounds: int, count: int) -> dict[str, Any]:
    """Measure every server and kind, in turn."""
    found: dict[str, dict[str, list[dict[str, float]]]] = {
        kind: {server: [] for server in SERVERS} for kind in KINDS
    }
    for _ in range(rounds):
        for kind, servers in found.items():
            for server, figures in servers.items():
                figures.append({"bytes": measure(python, server, kind, count)})
    return {
        kind: {server: round(medians(figures)["bytes"]) for server, figures in servers.items()}
        for kind, servers in found.items()
    }


def rows_of(results: dict[str, Any]) -> list[Sequence[Any]]:
    """Return the table."""
    rows: list[Sequence[Any]] = [("", *SERVERS)]
    return [*rows, *((KINDS[kind][0], *figures.values()) for kind, figures in results.items())]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark. Returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="make bench-connections",
        description=__doc__,
        formatter_class=argparse.RawTextHelpFormatter,
    )
    parser.add_argument("--quick", action="store_true", help="1,000 connections, one round")
    options = parser.parse_args(arguments)
    count, rounds = (COUNT // 10, 1) if options.quick else (COUNT, 3)
    python = prepare("wire")
    try:
        if python is None:
            raise MeasurementError("The environment of the servers could not be created.")
        raise_file_limit(count)
        results = run(python, rounds, count)
    except MeasurementError as error:
        print(error, file=sys.stderr)
        return 1
    print(table(rows_of(results)))
    if not options.quick:
        facts = {**environment(python), "connections": count}
        print(f"\nWritten to {write('connections', {**facts, **results})}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
