"""Correct Granian's logs: parts of streams that clients did not receive, and control characters.

Only its log reports such parts, and its access log has the path as the client wrote it, decoded.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

#: The logger to which Granian reports what it could not send.
LOGGER = logging.getLogger("_granian.asgi.io")
#: The logger of requests.
ACCESS = logging.getLogger("granian.access")
#: Characters that stand for themselves in a line of the access log, apart from those of a path.
PRINTABLE = "".join(map(chr, range(32, 127)))
#: The beginning of the message about a client that has left a stream.
UNSENT = "ASGI transport error"


class _Unsent(threading.local):
    parts = 0


class _Level:
    #: The level of the logger before `watch_unsent_parts` lowered it.
    of_program = logging.NOTSET


_unsent = _Unsent()


def unsent_parts() -> int:
    """Return the number of parts that this thread has sent to clients that had left.

    Granian logs them while its `send` runs. Its other threads log parts that were waiting.
    """
    return _unsent.parts


def watch_unsent_parts() -> None:
    """Count the parts that Granian discards, instead of logging each; calling it once is enough.

    A client that opens streams and leaves would fill the log, and a slow reader of the log holds up
    all requests. The messages contain neither client nor path; the access log has both.
    """
    if _is_wanted in LOGGER.filters:
        return
    LOGGER.addFilter(_is_wanted)
    if not LOGGER.isEnabledFor(logging.INFO):
        _Level.of_program = LOGGER.level
        LOGGER.setLevel(logging.INFO)


def _is_wanted(record: logging.LogRecord) -> bool:
    if record.getMessage().startswith(UNSENT):
        _unsent.parts += 1
        return False
    general = LOGGER.parent or LOGGER
    # The level of the program may be higher than the one set here.
    return record.levelno >= (_Level.of_program or general.getEffectiveLevel())


def escape_access_log() -> None:
    """Escape what clients sent in the lines of the access log; calling it once is enough.

    In a decoded path, a line end would begin another line, ESC a command to a terminal, and a
    quotation mark the rest of a line that the client has made up.
    """
    if _escape_values not in ACCESS.filters:
        ACCESS.addFilter(_escape_values)


def _escape_values(record: logging.LogRecord) -> bool:
    if isinstance(record.args, Mapping):
        record.args = {name: _escape(name, value) for name, value in record.args.items()}
    return True


def _escape(name: str, value: Any) -> Any:
    """Return a value of the log; a path in percent-encoding, as uvicorn writes it."""
    if not isinstance(value, str):
        return value
    if name == "path":
        return quote(value, errors="surrogateescape")
    if value.isascii() and value.isprintable():
        return value
    return quote(value, safe=PRINTABLE, errors="surrogateescape")
