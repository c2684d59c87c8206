"""The child processes of `pronghorn diff`, as seen by the parent process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from pronghorn.cli.diff_requests import Request
from pronghorn.cli.errors import CommandError

__all__ = ["Answer", "Engine"]

_LAST_LINES = 15


@dataclass(frozen=True)
class Answer:
    """The response to one request.

    Attributes:
        status: The status code; 0 without a response.
        headers: Names and values, in the order in which they were sent.
        body: The bytes of the body, as text of the characters up to U+00FF.
        error: The class of the exception that left the app, which a server would log.
        complete: True if the response ended before the time limit.
    """

    status: int
    headers: list[list[str]] = field(default_factory=list)
    body: str = ""
    error: str = ""
    complete: bool = True


class Engine:
    """One engine with the program on it, in a process of its own.

    Attributes:
        name: Its name in reports.
        document: The OpenAPI document; empty if the program does not run.
        undocumented: The routes that the document does not describe, by their kind.
        failure: The reason why the program does not run, or None.
    """

    def __init__(self, name: str, job: dict[str, Any]) -> None:
        self.name = name
        self.document: dict[str, Any] = {}
        self.failure: CommandError | None = None
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed by __exit__
        self._process = subprocess.Popen(
            [sys.executable, "-m", "pronghorn.cli.diff_worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env=_environment(),
        )
        self._send({**job, "engine": name})
        described = self._receive()
        self.document = described.get("document", {})
        self.undocumented: dict[str, list[str]] = described.get("undocumented", {})
        if self.failure is None:
            self._receive()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._errors.close()

    def ask(self, requests: Sequence[Request]) -> list[Answer]:
        """Return the responses to requests, which are sent one after the other.

        Raises:
            CommandError: The process ended in between.
        """
        self._send([request.to_json() for request in requests])
        answers = self._receive().get("answers", [])
        if self.failure is not None:
            raise self.failure
        return [Answer(**answer) for answer in answers]

    def _send(self, message: Any) -> None:
        if self._process.stdin is None or self.failure is not None:
            return
        try:
            self._process.stdin.write(json.dumps(message).encode() + b"\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            pass  # The process has ended; its last output gives the reason.

    def _receive(self) -> dict[str, Any]:
        line = self._process.stdout.readline() if self._process.stdout is not None else b""
        if not line:
            self._process.wait()
            self.failure = CommandError(
                f"The program ended its process (exit code {self._process.returncode})",
                "An app must not exit while it is imported or called",
                detail=self._last_output(),
            )
            return {}
        message: dict[str, Any] = json.loads(line)
        if message.get("failure"):
            failure = message["failure"]
            self.failure = CommandError(
                failure["message"],
                failure["hint"],
                detail=failure["detail"] or self._last_output(),
            )
        return message

    def _last_output(self) -> str:
        self._errors.seek(0)
        lines = self._errors.read().decode("utf-8", "replace").splitlines()
        return "\n".join(lines[-_LAST_LINES:])


def _environment() -> dict[str, str]:
    """Return a copy of this environment that makes both children behave alike.

    They order sets alike, and find pronghorn even if it is not installed.
    """
    environment = {"PYTHONHASHSEED": "0", **os.environ}
    home = Path(__file__).parents[2]
    if "site-packages" not in home.parts:
        paths = [path for path in (os.environ.get("PYTHONPATH"), str(home)) if path]
        environment["PYTHONPATH"] = os.pathsep.join(paths)
    return environment
