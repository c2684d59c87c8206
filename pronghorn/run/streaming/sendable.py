"""Prepare the response objects of a program for sending."""

from __future__ import annotations

from typing import Any

from starlette.responses import StreamingResponse


def sendable(response: Any, *, holds_head: bool = True) -> Any:
    """Return an ASGI application that sends a response and closes its stream if it stops early.

    Args:
        response: The response. Its object stays unchanged, except for the iterator that it sends.
        holds_head: The head of a stream waits for its first part.
    """
    if not isinstance(response, StreamingResponse) and not hasattr(response, "body_iterator"):
        return response
    from pronghorn.run.streaming.send import deliver  # Few programs stream.

    return deliver(response, holds_head)
