"""The handler of `--log-format`: it writes to standard output."""

from __future__ import annotations

import logging
import sys
import time
from typing import Any, TextIO

from pronghorn.logs.formatters import ConsoleFormatter, JSONFormatter


class ServerHandler(logging.StreamHandler[TextIO]):
    """Writes to a stream, in the format that the command line names.

    Args:
        kind: `"json"` or `"console"`.
        stream: The stream; by default standard output.
    """

    def __init__(self, kind: str, stream: TextIO | None = None) -> None:
        super().__init__(stream or sys.stdout)
        self._structured = JSONFormatter() if kind == "json" else ConsoleFormatter()
        self.setFormatter(self._structured)

    def write_request(self, name: str, level: int, fields: dict[str, Any]) -> None:
        """Write the line for a request without a record, which costs more than the line.

        Args:
            name: The name of the logger.
            level: The level of the line.
            fields: The fields, which are clean.
        """
        level_name = logging.getLevelName(level)
        line = self._structured.format_request(time.time(), name, level_name, fields)
        try:
            self.acquire()
            try:
                self.stream.write(line + self.terminator)
                self.flush()
            finally:
                self.release()
        except Exception:  # noqa: BLE001 - `logging` reports it in its own way
            self.handleError(logging.LogRecord(name, level, __file__, 0, line, None, None))
