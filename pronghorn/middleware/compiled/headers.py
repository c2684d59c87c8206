"""Change the headers of a response in their list, as Starlette's `MutableHeaders` does."""

from __future__ import annotations

from starlette.datastructures import MutableHeaders

from pronghorn.run.exchange import RawHeaders


def set_header(headers: RawHeaders, name: bytes, value: bytes) -> None:
    """Set a header to one value; `name` is in lower case."""
    for own, _ in headers:
        if own == name:
            MutableHeaders(raw=headers)[name.decode("latin-1")] = value.decode("latin-1")
            return
    headers.append((name, value))


def add_vary_always(headers: RawHeaders, name: bytes) -> None:
    """Join the values of `Vary` with another name, even if they contain it already."""
    values = [value for own, value in headers if own == b"vary"]
    if values:
        set_header(headers, b"vary", b", ".join([*values, name]))
    else:
        headers.append((b"vary", name))
