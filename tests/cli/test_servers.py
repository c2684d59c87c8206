"""The servers and protocols of `pronghorn run`."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pytest

import pronghorn
from pronghorn.cli import MissingExtraError, checks
from pronghorn.cli.serve_options import ServeOptions
from tests.contract.servers import free_port

Write = Callable[..., Path]
PROJECT = Path(pronghorn.__file__).parent.parent
PATIENCE = 30.0

APP = """
import traceback
from contextlib import asynccontextmanager
from pronghorn import FastAPI, Request


@asynccontextmanager
async def lifespan(app):
    print("life begins", flush=True)
    yield {"name": "shop"}
    print("life ends", flush=True)


app = FastAPI(lifespan=lifespan)


@app.get("/")
async def about(request: Request):
    frames = {frame.name for frame in traceback.extract_stack()}
    return {
        "asgi": "run_asgi" in frames or "_runner" in frames,
        "granian": "future_watcher" in frames,
        "scheme": request.url.scheme,
        "root_path": request.scope["root_path"],
        "state": request.state.name,
    }
"""


@contextmanager
def running(*arguments: str) -> Iterator[tuple[str, subprocess.Popen[bytes], IO[bytes]]]:
    """A running command: the address it serves, the process, and the file of its output."""
    port = free_port()
    environment = {**os.environ, "PYTHONPATH": str(PROJECT), "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", "pronghorn", "run", "--host", "127.0.0.1"]
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            [*command, "--port", str(port), *arguments],
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            yield f"http://127.0.0.1:{port}", process, output
        finally:
            process.terminate()
            process.wait(PATIENCE)


def get(url: str, **headers: str) -> str:
    """The body of a response; the server may still be starting."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            request = urllib.request.Request(url, headers=headers)
            with urllib.request.urlopen(request, timeout=PATIENCE) as response:
                text: str = response.read().decode()
                return text
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


@pytest.mark.parametrize(
    ("arguments", "way"),
    [
        ([], '"asgi":false,"granian":false'),
        (["--protocol", "asgi"], '"asgi":true,"granian":false'),
        (["--server", "granian"], '"granian":true'),
        (["--server", "granian", "--protocol", "asgi"], '"granian":true'),
    ],
    ids=["uvicorn", "uvicorn asgi", "granian", "granian asgi"],
)
def test_ways_to_the_app(write: Write, arguments: list[str], way: str) -> None:
    write("main.py", APP)
    with running(*arguments, "--root-path", "/api") as (url, process, output):
        found = get(url + "/", **{"X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.7"})
        process.terminate()
        process.wait(PATIENCE)
        output.seek(0)
        printed = output.read().decode()
    assert way in found
    if arguments:
        assert re.search(r"server +(uvicorn|granian), asgi protocol", printed)
    assert '"scheme":"https","root_path":"/api","state":"shop"' in found
    assert printed.index("life begins") < printed.index("life ends")
    assert re.search(r'"GET /api/ HTTP/1\.1" 200', printed)


def test_no_access_log(write: Write) -> None:
    write("main.py", APP)
    with running("--no-access-log") as (url, process, output):
        get(url + "/")
        process.terminate()
        process.wait(PATIENCE)
        output.seek(0)
        assert b"GET /" not in output.read()


def test_server_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "granian", None)
    options = ServeOptions("127.0.0.1", 8000, reload=False, server="granian")
    with pytest.raises(MissingExtraError, match=r"""extra 'granian': pip install "granian<"""):
        checks.check_options(options)
