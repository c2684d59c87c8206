"""Send responses without a length to HTTP/1.0: their end is the end of the connection.

uvicorn would send them in chunks, which HTTP/1.0 does not know (RFC 9112, section 6.1).
"""

from __future__ import annotations

from typing import Any

from starlette.types import Message, Send
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

from pronghorn.adapters.uvicorn.outbox import can_write, header_lines, log_access
from pronghorn.adapters.uvicorn.waiting_head import read_headers

#: uvicorn's own way.
_SEND: Any = RequestResponseCycle.send


def send_to_old_client(cycle: Any) -> Send:
    """Return the `send` of a request in HTTP/1.0, for uvicorn's record of it."""
    is_unframed = False

    async def send(message: Message) -> None:
        nonlocal is_unframed
        if message["type"] == "http.response.start" and not cycle.response_started:
            is_unframed = not _has_length(cycle, message)
            if is_unframed:
                await _begin(cycle, message)
                return
        if not is_unframed or message["type"] != "http.response.body" or cycle.response_complete:
            await _SEND(cycle, message)
        else:
            await _go_on(cycle, message)

    return send


def _has_length(cycle: Any, message: Message) -> bool:
    headers = [*cycle.default_headers, *read_headers(message)]
    return any(name.lower() == b"content-length" for name, _ in headers)


async def _begin(cycle: Any, message: Message) -> None:
    if await can_write(cycle, cycle.flow):
        status, headers = message["status"], []
        for name, value in [*cycle.default_headers, *message["headers"]]:
            if name.lower() not in {b"transfer-encoding", b"connection"}:
                headers.append((name, value))
        lines = header_lines(headers) or b""
        cycle.response_started, cycle.waiting_for_100_continue = True, False
        if cycle.access_log:
            log_access(cycle.access_logger, cycle.scope, status)
        cycle.transport.write(b"%b%bconnection: close\r\n\r\n" % (STATUS_LINE[status], lines))


async def _go_on(cycle: Any, message: Message) -> None:
    if await can_write(cycle, cycle.flow):
        if cycle.scope["method"] != "HEAD":
            cycle.transport.write(message.get("body", b""))
        if not message.get("more_body", False):
            cycle.response_complete = True
            cycle.message_event.set()
            cycle.transport.close()
            cycle.on_response()
