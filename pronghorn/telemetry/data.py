"""Data that span and log processors may read while a request is served. It is never exported.

The context that OpenTelemetry passes to processors contains a cell. The cell contains the data and
is emptied at the end of the request, so a context that is kept does not keep the request alive.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from opentelemetry.context import Context, create_key, get_value
from starlette.requests import Request
from starlette.websockets import WebSocket

#: The key of the cell in a context.
CELL_KEY = create_key("fastapi-telemetry")


@dataclass(kw_only=True, eq=False)
class TelemetryData:
    """The current state of one request or connection.

    Args:
        request: The request; set when its route begins.
        websocket: The connection; set when its route begins.
        body: The body, parsed but not validated; the text of an unreadable body.
        values: The arguments of the endpoint; set when its dependencies have been called.
        errors: The validation errors, with the values that were sent; empty if the request is
            valid.
    """

    request: Request | None = None
    """The request; set when its route begins."""
    websocket: WebSocket | None = None
    """The connection; set when its route begins."""
    body: Any = None
    """The body, parsed but not validated; the text of an unreadable body."""
    values: dict[str, Any] | None = None
    """The arguments of the endpoint; set when its dependencies have been called."""
    errors: Sequence[Any] | None = None
    """The validation errors, with the values that were sent; empty if the request is valid."""


class Cell:
    """Holds the data of a request until the request ends."""

    __slots__ = ("data",)

    def __init__(self) -> None:
        self.data: TelemetryData | None = TelemetryData()


def get_telemetry_data(context: Context | None = None) -> TelemetryData | None:
    """Return the data of the request that is being served.

    Args:
        context: A context of OpenTelemetry, such as the `parent_context` of a span processor or the
            `context` of a log record; `None` for the current one.

    Returns:
        The data; `None` outside of requests, after them, and for requests that are not observed.
    """
    cell = get_value(CELL_KEY, context)
    return cell.data if isinstance(cell, Cell) else None
