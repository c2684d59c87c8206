"""Granian's log, without a line for each part of a stream that nobody receives."""

from __future__ import annotations

import logging

#: Where Granian says what it could not send.
LOGGER = "_granian.asgi.io"
#: How it begins where a client has left a stream.
UNSENT = "ASGI transport error"


def leave_out_unsent_parts() -> None:
    """Keep Granian from logging each part of a stream whose client has left; once is enough.

    Such a part costs no wait, so a thousand of them are sent before the event loop is told that
    the client has left, and whoever opens streams and leaves would fill the log. The thread that
    serves writes the lines: a log that is slow to take them holds up all other requests. They
    name neither client nor path, which the access log does.
    """
    logging.getLogger(LOGGER).addFilter(_is_wanted)  # the same filter is not added twice


def _is_wanted(record: logging.LogRecord) -> bool:
    return not record.getMessage().startswith(UNSENT)
