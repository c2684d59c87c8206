"""The response classes: Starlette's, the event stream, and two that are deprecated."""

import sys
from collections.abc import Callable
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

from starlette.responses import FileResponse as StarletteFileResponse
from starlette.responses import (
    HTMLResponse,
    JSONResponse,
    PlainTextResponse,
    RedirectResponse,
    Response,
    StreamingResponse,
)
from starlette.types import Receive, Scope, Send
from typing_extensions import deprecated

from pronghorn.core.reexports import find_elsewhere
from pronghorn.core.setup_errors import setup_error
from pronghorn.exceptions import FastAPIDeprecationWarning, SetupAssertionError
from pronghorn.fields.json_writer import json_bytes_without_nan
from pronghorn.sse import EventSourceResponse

__all__ = [
    "EventSourceResponse",
    "FileResponse",
    "HTMLResponse",
    "JSONResponse",
    "ORJSONResponse",
    "PlainTextResponse",
    "RedirectResponse",
    "Response",
    "StreamingResponse",
    "UJSONResponse",
]


class FileResponse(StarletteFileResponse):
    """A file, or the ranges of it that the client asks for (RFC 9110, section 14.2).

    A range in another unit than bytes is ignored, and so is the range of a request that is not a
    GET. Starlette answers 400 to the former, and sends the range for the latter.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the file, or the parts that the request asks for."""
        if has_unknown_range(scope):
            headers = [header for header in scope["headers"] if header[0] != b"range"]
            scope = {**scope, "headers": headers}
        await super().__call__(scope, receive, send)


def has_unknown_range(scope: Scope) -> bool:
    """Return True if a request has a `Range` header that must be ignored."""
    for name, value in scope["headers"]:
        if name == b"range":
            unit, equals, _ = value.partition(b"=")
            return scope["method"] != "GET" or bool(equals and unit.strip().lower() != b"bytes")
    return False


if not TYPE_CHECKING:  # A type checker that sees this function accepts every name.

    def __getattr__(name: str) -> ModuleType | None:
        """Import `ujson` and `orjson` at the first access (PEP 562); None if one is missing."""
        if name not in ("orjson", "ujson"):
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        try:
            module = import_module(name)
        except ImportError:
            module = None
        globals()[name] = module
        return module


_INSTEAD = (
    "is deprecated: with a return type or a response_model, pronghorn writes JSON in Rust, "
    "which is faster than converting the data for another JSON library."
)


def _require(name: str, response_class: str) -> Any:
    module = getattr(sys.modules[__name__], name)
    if module is None:
        raise setup_error(
            f"{name} must be installed to use {response_class}",
            "a return type or a response_model on the endpoint is faster without it",
            f"pip install {name}",
            kind=SetupAssertionError,
        )
    return module


def _write_or_repair(write: Callable[[], bytes], content: Any) -> bytes:
    """Return the JSON of a library, or pronghorn's if the library fails: a client may send NaN."""
    try:
        return write()
    except (TypeError, ValueError, OverflowError) as error:
        try:
            return json_bytes_without_nan(content)
        except (TypeError, ValueError):
            raise error from None


@deprecated(f"UJSONResponse {_INSTEAD}", category=FastAPIDeprecationWarning, stacklevel=2)
class UJSONResponse(JSONResponse):
    """JSON written by the `ujson` package.

    Raises:
        SetupAssertionError: The package is not installed.
    """

    def render(self, content: Any) -> bytes:
        """Write the content as JSON."""
        module = _require("ujson", "UJSONResponse")
        return _write_or_repair(
            lambda: module.dumps(content, ensure_ascii=False).encode("utf-8"), content
        )


@deprecated(f"ORJSONResponse {_INSTEAD}", category=FastAPIDeprecationWarning, stacklevel=2)
class ORJSONResponse(JSONResponse):
    """JSON written by the `orjson` package, which also accepts keys that are not strings.

    Raises:
        SetupAssertionError: The package is not installed.
    """

    def render(self, content: Any) -> bytes:
        """Write the content as JSON."""
        module = _require("orjson", "ORJSONResponse")
        options = module.OPT_NON_STR_KEYS | module.OPT_SERIALIZE_NUMPY
        return _write_or_repair(lambda: module.dumps(content, option=options), content)


find_elsewhere(__name__)
