"""Count the parts of streams that clients did not receive; only Granian's log reports them."""

from __future__ import annotations

import logging
import threading

#: The logger to which Granian reports what it could not send.
LOGGER = logging.getLogger("_granian.asgi.io")
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
