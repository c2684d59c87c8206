"""The line for each request, with the template of its route."""

from __future__ import annotations

import logging
from typing import Any

from starlette.requests import HTTPConnection

from pronghorn.core import secret_names
from pronghorn.hooks import OBSERVED, OBSERVERS, Observed, observe, stop_observing
from pronghorn.logs.clean import MASK, SURROGATES, clean_text
from pronghorn.logs.context import current_ids, find_ids
from pronghorn.logs.formatters import ACCESS_FIELDS
from pronghorn.logs.handler import ServerHandler

#: The logger of the lines. It is a name, not a module, as those of servers are.
LOGGER = logging.getLogger("pronghorn").getChild("access")
LONGEST_PATH = 2048


class RequestLog:
    """Gives each request its id, and logs it at its end; see `pronghorn.hooks.Observer`.

    Args:
        shows_lines: Log the lines.
        shows_query: Add the query string, with secrets masked.
    """

    def __init__(self, *, shows_lines: bool = True, shows_query: bool = False) -> None:
        self._shows_lines = shows_lines
        self._shows_query = shows_query

    def start(self, request: Observed) -> None:
        """Find the id of the request, and announce it to the client."""
        ids = find_ids(request.headers)
        current_ids.set(ids)
        request.id = ids.request_id
        request.response_headers.append((b"x-request-id", ids.request_id.encode("ascii")))

    def finish(self, request: Observed) -> None:
        """Log one line."""
        status = request.status
        if not self._shows_lines or (request.is_quiet and status < 400):
            return
        level = logging.ERROR if status >= 500 else logging.INFO
        if not LOGGER.isEnabledFor(level):
            return
        fields = self._fields(request)
        handler = _only_handler(LOGGER)
        if handler is not None:
            handler.write_request(LOGGER.name, level, fields)
            return
        record = logging.LogRecord(
            LOGGER.name,
            level,
            __file__,
            0,
            "%s %s %d",
            (fields["method"], fields["path"], status),
            None,
        )
        vars(record).update(fields)
        setattr(record, ACCESS_FIELDS, fields)
        LOGGER.handle(record)

    def _fields(self, request: Observed) -> dict[str, Any]:
        path = request.path
        if len(path) > LONGEST_PATH:
            path = path[:LONGEST_PATH] + "..."
        if not path.isascii():
            path = SURROGATES.sub("\ufffd", path)
        fields: dict[str, Any] = {
            "method": request.method,
            "route": request.route(),
            "path": path,
            "status": request.status,
            "duration_ms": round(request.seconds * 1000, 3),
            "bytes": request.sent,
            "client": request.client(),
            "request_id": request.id,
        }
        ids = current_ids.get()
        if ids is not None and ids.trace_id is not None:
            fields |= {"trace_id": ids.trace_id, "span_id": ids.span_id}
        if self._shows_query and request.query_string():
            fields["query"] = mask_query(request.query_string())
        if request.close_code is not None:
            fields["close_code"] = request.close_code
        if request.is_aborted:
            fields["aborted"] = True
        if request.error is not None:
            fields["error"] = type(request.error).__qualname__
        return fields


def _only_handler(logger: logging.Logger) -> ServerHandler | None:
    """Return our handler if it alone sees the records of a logger, which need not be made then."""
    if logger.propagate or logger.disabled or logger.filters or len(logger.handlers) != 1:
        return None
    handler = logger.handlers[0]
    if type(handler) is not ServerHandler or handler.filters:
        return None
    return handler


def mask_query(query: bytes) -> str:
    """Return a query string as it was sent, without the values of secrets."""
    text = query[:LONGEST_PATH].decode("ascii", "backslashreplace")
    return clean_text(secret_names.mask_query(text, MASK))


def log_requests(*, lines: bool = True, query: bool = False) -> None:
    """Give each request of this process an id, and log one line for it.

    `pronghorn run --log-format` does this. Call it in a program that configures logging itself,
    before the server starts: the lines go to the logger `pronghorn.access`, with a record whose
    attributes are the fields: `method`, `route`, `path`, `status`, `duration_ms`, `bytes`, `client`
    and `request_id`. Turn off the access log of the server by `--no-access-log`. A second call
    takes the place of the first.

    Args:
        lines: Log the lines; otherwise requests only get their ids.
        query: Add the query string, with the values of secret parameters masked.
    """
    for observer in [each for each in OBSERVERS if isinstance(each, RequestLog)]:
        stop_observing(observer)
    observe(RequestLog(shows_lines=lines, shows_query=query))


async def hide_success(connection: HTTPConnection) -> None:
    """Leave requests that succeed out of the log; a dependency for routes such as probes.

    Args:
        connection: The request or the WebSocket connection.

    Example::

        @app.get("/ping", dependencies=[Depends(hide_success)])
        async def ping() -> str: ...
    """
    observed: Observed | None = connection.scope.get(OBSERVED)
    if observed is not None:
        observed.is_quiet = True
