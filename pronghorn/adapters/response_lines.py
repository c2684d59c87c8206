"""The lines in front of a response's body, as uvicorn writes them."""

from __future__ import annotations

from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE
from uvicorn.protocols.utils import get_client_addr, get_path_with_query_string

from pronghorn.adapters.headers import check_header
from pronghorn.run.exchange import RawHeaders

#: Headers that decide how a response is framed: uvicorn's cycle knows what they mean.
CONNECTION_HEADERS = frozenset([b"connection", b"transfer-encoding"])
FRAMING = CONNECTION_HEADERS | {b"content-length"}


class Prefixes:
    """The first lines of responses: status line and default headers, ready to be written.

    uvicorn makes a new list of default headers every second, for the date.
    """

    def __init__(self) -> None:
        self._defaults: list[tuple[bytes, bytes]] | None = None
        self._lines: bytes | None = None
        self._by_status: dict[int, bytes] = {}

    def get(self, status: int, defaults: list[tuple[bytes, bytes]]) -> bytes | None:
        """The lines for a status code; None where uvicorn's cycle has to look at each header."""
        if defaults is not self._defaults:
            self._defaults = defaults
            self._lines = header_lines(defaults)
            self._by_status.clear()
        prefix = self._by_status.get(status)
        if prefix is None and self._lines is not None:
            prefix = self._by_status[status] = STATUS_LINE[status] + self._lines
        return prefix


def header_lines(headers: RawHeaders, unexpected: frozenset[bytes] = FRAMING) -> bytes | None:
    """Headers as they are written; None if an unexpected one is there.

    Raises:
        RuntimeError: A name or a value contains what no header may.
    """
    lines = []
    for name, value in headers:
        check_header(name, value)
        lowered = name.lower()
        if lowered in unexpected:
            return None
        lines += [lowered, b": ", value, b"\r\n"]
    return b"".join(lines)


def log_access(logger: Any, scope: Any, status: int) -> None:
    """Write the line of uvicorn's access log for a response."""
    logger.info(
        '%s - "%s %s HTTP/%s" %d',
        get_client_addr(scope),
        scope["method"],
        get_path_with_query_string(scope),
        scope["http_version"],
        status,
    )
