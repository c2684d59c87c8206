"""`make bench-shapes`: streams, WebSocket, uploads, files and large bodies, beside FastAPI.

make bench-shapes                       about two minutes; writes benchmarks/results/shapes.json
make bench-shapes ARGS="--only upload"  one of them; nothing is written
make bench-shapes ARGS="--quick"        fewer rounds, an upload of 40 MB; nothing is written
"""

from __future__ import annotations

import argparse
import contextlib
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.record import (
    FRAMEWORKS,
    ROOT,
    MeasurementError,
    environment,
    in_turn,
    medians,
    table,
    write,
)
from benchmarks.run import prepare_environment

MODULE = "benchmarks.shaped"
IN_PROCESS = {
    "events": "server-sent events per second",
    "lines": "JSON Lines per second",
    "echo": "WebSocket messages echoed per second",
    "models": "JSON bodies of 1 MB to models per second",
    "data": "JSON bodies of 1 MB to dicts per second",
    "file": "static files of 100 kB per second",
    "long_file": "static files of 10 MB per second",
}
UPLOAD_BYTES = 200_000_000
PIECE = bytes(1024 * 1024)
BOUNDARY = "pronghornpronghorn"
#: Bytes of a first upload, enough to be written to a file like the second one. It loads the modules
#: that a server loads only once.
WARM_UP = 4_000_000


# --- the upload, over a socket ---------------------------------------------------------------


@contextlib.contextmanager
def server(python: Path, framework: str) -> Iterator[tuple[int, int]]:
    """Serve the application with uvicorn. Yields its port and its process number."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    arguments = [str(python), "-m", MODULE, framework, "serve", str(port)]
    with subprocess.Popen(arguments, cwd=ROOT) as process:
        try:
            wait_for(port, process)
            yield port, process.pid
        finally:
            process.terminate()


def wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    """Return as soon as the server accepts connections."""
    for _ in range(200):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        if process.poll() is not None:
            break
        time.sleep(0.1)
    raise MeasurementError("The server for the upload did not start.")


def upload(port: int, size: int) -> float:
    """Send a file as a form and return the seconds until the response arrives."""
    head = (
        f"--{BOUNDARY}\r\nContent-Disposition: form-data; name=file; filename=data.bin\r\n"
        "Content-Type: application/octet-stream\r\n\r\n"
    ).encode()
    tail = f"\r\n--{BOUNDARY}--\r\n".encode()
    request = (
        "POST /upload HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        f"Content-Type: multipart/form-data; boundary={BOUNDARY}\r\n"
        f"Content-Length: {len(head) + size + len(tail)}\r\n\r\n"
    ).encode()
    with socket.create_connection(("127.0.0.1", port)) as connection:
        started = time.perf_counter()
        connection.sendall(request + head)
        for _ in range(size // len(PIECE)):
            connection.sendall(PIECE)
        connection.sendall(PIECE[: size % len(PIECE)] + tail)
        answer = connection.makefile("rb").read()
        seconds = time.perf_counter() - started
    if json.loads(answer.rpartition(b"\r\n\r\n")[2]) != {"size": size}:
        raise MeasurementError(f"The upload was answered with {answer[:300]!r}")
    return seconds


def read_usage(pid: int) -> tuple[float, float]:
    """Return the seconds of processor time and the peak memory in MiB of a process."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    peak = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
    ticks = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(ticks[11]) + int(ticks[12])) / 100, int(peak.split()[1]) / 1024


def measure_upload(python: Path, rounds: int, size: int) -> dict[str, Any]:
    """Upload a file to both in turn; each time to a fresh server."""
    found: dict[str, list[dict[str, float]]] = {name: [] for name in FRAMEWORKS}
    for turn in range(rounds):
        for framework in FRAMEWORKS if turn % 2 == 0 else reversed(FRAMEWORKS):
            with server(python, framework) as (port, pid):
                upload(port, WARM_UP)
                before, _ = read_usage(pid)
                seconds = upload(port, size)
                after, peak = read_usage(pid)
            figures = {"seconds": seconds, "server_cpu_seconds": after - before}
            found[framework].append({**figures, "peak_mebibytes": peak})
    result: dict[str, Any] = {name: medians(rows) for name, rows in found.items()}
    return {"bytes": size, **result}


# --- the command -----------------------------------------------------------------------------


def measure(python: Path, name: str, rounds: int) -> dict[str, Any]:
    """Measure one of the shapes that need no socket."""
    found = in_turn(python, MODULE, rounds, name)
    ratio = found["pronghorn"]["per_second"] / found["fastapi"]["per_second"]
    return {"title": IN_PROCESS[name], "ratio": round(ratio, 2), **found}


def rows_of(results: dict[str, Any]) -> list[Sequence[Any]]:
    """Return the table."""
    rows: list[Sequence[Any]] = [("", "FastAPI", "pronghorn", "ratio")]
    for name, result in results.items():
        if name == "upload":
            for key in result["fastapi"]:
                pair = [result[framework][key] for framework in FRAMEWORKS]
                rows.append((f"upload, {key.replace('_', ' ')}", *pair, pair[0] / pair[1]))
        else:
            pair = [result[framework]["per_second"] for framework in FRAMEWORKS]
            rows.append((result["title"], *pair, result["ratio"]))
    return rows


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark. Returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="make bench-shapes",
        description=__doc__,
        formatter_class=argparse.RawTextHelpFormatter,
    )
    parser.add_argument("--only", action="append", choices=[*IN_PROCESS, "upload"])
    parser.add_argument("--quick", action="store_true", help="fewer rounds, a smaller upload")
    options = parser.parse_args(arguments)
    python = prepare_environment()
    rounds = 2 if options.quick else 5
    size = UPLOAD_BYTES // 5 if options.quick else UPLOAD_BYTES
    results: dict[str, Any] = {}
    try:
        for name in options.only or [*IN_PROCESS, "upload"]:
            if name == "upload":
                results[name] = measure_upload(python, min(rounds, 3), size)
            else:
                results[name] = measure(python, name, rounds)
    except MeasurementError as error:
        print(error, file=sys.stderr)
        return 1
    print(table(rows_of(results)))
    if not options.only and not options.quick:
        print(f"\nWritten to {write('shapes', {**environment(python), **results})}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
