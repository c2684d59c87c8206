"""The id of the current request: from a header that a proxy or client has sent, or a new one."""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Iterable
from contextvars import ContextVar
from typing import NamedTuple

#: The characters of ids that proxies make; no others, since an id ends up in logs and headers.
VALID_ID = re.compile(r"[A-Za-z0-9._:+/=@-]{1,128}")
#: https://www.w3.org/TR/trace-context/#traceparent-header
TRACEPARENT = re.compile(rb"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(-.*)?")


class RequestIDs(NamedTuple):
    """The ids of one request; those of a trace only if the client has sent them."""

    request_id: str
    trace_id: str | None = None
    span_id: str | None = None


current_ids: ContextVar[RequestIDs | None] = ContextVar("pronghorn_request_ids", default=None)


def current_request_id() -> str | None:
    """Return the id of the request that is being answered; None outside of one.

    It is known in endpoints, dependencies, worker threads, background tasks, and in tasks that a
    request has started, if requests are logged: by `--log-format`, or after `log_requests`.
    """
    ids = current_ids.get()
    return None if ids is None else ids.request_id


def find_ids(headers: Iterable[tuple[bytes, bytes]]) -> RequestIDs:
    """Return the ids of a request.

    Its own id is that of `X-Request-ID` if it is valid, else the id of the trace in a valid
    `traceparent`, else a new one.

    Args:
        headers: The headers; their names are in lower case.
    """
    given: str | None = None
    trace: list[bytes] = []
    for name, value in headers:
        if name == b"x-request-id" and given is None:
            given = str(value, "latin-1")
        elif name == b"traceparent":
            trace.append(value)
    known = RequestIDs("")
    if len(trace) == 1:
        known = _read_traceparent(trace[0]) or known
    if given is not None and VALID_ID.fullmatch(given):
        return known._replace(request_id=given)
    return known if known.request_id else RequestIDs(secrets.token_hex(16))


def _read_traceparent(value: bytes) -> RequestIDs | None:
    found = TRACEPARENT.fullmatch(value.strip())
    if found is None:
        return None
    version, trace_id, span_id, more = found.groups()
    if version == b"ff" or (version == b"00" and more):
        return None
    if not trace_id.strip(b"0") or not span_id.strip(b"0"):
        return None
    return RequestIDs(trace_id.decode(), trace_id.decode(), span_id.decode())


class RequestIDFilter(logging.Filter):
    """Puts the id of the current request into each record as `request_id`; None outside of one.

    Attach it to a handler: then a format may contain `%(request_id)s`. A record that has the
    attribute, from `extra`, keeps its own.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Return True: every record passes."""
        if not hasattr(record, "request_id"):
            record.request_id = current_request_id()
        return True
