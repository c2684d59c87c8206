"""What span and log processors may look at while a request is answered. It is never exported.

The context that OpenTelemetry hands to processors holds a cell; the cell holds the data, and is
emptied when the request is over. So a context that somebody keeps does not keep the request.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from opentelemetry.context import Context, create_key, get_value
from starlette.requests import Request
from starlette.websockets import WebSocket

#: Where the cell is in a context.
CELL_KEY = create_key("fastapi-telemetry")


@dataclass(kw_only=True, eq=False)
class TelemetryData:
    """One request or connection, as far as it has come."""

    request: Request | None = None
    """The request; set when its route begins."""
    websocket: WebSocket | None = None
    """The connection; set when its route begins."""
    body: Any = None
    """The body, read and parsed, not validated; of an unreadable one its text."""
    values: dict[str, Any] | None = None
    """The arguments of the endpoint; set when its dependencies have been called."""
    errors: Sequence[Any] | None = None
    """What is wrong with the request, with the values that were sent; empty if it is valid."""


class Cell:
    """Holds the data of a request until it is over."""

    __slots__ = ("data",)

    def __init__(self) -> None:
        self.data: TelemetryData | None = TelemetryData()


def get_telemetry_data(context: Context | None = None) -> TelemetryData | None:
    """The data of the request that is being answered.

    Args:
        context: A context of OpenTelemetry, such as the `parent_context` of a span processor or
            the `context` of a log record; `None` for the current one.

    Returns:
        The data; `None` outside of requests, after them, and where they are not observed.
    """
    cell = get_value(CELL_KEY, context)
    return cell.data if isinstance(cell, Cell) else None
