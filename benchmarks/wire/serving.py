"""A contender as a process on one core."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from benchmarks.processes import ServerProcess, StartError
from benchmarks.wire.contenders import Contender
from benchmarks.wire.environments import APPS, variables
from benchmarks.wire.load import BODY, TARGETS

ANSWERS = {
    "GET": {"item_id": 42, "q": "hello", "limit": 10},
    "POST": json.loads(BODY),
}


class Running(ServerProcess):
    """A contender that was started.

    Args:
        contender: The contender.
        interpreter: The interpreter of its environment.
        core: The processor to pin it to; None leaves it to the system.

    Raises:
        StartError: It did not start, or answers wrongly.
    """

    def __init__(self, contender: Contender, interpreter: Path, core: int | None) -> None:
        self.contender = contender
        command = (str(interpreter), *contender.command)
        super().__init__(command, APPS, variables(contender.environment), core)
        try:
            self.wait(self._is_ready)
            if contender.validates:
                self._check()
        except BaseException:
            self.stop()
            raise

    def _is_ready(self) -> bool:
        self.answer("GET")
        return True

    def _check(self) -> None:
        for method, expected in ANSWERS.items():
            found = self.answer(method)
            if found != expected:
                raise StartError(f"{method} answered {found}, not {expected}")
        if self.status_of_invalid() < 400:
            raise StartError("it accepted a request that is not valid")

    def answer(self, method: str) -> Any:
        """Return the JSON of one response."""
        body = BODY if method == "POST" else None
        request = urllib.request.Request(
            self.url_of(method),
            data=body,
            method=method,
            headers={"Content-Type": "application/json"} if body else {},
        )
        with urllib.request.urlopen(request, timeout=5) as response:
            return json.loads(response.read())

    def status_of_invalid(self) -> int:
        """Return the status of the response to a body with a price that is not a number."""
        request = urllib.request.Request(
            self.url_of("POST"),
            data=b'{"name": "pen", "price": "much"}',
            method="POST",
            headers={"Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=5) as response:
                return int(response.status)
        except urllib.error.HTTPError as error:
            return error.code

    def url_of(self, method: str) -> str:
        """Return the URL for the requests of a method."""
        return self.url + TARGETS[method]
