"""Run commands as processes, and read their responses over a socket."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any

import pronghorn

PROJECT = Path(pronghorn.__file__).parent.parent

STARTED = "Application startup complete."


class Server:
    """A running command, and what it has printed so far.

    Args:
        process: Its output is a pipe.
    """

    def __init__(self, process: subprocess.Popen[str], port: int) -> None:
        self.process = process
        self.port = port
        self.lines: list[str] = []
        self._printed: SimpleQueue[str | None] = SimpleQueue()
        Thread(target=self._keep_what_is_printed, daemon=True).start()

    def _keep_what_is_printed(self) -> None:
        """Read all the time, not only while a test waits: a pipe that is full stops the server."""
        assert self.process.stdout is not None
        try:
            with self.process.stdout as printed:
                for line in printed:
                    self._printed.put(line)
        finally:
            self._printed.put(None)

    def _new_lines(self) -> Iterator[str]:
        while (line := self._printed.get()) is not None:
            yield line
        self._printed.put(None)  # for whoever asks again after the end

    def wait_for(self, text: str) -> None:
        """Take output until a line has the text; the test's own timeout ends a longer wait."""
        for line in self._new_lines():
            self.lines.append(line)
            if text in line:
                return
        raise AssertionError("the server ended:\n" + "".join(self.lines))

    def has_printed(self, text: str) -> bool:
        """Take the output that is there, and say whether any line has the text."""
        with suppress(Empty):
            while (line := self._printed.get_nowait()) is not None:
                self.lines.append(line)
            self._printed.put(None)  # for whoever asks again after the end
        return any(text in line for line in self.lines)

    def get(self, path: str = "/") -> Any:
        """The JSON answer to a GET request.

        uvicorn says that it has started a moment before it listens, so a refusal is tried again
        while the process lives.
        """
        while True:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}") as response:
                    return json.load(response)
            except urllib.error.URLError as error:
                if not isinstance(error.reason, ConnectionRefusedError) or self.process.poll():
                    raise
                time.sleep(0.05)

    def ask(self, path: str, method: str = "GET", **headers: str) -> tuple[int, str]:
        """Status and text of an answer, after the server has answered `get`."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port)
        try:
            connection.request(method, path, headers=headers)
            response = connection.getresponse()
            return response.status, response.read().decode()
        finally:
            connection.close()

    def wait_until_watching(self, folder: Path) -> None:
        """Wait until the reloader is told of changes in a folder, or looks for them itself.

        uvicorn begins to watch a quarter of a second after it has started the process that serves,
        which may answer before that: an edit in between is not seen. The system lists what is
        watched: https://man7.org/linux/man-pages/man5/proc_pid_fdinfo.5.html
        """
        watch = f" ino:{folder.stat().st_ino:x} "
        process = Path(f"/proc/{self.process.pid}")
        while self.process.poll() is None:
            if any(watch in text for text in map(_text_of, process.glob("fdinfo/*"))):
                return
            if any("notify-rs poll" in text for text in map(_text_of, process.glob("task/*/comm"))):
                return
            time.sleep(0.02)
        raise AssertionError(f"the reloader ended with {self.process.returncode}")

    def stop(self) -> int:
        """Send SIGTERM and return the exit code."""
        self.process.send_signal(signal.SIGTERM)
        self.lines += self._new_lines()
        return self.process.wait()

    @property
    def output(self) -> str:
        """What it printed up to the line that was waited for last; after `stop`, everything."""
        return "".join(self.lines)


def _text_of(file: Path) -> str:
    try:
        return file.read_text()
    except OSError:  # closed since it was listed
        return ""


def environment(**extra: str) -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in {"FASTAPI_ENV", "PORT", "WEB_CONCURRENCY", "PYTHONPATH"}
    }
    return {**kept, "PYTHONPATH": str(PROJECT), "PYTHONUNBUFFERED": "1", **extra}


@contextmanager
def served(
    *arguments: str, started: str = STARTED, port: int | None = None, **extra: str
) -> Iterator[Server]:
    """Start a command and wait until it says `started`; end it afterwards.

    The command has a free port in `PORT`, unless the caller names the port that it has otherwise.
    """
    variables = {} if port is not None else {"PORT": str(port := free_port())}
    process = subprocess.Popen(
        [sys.executable, "-m", "pronghorn", *arguments],
        env=environment(**{**variables, **extra}),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    server = Server(process, port)
    try:
        server.wait_for(started)
        yield server
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command that ends by itself."""
    return subprocess.run(
        [sys.executable, "-m", "pronghorn", *arguments],
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
