"""The check of a header before it is written to a connection."""

from __future__ import annotations

import re

#: Bytes that names and values must not contain (RFC 9110, sections 5.1 and 5.5): a value with
#: a line end would start another header, or another response.
INVALID_IN_NAME = re.compile(b'[\x00-\x1f\x7f()<>@,;:\\[\\]={} \t\\\\"]')
INVALID_IN_VALUE = re.compile(b"[\x00-\x08\x0a-\x1f\x7f]")


def check_header(name: bytes, value: bytes) -> None:
    """Raise `RuntimeError`, as uvicorn does, for a header that must not be written."""
    if INVALID_IN_NAME.search(name):
        raise RuntimeError("Invalid HTTP header name.")
    if INVALID_IN_VALUE.search(value):
        raise RuntimeError("Invalid HTTP header value.")
