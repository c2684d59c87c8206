"""Correct Granian's logs: parts of streams that clients did not receive, and control characters.

Only its log reports such parts, and its access log has the path as the client wrote it, decoded.
"""

from __future__ import annotations

import logging
import re
import threading

#: The logger to which Granian reports what it could not send.
LOGGER = logging.getLogger("_granian.asgi.io")
#: The logger of requests.
ACCESS = logging.getLogger("granian.access")
#: Control characters, of which line ends would begin another line, and ESC a command to a terminal.
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
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
    """Escape control characters of paths in the access log; calling it once is enough."""
    if _escape not in ACCESS.filters:
        ACCESS.addFilter(_escape)


def _escape(record: logging.LogRecord) -> bool:
    if isinstance(record.args, dict):
        record.args = {
            name: CONTROL.sub(_quote, value) if isinstance(value, str) else value
            for name, value in record.args.items()
        }
    return True


def _quote(found: re.Match[str]) -> str:
    return f"\\x{ord(found[0]):02x}"
