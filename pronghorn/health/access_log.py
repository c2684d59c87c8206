"""Keep successful probes out of the access logs of servers: there is one every few seconds."""

from __future__ import annotations

import logging
from typing import Any

#: The loggers, which are no modules.
LOGGERS = tuple(f"{server}.access" for server in ("uvicorn", "granian"))
#: A mount below a path parameter could have any number of paths.
MAXIMUM_PATHS = 100


class QuietProbes(logging.Filter):
    """Drops the records of successful probes."""

    def __init__(self) -> None:
        super().__init__()
        self._paths: set[str] = set()

    def add(self, path: str) -> None:
        """Drop the records of one path, as the server sees it, from now on."""
        if path in self._paths or len(self._paths) >= MAXIMUM_PATHS:
            return
        self._paths.add(path)
        for name in LOGGERS:
            logging.getLogger(name).addFilter(self)  # Adding it twice changes nothing.

    def filter(self, record: logging.LogRecord) -> bool:
        """Return False for a successful probe."""
        path, status = read_record(record.args)
        return status != 200 or path.partition("?")[0] not in self._paths


def read_record(arguments: Any) -> tuple[str, int]:
    """Return path and status of a record of an access log; an empty path if it has none."""
    if isinstance(arguments, tuple) and len(arguments) == 5:  # uvicorn
        return str(arguments[2]), arguments[4]
    if isinstance(arguments, dict):  # Granian
        return str(arguments.get("path", "")), arguments.get("status", 0)
    return "", 0


quiet = QuietProbes()
