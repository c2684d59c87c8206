"""Send requests as fast as a contestant answers them, with wrk."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.processes import pin
from benchmarks.service.environments import ROOT
from benchmarks.service.requests import Request

CONNECTIONS = 64
WRK = ("wrk", "-t1", f"-c{CONNECTIONS}", "--timeout", "10s")
ADVICE = "The load comes from wrk, which is not installed; on Debian: apt-get install wrk"
SCRIPT = """local requests = {}
function init(arguments)
%s
end
local at = 0
function request()
  at = at %% #requests + 1
  return requests[at]
end
"""


class LoadError(Exception):
    """The load could not be sent, or a response was no success."""


def require_wrk() -> None:
    """Raise LoadError if wrk is not installed."""
    if shutil.which("wrk") is None:
        raise LoadError(ADVICE)


def write_script(requests: Sequence[Request], host: str) -> str:
    """Return the program in Lua that makes wrk send these requests in turn."""
    texts = (json.dumps(request.as_bytes(host).decode()) for request in requests)
    # JSON and Lua write these strings alike: they are ASCII without a slash or a letter escaped.
    return SCRIPT % "\n".join(f"  requests[{n}] = {text}" for n, text in enumerate(texts, 1))


def full_load(url: str, requests: Sequence[Request], seconds: int, core: int | None) -> float:
    """Send requests for a while on all connections; return the answers per second.

    Raises:
        LoadError: A response was not a success, or a connection failed.
    """
    host = url.removeprefix("http://")
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "load.lua"
        script.write_text(write_script(requests, host), encoding="utf-8")
        done = subprocess.run(
            [*WRK, f"-d{seconds}s", "-s", str(script), url],
            check=False,
            capture_output=True,
            text=True,
            preexec_fn=pin(core),  # type: ignore[arg-type]
        )
    return read_output(done.stdout + done.stderr)


def read_output(output: str) -> float:
    """Return the requests per second that wrk has printed.

    Raises:
        LoadError: There are none, or not all were answered with a success.
    """
    found = re.search(r"Requests/sec:\s+([\d.]+)", output)
    if found is None or "Non-2xx" in output or "Socket errors" in output:
        raise LoadError(output.strip())
    return float(found[1])


def steady_load(
    python: Path,
    url: str,
    requests: Sequence[Request],
    rate: float,
    seconds: float,
    core: int | None,
) -> dict[str, float]:
    """Send requests at a fixed rate; return the percentiles of their times in milliseconds.

    Raises:
        LoadError: A response was not a success, or there was none.
    """
    host = url.removeprefix("http://")
    name, _, port = host.partition(":")
    texts = [request.as_bytes(host).decode() for request in requests]
    job = {"requests": texts, "rate": rate, "seconds": seconds, "host": name, "port": int(port)}
    done = subprocess.run(
        [str(python), "-m", "benchmarks.service.steady"],
        check=False,
        cwd=ROOT,
        input=json.dumps(job),
        capture_output=True,
        text=True,
        preexec_fn=pin(core),  # type: ignore[arg-type]
    )
    if done.returncode:
        raise LoadError(done.stderr.strip())
    found: dict[str, float] = json.loads(done.stdout)
    if found.pop("failed"):
        raise LoadError(f"Not all requests at {rate:.0f} per second were answered with a success.")
    return found
