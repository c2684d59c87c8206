"""Granian's log, which alone says that a part of a stream was sent to nobody."""

from __future__ import annotations

import logging
import threading

#: Where Granian says what it could not send.
LOGGER = logging.getLogger("_granian.asgi.io")
#: How it begins where a client has left a stream.
UNSENT = "ASGI transport error"


class _Unsent(threading.local):
    parts = 0


_unsent = _Unsent()


def unsent_parts() -> int:
    """How many parts this thread has sent to clients that had left.

    Granian says so while its `send` is called. Its other threads say it of parts that were waiting.
    """
    return _unsent.parts


def watch_unsent_parts() -> None:
    """Count the parts that nobody receives, where Granian would log each; once is enough.

    Whoever opens streams and leaves would fill the log, and one that is slow to take the lines
    holds up all requests. They name neither client nor path; the access log has both.
    """
    LOGGER.addFilter(_is_wanted)  # the same filter is not added twice
    if not LOGGER.isEnabledFor(logging.INFO):
        LOGGER.setLevel(logging.INFO)


def _is_wanted(record: logging.LogRecord) -> bool:
    if record.getMessage().startswith(UNSENT):
        _unsent.parts += 1
        return False
    general = LOGGER.parent or LOGGER
    return record.levelno >= general.getEffectiveLevel()  # which may be above the one set here
