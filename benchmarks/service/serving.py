"""A contestant as a process on one core."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from benchmarks.processes import ServerProcess, StartError
from benchmarks.service.contestants import Contestant
from benchmarks.service.requests import Request, send

APPS = Path(__file__).parent / "apps"


class Running(ServerProcess):
    """A contestant that was started.

    Args:
        contestant: The contestant.
        interpreter: The interpreter of its environment.
        variables: The environment variables of its process.
        core: The processor to pin it to; None leaves it to the system.

    Raises:
        StartError: It did not start.
    """

    def __init__(
        self,
        contestant: Contestant,
        interpreter: Path,
        variables: Mapping[str, str],
        core: int | None,
    ) -> None:
        self.contestant = contestant
        command = (str(interpreter), *contestant.command)
        super().__init__(command, APPS, {**os.environ, **variables}, core)
        try:
            self.wait(self._is_ready)
        except StartError as error:
            self.stop()
            raise StartError(f"{contestant.name}: {error}") from None
        except BaseException:
            self.stop()
            raise

    def _is_ready(self) -> bool:
        return send(self.url, Request("GET", self.contestant.ready)).status == 200
