"""Prepare the response objects of a program for sending."""

from __future__ import annotations

from importlib import import_module
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


def load_delivery(*, of_items: bool) -> None:
    """Import the code that sends streams, so that the first client does not wait for it.

    Args:
        of_items: Also import the code that encodes the items of generators.
    """
    import_module("pronghorn.run.streaming.send")
    if of_items:
        import_module("pronghorn.run.streaming.response")
