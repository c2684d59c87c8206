"""Run the programs of others: `docker`, `kamal`, `kubectl`.

A value of a secret is handed over in `env` or `input`, never in `argv`, which every user of the
machine can read.
"""

from __future__ import annotations

import os
import queue
import re
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

__all__ = ["INTERRUPTED", "NOT_FOUND", "TIMED_OUT", "Finished", "find", "run", "stream"]

NOT_FOUND = 127
"""The exit code of a program that is not there, as in a shell."""

TIMED_OUT = 124
"""The exit code of a program that had to be ended, as that of timeout(1)."""

INTERRUPTED = 130
"""The exit code of `stream` after Ctrl+C."""

_SECONDS_TO_END = 10.0
_ERROR = re.compile(r"(?i)\berrors?\b|failed|denied|cannot")
# Children of a program that was killed may keep its output open.
_SECONDS_TO_READ = 1.0


@dataclass(frozen=True)
class Finished:
    """A program that has ended.

    Attributes:
        argv: Its command line.
        code: Its exit code; `NOT_FOUND` if it is not there, `TIMED_OUT` if it had to be ended.
        out: What it wrote to standard output.
        err: What it wrote to standard error.
    """

    argv: tuple[str, ...]
    code: int
    out: str
    err: str

    @property
    def ok(self) -> bool:
        """Whether it did what it was asked for."""
        return self.code == 0

    @property
    def timed_out(self) -> bool:
        """Whether it had to be ended."""
        return self.code == TIMED_OUT

    @property
    def reason(self) -> str:
        """The last line that speaks of an error, or the last one that it wrote."""
        if self.timed_out:
            return f"{self.argv[0]} did not end in time"
        for text in (self.err, self.out):
            lines = [line.strip() for line in text.splitlines() if line.strip()]
            if lines:
                return ([line for line in lines if _ERROR.search(line)] or lines)[-1]
        return f"{self.argv[0]} ended with exit code {self.code}"


def find(name: str) -> str | None:
    """Return the path of a program; None if it is not installed."""
    return shutil.which(name)


def run(
    argv: Sequence[str],
    *,
    env: Mapping[str, str] | None = None,
    input: str | None = None,
    timeout: float | None = None,
    say: Callable[[str], None] | None = None,
    folder: Path | None = None,
) -> Finished:
    """Run a program to its end.

    Args:
        argv: The program and its arguments.
        env: Variables beside those of this process.
        input: What it reads from standard input; nothing by default.
        timeout: Seconds after which it is ended; it has 10 more to do so itself.
        say: Called with each line while the program runs.
        folder: Its working directory; that of this process by default.

    Returns:
        The program that has ended, also if it failed or is not there.

    Raises:
        KeyboardInterrupt: The user has interrupted it. It has ended then.
    """
    try:
        process = subprocess.Popen(
            argv,
            env={**os.environ, **(env or {})},
            stdin=subprocess.PIPE if input is not None else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=folder,
        )
    except OSError as error:
        message = f"{argv[0]} could not be started: {error.strerror or error}"
        if isinstance(error, FileNotFoundError):
            message = f"{argv[0]} is not installed, or not in a folder of PATH"
        return Finished(tuple(argv), NOT_FOUND, "", message)
    return _Reading(process, input, say).finish(argv, timeout)


def stream(
    argv: Sequence[str],
    *,
    env: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> int:
    """Run a program that writes to the terminal itself.

    Args:
        argv: The program and its arguments.
        env: Variables beside those of this process.
        folder: Its working directory; that of this process by default.

    Returns:
        Its exit code; `NOT_FOUND` if it is not there, `INTERRUPTED` after Ctrl+C.
    """
    try:
        process = subprocess.Popen(argv, env={**os.environ, **(env or {})}, cwd=folder)
    except OSError:
        return NOT_FOUND
    try:
        return process.wait()
    except KeyboardInterrupt:
        _end(process)
        return INTERRUPTED


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a program: it may do so itself, and is killed if it does not.

    A terminal sends Ctrl+C to it as well, so it gets a moment before it is told.
    """
    for tell in (process.terminate, process.kill):
        try:
            process.wait(_SECONDS_TO_END if tell == process.kill else 0.5)
        except subprocess.TimeoutExpired:
            tell()
    process.wait()


class _Reading:
    """Reads both outputs of a program, and calls `say` in the thread that waits for it."""

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        given: str | None,
        say: Callable[[str], None] | None,
    ) -> None:
        self.process = process
        self.say = say
        self.texts: dict[str, list[str]] = {"out": [], "err": []}
        self.lines: queue.SimpleQueue[tuple[str, str] | None] = queue.SimpleQueue()
        for name, pipe in (("out", process.stdout), ("err", process.stderr)):
            self._start(self._read, name, pipe)
        if given is not None:
            self._start(self._write, given, process.stdin)

    @staticmethod
    def _start(function: Callable[..., None], *args: object) -> None:
        threading.Thread(target=function, args=args, daemon=True).start()

    def _read(self, name: str, pipe: IO[bytes]) -> None:
        with pipe:
            for line in _decode(pipe):
                self.lines.put((name, line))
        self.lines.put(None)

    @staticmethod
    def _write(given: str, pipe: IO[bytes]) -> None:
        try:
            with pipe:
                pipe.write(given.encode())
        except BrokenPipeError:
            return  # It has ended without reading, and its exit code says why.

    def finish(self, argv: Sequence[str], timeout: float | None) -> Finished:
        """Return the program when it has ended."""
        until = time.monotonic() + timeout if timeout is not None else float("inf")
        try:
            self._read_all(until)
            code = self.process.wait(max(0.0, until - time.monotonic()) if timeout else None)
        except subprocess.TimeoutExpired:
            code = TIMED_OUT
        except BaseException:
            _end(self.process)
            raise
        if code == TIMED_OUT:
            _end(self.process)
        return Finished(tuple(argv), code, self._text("out"), self._text("err"))

    def _read_all(self, until: float) -> None:
        """Take lines until both outputs have ended; the program may have ended before."""
        open_pipes = 2
        ended_at = float("inf")
        while open_pipes:
            now = time.monotonic()
            if now > until:
                raise subprocess.TimeoutExpired(self.process.args, 0)
            if self.process.poll() is not None:
                ended_at = min(ended_at, now)
            if now > ended_at + _SECONDS_TO_READ:
                return
            try:
                taken = self.lines.get(timeout=0.1)
            except queue.Empty:
                continue
            if taken is None:
                open_pipes -= 1
                continue
            self._take(*taken)

    def _take(self, name: str, line: str) -> None:
        self.texts[name].append(line)
        if self.say is not None:
            self.say(line)

    def _text(self, name: str) -> str:
        return "\n".join(self.texts[name])


def _decode(lines: Iterable[bytes]) -> Iterable[str]:
    for line in lines:
        yield line.decode(errors="replace").rstrip("\r\n")
