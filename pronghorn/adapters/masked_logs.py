"""Mask secrets in the query strings that servers write into their logs."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from pronghorn.core.secret_names import mask_query

#: The loggers of requests, and uvicorn's logger of WebSocket connections. They are no modules.
LOGGERS = tuple(
    f"{server}.{kind}"
    for server, kind in (("uvicorn", "access"), ("uvicorn", "error"), ("granian", "access"))
)
MASK = "***"


def mask_access_logs() -> None:
    """Mask the values of secret query parameters in the logs of servers; once is enough.

    `GET /items?token=abc` becomes `GET /items?token=***`. The names are those of
    `pronghorn.core.secret_names`.
    """
    for name in LOGGERS:
        logging.getLogger(name).addFilter(_mask_arguments)  # Adding it twice changes nothing.


def _mask_arguments(record: logging.LogRecord) -> bool:
    arguments = record.args
    if isinstance(arguments, tuple):
        if any(type(value) is str and "?" in value for value in arguments):
            record.args = tuple(map(_mask_target, arguments))
    elif isinstance(arguments, Mapping):  # Granian
        query = arguments.get("query_string")
        masked = {name: _mask_target(value) for name, value in arguments.items()}
        if isinstance(query, str):
            masked["query_string"] = mask_query(query, MASK)
        record.args = masked
    return True


def _mask_target(value: Any) -> Any:
    """Return the target of a request with its query masked; any other value unchanged."""
    if type(value) is not str or "?" not in value:
        return value
    path, mark, query = value.partition("?")
    return f"{path}{mark}{mask_query(query, MASK)}"
